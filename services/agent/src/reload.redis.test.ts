import { type ActorAddress, keys } from '@queueclaw/contracts';
import { Config } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestAgents, testAgents } from './agent-fixture.js';

const address: ActorAddress = { tenant: 'default', conversation: 'c' };
let folder = '';
let agents: TestAgents;
const namespace = (): string => agents.door.space.namespace;

/** A configuration in which one model answers with these words, slowly. */
const says = (...text: string[]): Record<string, unknown> => {
  const script = join(folder, `${text.join('-')}.json`);
  writeFileSync(script, JSON.stringify({ rules: [{ steps: [{ text, pace: 300 }] }] }));
  return { llm: { default: text[0], models: { [text[0] ?? '']: { provider: 'scripted', script } } } };
};
const replace = (config: Record<string, unknown>): Promise<void> =>
  agents.settings.replace(Config.parse({ ...config, state: { namespace: namespace() } }));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'qc-agent-reload-'));
  agents = await testAgents({
    ...{ redisUrl: await sharedRedis(), namespace: uniqueNamespace(), config: says('one', 'two'), configured: true },
    answer: () => ({ text: 'unused' }),
  });
});
afterEach(async () => {
  await agents.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a step that runs ends with the model it began with, the next one has the new', async () => {
  await agents.start();
  await agents.say(address, 'm1');
  const { redis, tag } = agents.door.mailbox.shards.of(address);
  await eventually(async () => expect(await redis.exists(keys.live(tag, address))).toBe(1));
  await replace(says('three'));
  expect((await agents.ended(address, 'm1')).reply?.text).toBe('onetwo');
  await agents.say(address, 'm2');
  expect((await agents.ended(address, 'm2')).reply?.text).toBe('three');
});

test('a model that cannot be made is refused, and the old one goes on', async () => {
  await agents.start();
  const nonsense = { ...says('one', 'two'), agents: { default: { model: 'nonsense' } } };
  await expect(replace(nonsense)).rejects.toMatchObject({ code: 'config.invalid' });
  await agents.say(address, 'm1');
  expect((await agents.ended(address, 'm1')).reply?.text).toBe('onetwo');
});
