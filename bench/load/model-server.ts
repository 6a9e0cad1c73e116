import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/*
 * A server of Chat Completions that thinks for a while and then streams a short answer. Argument: milliseconds before the
 * first piece. Says { port }; any message is answered with { answered, body }, the last request's body.
 */
const [delayMs = '1000'] = process.argv.slice(2);
const pieces = ['Hello ', 'there, ', 'this ', 'is ', 'the ', 'whole ', 'answer ', 'now.'];
const paceMs = 25;

const frame = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 0, model: 'fake', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const frames = pieces.map((content) => frame({ content }, null));
const usage = { prompt_tokens: 100, completion_tokens: pieces.length, total_tokens: 100 + pieces.length };
const end = `${frame({}, 'stop')}data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 0, model: 'fake', choices: [], usage })}\n\ndata: [DONE]\n\n`;

let answered = 0;
let body = '';

async function answer(response: ServerResponse): Promise<void> {
  await sleep(Number(delayMs));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const [at, text] of frames.entries()) {
    if (at > 0) await sleep(paceMs);
    response.write(text);
  }
  response.end(end);
  answered += 1;
}

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  request.on('end', () => {
    body = text;
    void answer(response);
  });
});
server.keepAliveTimeout = 60_000;
// A thousand callers at once must not wait for the kernel to ask them again.
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  const address = server.address();
  process.send?.({ port: address !== null && typeof address === 'object' ? address.port : 0 });
});
process.on('message', () => process.send?.({ answered, body }));
