import { channelConversation, streamChannels } from '@queueclaw/contracts';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { nodeFromSource } from '@queueclaw/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { catalogue } from './catalogue.js';
import type { Channel, ChannelCode, SendRate, WebhookRequest } from './contract.js';
import type { Fixture } from './fixture.js';
import { promises } from './contract-suite.js';
import { channels, findChannel } from './registry.js';
import { splitText } from './split-text.js';
import { webhookPromises } from './webhook-suite.js';

const fixturesOf = (name: string): Fixture[] => {
  const folder = new URL(`./${name}/fixtures/`, import.meta.url);
  return readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture);
};

describe.each(channels.map((channel) => [channel.name, channel] as const))('channel %s', (name, channel) => {
  test.each(promises(channel, fixturesOf(name)))('$says', async ({ check }) => check());
});

/** What a platform does not tell a bot, or not the way that ours asks. */
const untold: Readonly<Record<string, readonly Fixture['shows'][]>> = {
  discord: ['edit'],
  whatsapp: ['edit', 'join'],
  feishu: ['edit'],
  dingtalk: ['edit', 'join'],
  'wecom-app': ['edit'],
  'wechat-official': ['edit'],
  'wecom-bot': ['edit', 'join'],
};

test.each(channels.filter(({ capabilities }) => capabilities.delivery === 'platform').map(({ name }) => name))(
  'an edit in %s is no message, and neither is somebody who comes in',
  (name) => {
    const shown = fixturesOf(name).map(({ shows }) => shows);
    for (const what of ['edit', 'join'] as const)
      expect(shown.includes(what)).toBe(!(untold[name] ?? []).includes(what));
  },
);

describe('the registry', () => {
  test('takes as many messages as docs/channels.md says', () => {
    const docs = readFileSync(new URL('../../../docs/channels.md', import.meta.url), 'utf8');
    const told = (rates: readonly SendRate[]): string =>
      rates.map(({ most, seconds }) => `${most} in ${seconds} s`).join(', ');
    for (const { name, capabilities } of channels) {
      const { account, chat, group } = capabilities.rates ?? {};
      if (account === undefined || chat === undefined) continue;
      const groups = group === undefined ? '' : `; a group ${told(group.rates)}`;
      expect(docs).toContain(`| \`${name}\` | ${told(account)} | ${told(chat)}${groups} |`);
    }
  });

  test('has every folder with an index.ts, once, and finds it by name', () => {
    const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .filter((name) => readdirSync(new URL(`./${name}/`, import.meta.url)).includes('index.ts'));
    expect(channels.map(({ name }) => name).sort()).toEqual(folders.sort());
    for (const channel of channels) expect(findChannel(channel.name)).toBe(channel);
    expect(findChannel('constructor')).toBeUndefined();
  });

  test('holds every webhook to the promises of webhooks', () => {
    const textsOf = (name: string, file: string): string => {
      const folder = new URL(`./${name}/`, import.meta.url);
      return readdirSync(folder)
        .filter((one) => one.endsWith(file))
        .map((one) => readFileSync(new URL(one, folder), 'utf8'))
        .join('\n');
    };
    const names = channels.map(({ name }) => name);
    const withWebhook = names.filter((name) => /\bwebhook\b.*=>/.test(textsOf(name, 'connect.ts')));
    expect(withWebhook).toEqual(
      expect.arrayContaining(['telegram', 'slack', 'whatsapp', 'feishu', 'wecom-app', 'wechat-official']),
    );
    for (const name of withWebhook)
      expect([name, textsOf(name, '.contract.test.ts')]).toEqual([name, expect.stringContaining('webhookPromises(')]);
  });

  test('agrees with the wire about the channels that deliver to the live stream', () => {
    const names = channels.filter(({ capabilities }) => capabilities.delivery === 'stream').map(({ name }) => name);
    expect(names.toSorted()).toEqual(streamChannels.toSorted());
  });

  test('lists settings and secrets without loading the code of any channel', async () => {
    expect(catalogue().map(({ name }) => name)).toEqual(channels.map(({ name }) => name));
    const script = `
      import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) { process.stdout.write(url + '\\n'); return next(url, context); } });
      const { catalogue } = await import(${JSON.stringify(new URL('./catalogue.ts', import.meta.url).href)});
      catalogue();`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...nodeFromSource,
      '--input-type=module',
      '-e',
      script,
    ]);
    const loaded = stdout.split('\n').filter((url) => url.includes('/channels/src/'));
    expect(loaded.some((url) => url.endsWith('/registry.ts'))).toBe(true);
    expect(loaded.filter((url) => /\/(parse|render|connect)\.ts$/.test(url))).toEqual([]);
  });
});

/** A platform as the contract wants it, and ways to break it: the suite must tell them apart. */
const code: ChannelCode<unknown> = {
  parse: (payload, { account, self }) => {
    const { chat, from, text } = z.object({ chat: z.string(), from: z.string(), text: z.string() }).parse(payload);
    if (from === self) return [];
    const conversation = channelConversation({ channel: 'pigeon', account, peer: chat });
    const place = { kind: chat.startsWith('-') ? ('group' as const) : ('direct' as const), id: chat };
    const mail = { id: 'e1', text, from: { id: from }, route: { channel: 'pigeon', address: { chat } } };
    return [{ conversation, place, addressed: place.kind === 'direct' || text.startsWith('coo'), mail }];
  },
  render: ({ text }) => splitText(text, 200).map((part) => ({ text: part })),
  connect: async () => ({ stop: async () => undefined }),
};
const pigeon: Channel = {
  name: 'pigeon',
  title: 'Carrier pigeon',
  capabilities: {
    ...{ delivery: 'platform', holders: 'one', edit: false, typing: false, buttons: false, files: false, voice: false },
    ...{ markdown: 'full', textMax: 200, textUnit: 'characters', idempotence: 'none', outboxesPerJob: 1 },
    rates: { account: [{ most: 9, seconds: 1 }], chat: [], chatIn: ['chat'] },
  },
  config: z.strictObject({ loft_token: z.string().regex(/\S/), loft: z.string().optional() }),
  secrets: ['loft_token'],
  load: async () => code,
};
const letters: Fixture[] = [
  {
    says: 'a letter',
    payload: { chat: '-100:7/é', from: 'ada', text: 'coo' },
    expect: [
      {
        ...{ conversation: 'pigeon.main.-100~3a7~2f~c3~a9', text: 'coo' },
        ...{ place: { kind: 'group', id: '-100:7/é' }, addressed: true },
      },
    ],
  },
  {
    says: 'a letter to it alone',
    payload: { chat: '7', from: 'ada', text: 'hello' },
    expect: [{ conversation: 'pigeon.main.7', text: 'hello' }],
  },
  {
    says: 'a command',
    payload: { chat: '7', from: 'ada', text: '/stop' },
    expect: [{ conversation: 'pigeon.main.7', text: '/stop' }],
  },
  { says: 'its own', payload: { chat: '1', from: 'the-bot', text: 'coo' }, own: true },
];

const broken = async (channel: Channel, fixtures: readonly Fixture[] = letters): Promise<string[]> => {
  const results = promises(channel, fixtures).map(async ({ says, check }) => {
    try {
      await check();
      return [];
    } catch {
      return [says];
    }
  });
  return (await Promise.all(results)).flat();
};
const having = (change: Partial<ChannelCode<unknown>>): Channel => ({
  ...pigeon,
  load: async () => ({ ...code, ...change }),
});

describe('the suite', () => {
  test('passes a platform that keeps the contract', async () => {
    expect(await broken(pigeon)).toEqual([]);
  });

  test('catches a bot that answers itself', async () => {
    const parse: ChannelCode<unknown>['parse'] = (payload, context) =>
      code.parse(payload, { ...context, self: 'nobody' });
    expect(await broken(having({ parse }))).toEqual(['fixture: its own']);
  });

  test.each<[string, object]>([
    ['where it was said', { place: undefined }],
    ['whether it is meant for the bot', { addressed: undefined }],
    ['the right place', { place: { kind: 'direct', id: '-100:7/é' } }],
    ['that a direct message is meant for the bot', { place: { kind: 'direct', id: '7' }, addressed: false }],
  ])('catches a message that does not say %s', async (_what, wrong) => {
    const parse: ChannelCode<unknown>['parse'] = (...args) =>
      code.parse(...args).map((incoming) => ({ ...incoming, ...wrong }));
    expect(await broken(having({ parse }))).toContain('fixture: a letter');
  });

  test('catches a platform without a fixture of what a person says to it alone', async () => {
    expect(await broken(pigeon, letters.toSpliced(1, 2))).toHaveLength(2);
  });

  test('catches messages over the limit', async () => {
    expect(await broken(having({ render: ({ text }) => [{ text }] }))).toHaveLength(1);
  });

  test('catches conversation ids that do not round-trip', async () => {
    const parse: ChannelCode<unknown>['parse'] = (...args) =>
      code.parse(...args).map((incoming) => ({ ...incoming, conversation: 'pigeon.100' }));
    const fixtures = letters.map((letter) => ({ ...letter, expect: [{ conversation: 'pigeon.100', text: 'coo' }] }));
    expect(await broken(having({ parse }), fixtures)).toContain('fixture: a letter');
  });

  test('catches a secret that is not declared, and settings that are not strict', async () => {
    expect(await broken({ ...pigeon, secrets: [] })).toHaveLength(1);
    expect(
      await broken({ ...pigeon, config: z.object({ loft_token: z.string().regex(/\S/).optional() }) }),
    ).toHaveLength(1);
  });

  test('catches a secret that may be blank', async () => {
    const config = z.strictObject({ loft_token: z.string().min(1) });
    expect(await broken({ ...pigeon, config })).toEqual(['a blank secret is refused']);
  });

  test('catches a platform that does not say how much it takes, or of which chat', async () => {
    const { rates: _, ...capabilities } = pigeon.capabilities;
    expect(await broken({ ...pigeon, capabilities })).toContain('its capabilities are valid');
    const elsewhere = { account: [], chat: [], chatIn: ['room'] };
    expect(await broken({ ...pigeon, capabilities: { ...capabilities, rates: elsewhere } })).toEqual([
      expect.stringContaining('which chat'),
    ]);
  });

  test('catches a platform without a fixture of its own words, or without a connection', async () => {
    expect(await broken(pigeon, letters.slice(0, 3))).toHaveLength(1);
    expect(await broken(pigeon, letters.toSpliced(2, 1))).toEqual([expect.stringContaining('/stop')]);
    const { connect: _, ...without } = code;
    expect(await broken({ ...pigeon, load: async () => without })).toHaveLength(1);
  });
});

/** A platform that signs its calls as the promises want it, and ways to believe too much. */
describe('the promises of webhooks', () => {
  const secret = 'a secret of the carrier pigeon';
  const now = 1_790_000_000;
  const macOf = (time: string, body: Uint8Array): string =>
    createHmac('sha256', secret).update(time).update(body).digest('hex');
  type Hears = (request: WebhookRequest) => string | undefined;
  const hears: Hears = ({ method, headers, body }) => {
    const { 'x-timestamp': time = '', 'x-signature': signature } = headers;
    if (method !== 'POST' || signature !== macOf(time, body) || Math.abs(Number(time) - now) > 300) return undefined;
    return Buffer.from(body).toString();
  };
  const broken = async (hear: Hears): Promise<string[]> => {
    let serial = 0;
    const promised = webhookPromises({
      ageSecondsMax: 300,
      call: async (change, age) => {
        const said = `coo ${(serial += 1)}`;
        const [body, time] = [Buffer.from(said), String(now - age)];
        const headers = { 'x-timestamp': time, 'x-signature': macOf(time, body) };
        const heard = hear(change({ method: 'POST', headers, query: {}, body }));
        return { status: heard === undefined ? 401 : 200, said, received: heard === undefined ? [] : [heard] };
      },
    });
    const results = promised.map(({ says, check }) =>
      check().then(
        () => [],
        () => [says],
      ),
    );
    return (await Promise.all(results)).flat();
  };

  test('hold for a webhook that believes what is signed, as it is, just now', async () => {
    expect(await broken(hears)).toEqual([]);
  });

  test.each<[string, Hears, readonly string[]]>([
    ['nothing', () => undefined, ['takes a call as the platform signed it']],
    [
      'everything',
      ({ body }) => Buffer.from(body).toString(),
      [
        'refuses a call with a bit of its signature turned, or without one',
        'believes nothing that was changed on its way',
        'refuses what comes by another method',
        'refuses a call whose time was changed, or lies outside the window',
      ],
    ],
    [
      'what is not signed at all',
      (request) => (request.headers['x-signature'] ? hears(request) : Buffer.from(request.body).toString()),
      ['refuses a call with a bit of its signature turned, or without one'],
    ],
    [
      'what is old',
      (request) => {
        const { 'x-timestamp': time = '', 'x-signature': signature } = request.headers;
        return request.method === 'POST' && signature === macOf(time, request.body)
          ? Buffer.from(request.body).toString()
          : undefined;
      },
      ['refuses a call whose time was changed, or lies outside the window'],
    ],
    ['any method', (request) => hears({ ...request, method: 'POST' }), ['refuses what comes by another method']],
  ])('catch a webhook that believes %s', async (_, hear, says) => {
    expect(await broken(hear)).toEqual(says);
  });
});
