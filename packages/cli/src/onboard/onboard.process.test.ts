import { type FakeSlack, type FakeTelegram, startFakeSlack, startFakeTelegram } from '@queueclaw/testing';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { channelsTestCommand } from '../channels/test-command.js';
import { CommandError } from '../exit-code.js';
import type { Asker } from './asker.js';
import { onboard, type OnboardOptions } from './command.js';

let telegram: FakeTelegram;
let slack: FakeSlack;
let cwd: string;
let printed = '';

beforeAll(async () => {
  [telegram, slack] = await Promise.all([startFakeTelegram(), startFakeSlack()]);
});
afterAll(() => Promise.all([telegram.close(), slack.close()]));
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'queueclaw-onboard-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed += String(text)), true));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(cwd, { recursive: true, force: true });
});

const quiet = { LANG: 'en', ANTHROPIC_API_KEY: 'a key, so that no model is asked for' };
const run = (options: OnboardOptions, env: Record<string, string> = {}, asker?: Asker): Promise<number> =>
  onboard(options, { env: { ...quiet, ...env }, cwd, asker });
const file = (name: string): Promise<string> => readFile(join(cwd, name), 'utf8');
const telegramFlags = (): OnboardOptions => ({ channel: 'telegram', set: [`api_root=${telegram.url}`] });

/** Gives these answers in turn; `leave` is Ctrl-C. */
function scripted(answers: readonly string[]): Asker & { readonly asked: { message: string; secret: boolean }[] } {
  const left = [...answers];
  const asked: { message: string; secret: boolean }[] = [];
  const next = (message: string, secret: boolean): string => {
    asked.push({ message, secret });
    const answer = left.shift();
    if (answer === undefined || answer === 'leave') throw new CommandError('left');
    return answer;
  };
  return {
    asked,
    choose: async (message) => next(message, false),
    ask: async (message, secret, problem) => {
      for (;;) {
        const answer = next(message, secret);
        if (problem(answer) === undefined) return answer;
      }
    },
    say: () => undefined,
  };
}

it('asks for what is needed, has the platform check it, and keeps what stood in the files', async () => {
  await writeFile(
    join(cwd, 'queueclaw.yaml'),
    '# my system\nserver:\n  port: 8081 # not the usual one\nchannels: []\n',
  );
  await writeFile(join(cwd, '.env'), '# keys\nOTHER=1\n', { mode: 0o644 });
  const asker = scripted(['telegram', 'no token', telegram.token]);
  expect(await run({ set: [`api_root=${telegram.url}`] }, {}, asker)).toBe(0);
  expect(asker.asked.map(({ secret }) => secret)).toEqual([false, true, true]);
  const yaml = await file('queueclaw.yaml');
  expect(yaml).toContain('# my system\nserver:\n  port: 8081 # not the usual one\n');
  expect(parse(yaml)).toMatchObject({
    channels: [{ name: 'telegram', config: { token: '${TELEGRAM_TOKEN}', api_root: telegram.url } }],
  });
  expect(await file('.env')).toBe(`# keys\nOTHER=1\nTELEGRAM_TOKEN=${telegram.token}\n`);
  expect((await stat(join(cwd, '.env'))).mode & 0o777).toBe(0o600);
  expect(await readdir(cwd)).toHaveLength(2);
  expect(printed).not.toContain(telegram.token);
});

it('works without a terminal, by flags and variables, and tells where the platform must call', async () => {
  const env = { SLACK_WORK_BOT_TOKEN: slack.token, SLACK_WORK_SIGNING_SECRET: slack.secret };
  const options = { channel: 'slack', account: 'work', set: [`api_root=${slack.url}`], json: true };
  expect(await run(options, env)).toBe(0);
  expect(JSON.parse(printed)).toMatchObject({ ok: true, who: 'claw, Lovelace', webhook: '/channels/slack/work' });
  expect(parse(await file('queueclaw.yaml'))).toMatchObject({ channels: [{ name: 'slack', account: 'work' }] });
});

it('says what is missing when nobody can be asked', async () => {
  await expect(run({})).rejects.toMatchObject({ code: 2, message: expect.stringContaining('--channel') });
  await expect(run(telegramFlags())).rejects.toMatchObject({
    code: 2,
    message: expect.stringContaining('TELEGRAM_TOKEN'),
  });
  await expect(run({ channel: 'pigeon' })).rejects.toMatchObject({ code: 2 });
  await expect(run({ ...telegramFlags(), set: ['nothing=1'] })).rejects.toMatchObject({ code: 2 });
  expect(await readdir(cwd)).toEqual([]);
});

it('writes nothing when the platform refuses, when somebody leaves, or when the configuration is not valid', async () => {
  await expect(run(telegramFlags(), { TELEGRAM_TOKEN: '1:wrong-wrong-wrong' })).rejects.toMatchObject({
    code: 'channel.failed',
    publicMessage: expect.not.stringContaining('wrong-wrong'),
  });
  await expect(run(telegramFlags(), {}, scripted(['leave']))).rejects.toThrow('left');
  expect(await readdir(cwd)).toEqual([]);
  const broken = 'sever:\n  port: 1\n';
  await writeFile(join(cwd, 'queueclaw.yaml'), broken);
  await expect(run(telegramFlags(), { TELEGRAM_TOKEN: telegram.token })).rejects.toMatchObject({
    code: 'config.invalid',
  });
  expect([await readdir(cwd), await file('queueclaw.yaml')]).toEqual([['queueclaw.yaml'], broken]);
});

it('gives an account that is there new credentials, once', async () => {
  const env = { TELEGRAM_TOKEN: telegram.token };
  await writeFile(
    join(cwd, 'queueclaw.yaml'),
    'channels:\n  - name: telegram # ours\n    enable: false\n    config: { token: "${OLD}" }\n    access: { allow: [7] }\n',
  );
  await run(telegramFlags(), env);
  await run(telegramFlags(), env);
  const yaml = await file('queueclaw.yaml');
  expect(yaml).toContain('# ours');
  expect(parse(yaml)).toEqual({
    channels: [
      { name: 'telegram', config: { token: '${TELEGRAM_TOKEN}', api_root: telegram.url }, access: { allow: [7] } },
    ],
  });
  expect((await file('.env')).match(/TELEGRAM_TOKEN/g)).toHaveLength(1);
});

it('channels test asks the platform, sends with --to, and fails with a code', async () => {
  vi.stubEnv('TELEGRAM_TOKEN', telegram.token);
  await run(telegramFlags(), { TELEGRAM_TOKEN: telegram.token });
  const config = join(cwd, 'queueclaw.yaml');
  printed = '';
  expect(await channelsTestCommand('telegram', undefined, { config, json: true })).toBe(0);
  expect(JSON.parse(printed)).toEqual({
    ok: true,
    channel: 'telegram',
    account: 'main',
    who: '@claw_bot',
    sent: false,
  });
  expect(await channelsTestCommand('telegram', 'main', { config, to: '4711', text: 'hello' })).toBe(0);
  expect(telegram.sent.at(-1)).toMatchObject({ chat: '4711', text: 'hello' });
  telegram.next('sendMessage', { code: 400, description: 'Bad Request: chat not found' });
  await expect(channelsTestCommand('telegram', 'main', { config, to: '1' })).rejects.toMatchObject({
    code: 'channel.rejected',
  });
  await expect(channelsTestCommand('telegram', 'other', { config })).rejects.toMatchObject({ code: 2 });
  await expect(channelsTestCommand('pigeon', undefined, { config })).rejects.toMatchObject({ code: 2 });
  vi.stubEnv('TELEGRAM_TOKEN', '1:wrong-wrong-wrong');
  await expect(channelsTestCommand('telegram', 'main', { config })).rejects.toMatchObject({ code: 'channel.failed' });
});
