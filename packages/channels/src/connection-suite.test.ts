import { AppError, channelConversation, type ErrorCode } from '@queueclaw/contracts';
import { eventually } from '@queueclaw/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { connectionPromises, type Counterpart } from './connection-suite.js';
import type { Channel, ChannelCode, ChannelDoor, Connection } from './contract.js';

/** A platform as the contract wants it, and ways to break it: the suite must tell them apart. */
const pigeon = (connect: NonNullable<ChannelCode<unknown>['connect']>): Channel => ({
  name: 'pigeon',
  title: 'Carrier pigeon',
  capabilities: {
    ...{ delivery: 'platform', holders: 'one', edit: false, typing: false, buttons: false, files: false, voice: false },
    ...{ markdown: 'full', textMax: 200, textUnit: 'characters', idempotence: 'none', outboxesPerJob: 1 },
  },
  config: z.strictObject({ loft_token: z.string() }),
  secrets: ['loft_token'],
  load: async () => ({
    parse: (payload) => {
      const { chat, from, text } = z.object({ chat: z.string(), from: z.string(), text: z.string() }).parse(payload);
      const conversation = channelConversation({ channel: 'pigeon', account: 'main', peer: chat });
      const mail = { id: text.replaceAll(' ', '-'), text, from: { id: from }, route: { channel: 'pigeon' } };
      return [{ conversation, place: { kind: 'direct', id: chat }, addressed: true, mail }];
    },
    render: ({ text }) => [{ text }],
    connect,
  }),
});

describe('the suite of connections', () => {
  const secret = 'the-secret-of-the-loft';
  let sent: string[] = [];
  let receive: ChannelDoor['receive'] | undefined;
  let mishap: AppError | undefined;
  const counterpart: Counterpart = {
    config: { loft_token: secret },
    wrong: { loft_token: 'the-wrong-secret' },
    secrets: [secret],
    say: (text) => receive?.({ chat: '7', from: 'ada', text }),
    sent: () => sent,
    next: {
      away: () => void (mishap = new AppError('channel.failed')),
      gone: () => void (mishap = new AppError('channel.rejected')),
      slow: () => void (mishap = new AppError('channel.failed', { retryAfterMs: 7 })),
    },
    lines: () => (receive === undefined ? 0 : 1),
  };
  const connect: NonNullable<ChannelCode<unknown>['connect']> = async (config, door) => {
    if (JSON.stringify(config).includes('wrong')) throw new AppError('channel.rejected');
    return {
      send: async ({ text }) => {
        const failure = mishap;
        mishap = undefined;
        if (failure !== undefined) throw failure;
        sent.push(text);
      },
      listen: async (signal) => {
        receive = door.receive;
        door.trouble(undefined);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        receive = undefined;
      },
      stop: async () => undefined,
    };
  };
  /** Which promises it breaks, connecting like this. */
  const breaks = async (how: typeof connect): Promise<string[]> => {
    const subject = pigeon(how);
    const says: string[] = [];
    const until = (check: () => void): Promise<void> => eventually(check, { timeoutMs: 200 });
    for (const one of connectionPromises(subject, () => counterpart, until)) {
      [sent, receive, mishap] = [[], undefined, undefined];
      await one.check().catch(() => says.push(one.says));
    }
    return says;
  };
  const changed =
    (change: (connection: Connection, door: ChannelDoor) => Connection): typeof connect =>
    async (config, door) =>
      change(await connect(config, door), door);

  test('passes a connection that keeps the contract', async () => {
    expect(await breaks(connect)).toEqual([]);
  });

  test('catches a connection that tells a secret', async () => {
    const telling = [
      changed((connection, door) => {
        door.trouble(`no line with ${secret}`);
        return connection;
      }),
      changed((connection) => {
        process.stderr.write(`connecting with ${secret}`);
        return connection;
      }),
    ];
    for (const how of telling) expect((await breaks(how)).length).toBeGreaterThan(0);
    const wrong: typeof connect = async (config, door) => {
      if (!JSON.stringify(config).includes('wrong')) return connect(config, door);
      throw new AppError('channel.rejected', { cause: config });
    };
    expect(await breaks(wrong)).toEqual([expect.stringContaining('wrong secret')]);
  });

  test('catches a connection that gives up too early or never, does not wait, or sends nothing', async () => {
    const failing = (code: ErrorCode): typeof connect =>
      changed(({ send, ...rest }) => ({
        ...rest,
        send: async (...args) => {
          await send?.(...args).catch((thrown: unknown) => {
            throw new AppError(code, { cause: thrown });
          });
        },
      }));
    expect(await breaks(failing('channel.rejected'))).toEqual([
      expect.stringMatching(/fails/),
      expect.stringMatching(/waits/),
    ]);
    expect(await breaks(failing('channel.failed'))).toEqual([
      expect.stringMatching(/given up/),
      expect.stringMatching(/waits/),
    ]);
    expect((await breaks(changed((line) => ({ ...line, send: async () => undefined })))).length).toBe(5);
  });

  test('catches a connection that fetches files of which nobody knows what they are', async () => {
    const fetching = changed((line) => ({ ...line, fetch: async () => new Blob(['x']).stream() }));
    expect(await breaks(fetching)).toEqual([expect.stringContaining('gives out')]);
  });

  test('catches an answer whose signs the platform takes for markup', async () => {
    const marked = changed(({ send, ...rest }) => ({
      ...rest,
      send: async (out, ...others) => send?.({ ...out, text: out.text.replaceAll(/<[^>]*>/g, '') }, ...others),
    }));
    expect(await breaks(marked)).toEqual([expect.stringContaining('markup')]);
  });

  test('catches a connection that goes on listening', async () => {
    const deaf = changed(({ listen, ...rest }) => ({
      ...rest,
      listen: async () => void listen?.(new AbortController().signal),
    }));
    expect(await breaks(deaf)).toEqual([expect.stringContaining('stops listening')]);
  });
});
