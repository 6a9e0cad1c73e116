import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channels } from '@queueclaw/channels';
import { actorMember, keys, shardTag } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import { aclRules } from '@queueclaw/runtime/settings';
import {
  eventually,
  freePort,
  type OtlpReceiver,
  redisAs,
  refusals,
  startOtlpReceiver,
  startRedis,
  type TestRedis,
  uniqueNamespace,
} from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { type App, type Platforms, startPlatforms } from './platforms.js';
import { type ServiceProcess, startService } from './service-process.js';
import { openSwitchboard, type Switchboard } from './switchboard.js';

let redis: TestRedis;
let home: string;
let platforms: Platforms;
let board: Switchboard;
let collector: OtlpReceiver;
let ingresses: ServiceProcess[] = [];
let others: ServiceProcess[] = [];
let env: Record<string, string>;
const ports: number[] = [];
const patience = { timeoutMs: 30_000 };
const names = channels.filter(({ capabilities }) => capabilities.delivery === 'platform').map(({ name }) => name);
const app = (name: string): App => {
  const found = platforms.apps.find((one) => one.name === name);
  if (found === undefined) throw new Error(`nothing stands for ${name}`);
  return found;
};
const heldApps = (): readonly App[] => platforms.apps.filter(({ held }) => held);
/** Every service has its own user. */
const redisOf = async (user: 'ingress' | 'agent' | 'tool-runner'): Promise<{ REDIS_URL: string }> => {
  const space = { namespace: env['QUEUECLAW_NAMESPACE'] ?? '', shards: 1 };
  return { REDIS_URL: await redisAs(redis.url, aclRules(user, space)) };
};
const startIngress = async (port: number): Promise<ServiceProcess> =>
  startService('ingress', { ...env, ...(await redisOf('ingress')), PORT: String(port) });
/** What a killed agent held is anybody's at once. */
const loseLease = async (conversation: string): Promise<void> => {
  const tag = shardTag({ namespace: env['QUEUECLAW_NAMESPACE'] ?? '', shards: 1 }, 0);
  const address = { tenant: 'default', conversation };
  const client = connectRedis(redis.url, 'command', () => undefined);
  await client.hset(keys.state(tag, 'messages', address), 'lease', '1');
  await client.zadd(keys.due(tag, 'messages'), 1, actorMember(address));
  client.disconnect();
};
const holdersOf = ({ name }: App): ServiceProcess[] =>
  ingresses.filter(({ output, alive }) => alive() && output().includes(`listens to ${name}/main`));
const eachHeldOnce = (): void =>
  expect(heldApps().map((one) => [one.name, holdersOf(one).length])).toEqual(heldApps().map(({ name }) => [name, 1]));

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-apps-'));
  [platforms, redis, collector] = await Promise.all([startPlatforms(), startRedis(), startOtlpReceiver()]);
  const config = join(home, 'queueclaw.yaml');
  const llm = { default: 'demo', models: { demo: { provider: 'demo' } } };
  await writeFile(config, JSON.stringify({ llm, channels: platforms.apps.map(({ settings }) => settings) }));
  const runner = {
    ...{ QUEUECLAW_HOME: home, QUEUECLAW_CONFIG: config, PORT: '0' },
    QUEUECLAW_NAMESPACE: uniqueNamespace(),
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    OTEL_BSP_SCHEDULE_DELAY: '200',
  };
  env = { ...runner, QUEUECLAW_MAIL_KEY: 'the mail key of this test, long enough' };
  ports.push(await freePort(), await freePort());
  board = await openSwitchboard(ports[0] ?? 0);
  for (const { name, callAt } of platforms.apps) callAt?.(`${board.url}/channels/${name}/main`);
  // The first one holds every connection that only one may hold.
  const first = startIngress(ports[0] ?? 0);
  others = await Promise.all([
    startService('agent', { ...env, ...(await redisOf('agent')) }),
    startService('tool-runner', { ...runner, ...(await redisOf('tool-runner')) }),
  ]);
  ingresses = [await first];
  await eventually(eachHeldOnce, patience);
  ingresses.push(await startIngress(ports[1] ?? 0));
}, 90_000);

afterAll(async () => {
  await Promise.all([...ingresses, ...others].map((one) => one.stop()));
  await Promise.all([...platforms.apps.map((one) => one.close()), board.close()]);
  await Promise.all([redis.stop(), collector.close()]);
  await rm(home, { recursive: true, force: true });
});

/** A replica takes the place of a dead one, as it would anywhere. */
const comeBack = async (): Promise<void> => {
  ingresses = await Promise.all(ingresses.map(async (one, at) => (one.alive() ? one : startIngress(ports[at] ?? 0))));
};

test('every platform of the registry takes part', () => {
  expect(platforms.apps.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
});

it.each(names)('answers a person in %s, with a tool, and shows meanwhile that it is at work', async (name) => {
  const { say, texts, signs } = app(name);
  void say('run: echo $((40+2))');
  await eventually(() => expect(texts().some((text) => text.includes('42'))).toBe(true), patience);
  if (signs !== undefined) expect(signs()).toBeGreaterThan(0);
});

it('a file that a command makes is sent to the person, once, as it is', async () => {
  const { telegram } = platforms;
  const before = telegram.files.length;
  telegram.say("run: printf 'a,b\\n1,2\\n' > numbers.csv; echo $((40+3))");
  await eventually(() => expect(telegram.sent.at(-1)?.text).toContain('43'), patience);
  telegram.say('send numbers.csv');
  await eventually(() => expect(telegram.files.length).toBeGreaterThan(before), patience);
  telegram.say('and after that');
  await eventually(() => expect(telegram.sent.at(-1)?.text).toContain('and after that'), patience);
  const files = telegram.files
    .slice(before)
    .map(({ name, kind, bytes }) => [name, kind, Buffer.from(bytes).toString()]);
  expect(files).toEqual([['numbers.csv', 'document', 'a,b\n1,2\n']]);
});

it('answers each message of every app once, though the replica that listens and is called is killed, within 15 s', async () => {
  const before = new Map(platforms.apps.map(({ name, texts }) => [name, texts().length]));
  const kept = platforms.apps.filter(({ forgets }) => forgets !== true);
  const said: unknown[] = [];
  const all = (numbers: readonly number[], when: string): void =>
    void said.push(...numbers.flatMap((number) => kept.map(({ say }) => say(`${when} the kill, number ${number}`))));
  all([1, 2, 3], 'before');
  await ingresses[0]?.kill();
  board.pointTo(ports[1] ?? 0);
  board.cut();
  all([4, 5, 6], 'after');
  await eventually(eachHeldOnce, { timeoutMs: 15_000 });
  await Promise.all(said);
  // Nearby messages may share an answer; each of them is in exactly one.
  const answers = ({ name, texts }: App, number: number): number =>
    texts()
      .slice(before.get(name))
      .filter((text) => text.includes(`number ${number}`)).length;
  await eventually(() => {
    for (const one of kept) {
      one.repeat?.();
      expect([one.name, ...[1, 2, 3, 4, 5, 6].map((number) => answers(one, number))]).toEqual([
        one.name,
        1,
        1,
        1,
        1,
        1,
        1,
      ]);
    }
  }, patience);
  expect(platforms.telegram.conflicts()).toBe(0);
  await comeBack();
}, 60_000);

it('hears whom a platform brings nothing again, once somebody listens again', async () => {
  for (const { name, say, texts } of platforms.apps.filter(({ forgets }) => forgets === true)) {
    void say('after the take-over');
    const found = (): unknown => texts().filter((text) => text.includes('after the take-over'));
    await eventually(() => expect([name, found()]).toEqual([name, [expect.any(String)]]), patience);
  }
});

it('offers choices as buttons, and does what is pressed, by whatever platform', async () => {
  const { telegram, discord, slack } = platforms;
  await eventually(() => expect(telegram.menus.size).toBe(2), patience);
  await eventually(() => expect(discord.commands().length).toBeGreaterThan(10), patience);
  telegram.say('/queue');
  const offered = (): unknown =>
    telegram.sent
      .at(-1)
      ?.keyboard?.flat()
      .map((key) => key.callback_data);
  await eventually(() => expect(offered()).toContain('/queue steer'), patience);
  telegram.press('/queue steer');
  discord.interact({ name: 'queue', options: [{ name: 'value', type: 3, value: 'followup' }] });
  expect(await slack.command('queue interrupt')).toBe(200);
  const said = (sent: readonly { readonly text: string }[], word: string): void =>
    expect(sent.map(({ text }) => text)).toContainEqual(expect.stringMatching(new RegExp(`^Queue mode: ${word}`)));
  await eventually(() => said(telegram.sent, 'steer'), patience);
  await eventually(() => said(discord.sent, 'followup'), patience);
  await eventually(() => said(slack.sent, 'interrupt'), patience);
});

it('an answer grows in one message while it is written, and is that message in the end', async () => {
  const growing = [platforms.telegram, platforms.discord, platforms.slack] as const;
  const before = growing.map(({ sent, changes }) => [sent.length, changes()] as const);
  for (const name of ['telegram', 'discord', 'slack']) void app(name).say('slow 4');
  await eventually(() => {
    for (const [at, { changes }] of growing.entries()) expect(changes()).toBeGreaterThan(before[at]?.[1] ?? 0);
  }, patience);
  const since = (): string[][] => growing.map(({ sent }, at) => sent.slice(before[at]?.[0]).map(({ text }) => text));
  await eventually(() => {
    for (const texts of since()) expect(texts).toEqual([expect.stringMatching(/Done\.$/)]);
  }, patience);
});

it('each message is one trace, from the call of its platform to the answer that the platform took, and tells no words', async () => {
  const { slack } = platforms;
  const word = 'Rumpelstilzchen';
  expect(await slack.say(`run: echo ${word}`)).toBe(200);
  await eventually(() => expect(slack.sent.at(-1)?.text).toContain(word), patience);
  const all = (): readonly string[] => {
    const answered = collector.spans.filter(({ name }) => name === 'deliver slack').at(-1);
    const own = collector.spans.filter(({ traceId }) => traceId === answered?.traceId);
    const named = (parent: string | undefined): string => own.find(({ spanId }) => spanId === parent)?.name ?? '';
    return own.map(({ name, parent, service }) => `${service}: ${named(parent)} > ${name}`);
  };
  await eventually(
    () =>
      expect(new Set(all())).toEqual(
        new Set([
          'queueclaw-ingress:  > webhook slack',
          'queueclaw-ingress: webhook slack > receive slack',
          'queueclaw-agent: receive slack > step',
          'queueclaw-agent: step > chat demo',
          'queueclaw-tool-runner: step > execute_tool shell',
          'queueclaw-tool-runner: execute_tool shell > sandbox',
          'queueclaw-ingress: receive slack > deliver slack',
        ]),
      ),
    patience,
  );
  expect(collector.text()).not.toContain(word);
  for (const secret of platforms.apps.flatMap(({ secrets }) => secrets)) expect(collector.text()).not.toContain(secret);
});

it('a trace goes on where the agent was killed in the middle of an answer', async () => {
  const { slack } = platforms;
  const [agent] = others;
  const sent = slack.sent.length;
  expect(await slack.say('slow 3')).toBe(200);
  await eventually(() => expect(slack.sent.length).toBeGreaterThan(sent), patience);
  await agent?.kill();
  const received = await eventually(() => {
    const span = collector.spans.filter(({ name }) => name === 'receive slack').at(-1);
    const mine = collector.spans.filter(({ traceId }) => traceId === span?.traceId).map(({ name }) => name);
    // The killed agent took its spans along.
    expect(mine.toSorted()).toEqual(['receive slack', 'webhook slack']);
    return span;
  }, patience);
  await loseLease(received?.attributes['gen_ai.conversation.id'] ?? '');
  others[0] = await startService('agent', { ...env, ...(await redisOf('agent')) });
  await eventually(() => expect(slack.sent.slice(sent).at(-1)?.text).toMatch(/Done\.$/), patience);
  await eventually(() => {
    const mine = collector.spans.filter(({ traceId }) => traceId === received?.traceId);
    expect(mine.map(({ name }) => name).toSorted()).toEqual(
      ['chat demo', 'deliver slack', 'receive slack', 'step', 'webhook slack'].toSorted(),
    );
    expect(mine.find(({ name }) => name === 'step')).toMatchObject({ parent: received?.spanId });
  }, patience);
}, 60_000);

it('refused nobody anything in Redis', async () => {
  expect(await refusals(redis.url)).toEqual([]);
});

it('writes no token anywhere', () => {
  for (const one of [...ingresses, ...others])
    for (const secret of platforms.apps.flatMap(({ secrets }) => secrets)) expect(one.output()).not.toContain(secret);
});
