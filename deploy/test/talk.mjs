// Talks to a running system as its people do, and holds it to what it promises while whoever started this restarts parts of it:
// every message that was accepted is answered once, in order, and every command ran once, in the files of its conversation.
//   node talk.mjs <address> <file of the token> <conversations>
// Prints `ready` when each conversation had its first answer, talks until SIGTERM, then looks at everything once more. Exits 1
// with what did not hold.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const [address, tokenFile, conversations] = process.argv.slice(2);
const token = readFileSync(tokenFile, 'utf8').trim();
const patienceMs = 180_000;
const messagesMax = 2_000;
const names = Array.from({ length: Number(conversations) }, (_, at) => `talk${at}`);
const findings = [];
let retries = 0;
let over = false;
process.once('SIGTERM', () => (over = true));

const ask = async (path, body) => {
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      const answer = await fetch(`${address}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(45_000),
      });
      if (answer.ok) return await answer.json();
      throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    } catch (error) {
      if (Date.now() > until) throw error;
      retries += 1;
      await pause(250);
    }
  }
};

const say = async (conversation, at) => {
  const id = `${conversation}-${at}`;
  // The same id again is the same message again: whoever is not sure says it again.
  let { status, reply, error } = await ask('/api/message?wait=30s', {
    conversation,
    id,
    text: `run: echo ${id} >> ledger; wc -l < ledger`,
  });
  for (const until = Date.now() + patienceMs; status === 'accepted' && Date.now() < until;)
    ({ status, reply, error } = await ask(`/api/messages/${id}?conversation=${conversation}`));
  const lines = Number(/```\n\s*(\d+)\s*\n```/.exec(reply?.text ?? '')?.[1]);
  if (status !== 'answered' || lines !== at + 1)
    findings.push(`${id}: ${status}, ${JSON.stringify(reply?.text ?? error)} instead of ${at + 1}`);
};

/** The whole transcript, the newest page first. */
const transcriptOf = async (conversation) => {
  let entries = [];
  for (let next = ''; next !== undefined;) {
    const page = await ask(`/api/conversations/${conversation}?limit=500${next && `&before=${next}`}`);
    entries = [...page.entries, ...entries];
    next = page.next;
  }
  return entries;
};

const look = async ([conversation, messages]) => {
  const entries = await transcriptOf(conversation);
  const said = entries.flatMap(({ role, id }) => (role === 'user' ? [id] : []));
  const answers = entries.filter(({ role, calls }) => role === 'assistant' && !calls?.length).length;
  const wanted = Array.from({ length: messages }, (_, at) => `${conversation}-${at}`);
  if (said.join() !== wanted.join()) findings.push(`${conversation}: the transcript has ${said.join()}`);
  if (answers !== wanted.length) findings.push(`${conversation}: ${answers} answers of ${wanted.length}`);
};

await Promise.all(names.map((name) => say(name, 0)));
process.stdout.write('ready\n');
const startedAt = Date.now();
const said = await Promise.all(
  names.map(async (name) => {
    let at = 1;
    for (; at < messagesMax && !over; at += 1) await say(name, at);
    return [name, at];
  }),
);
await Promise.all(said.map(look));
const messages = said.reduce((sum, [, at]) => sum + at, 0);
const seconds = (Date.now() - startedAt) / 1000;
process.stdout.write(
  `${messages} messages, each with a command, in ${names.length} conversations, ${retries} asked again, ${seconds.toFixed(0)} s, ${findings.length} findings\n`,
);
for (const finding of findings.slice(0, 20)) process.stdout.write(`  ${finding}\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
