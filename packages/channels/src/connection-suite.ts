import { AppError, type Reply } from '@queueclaw/contracts';
import { inspect } from 'node:util';
import type { Promised } from './contract-suite.js';
import { givesOut } from './gives-out.js';
import { listenedTo } from './listened-to.js';
import { changesInPlace } from './changes-in-place.js';
import type { Channel, ChannelDoor, Connection, Incoming, IncomingFile } from './contract.js';

/** A platform under test, or what stands for it, and what may happen to the next message that is sent to it. */
export type Counterpart = {
  /** Settings that connect to it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Settings instead of these, with which it lets nobody in. */
  readonly wrong: Readonly<Record<string, string>>;
  /** What must be read nowhere, besides what `wrong` says. */
  readonly secrets: readonly string[];
  /** Has a person write to the bot alone. */
  say(text: string): unknown;
  /** What people were sent, as their apps show it. */
  sent(): readonly string[];
  /** Files that people were sent; where `filesBytesMax` is said. */
  readonly files?: () => readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** The next file meets this, where that is another call than a message's. */
  readonly nextFile?: Readonly<Record<'away' | 'gone', () => unknown>>;
  /** Files that people send; where the connection fetches them. */
  readonly gives?: {
    /** Keeps one; tells what a message says of it. */
    keep(bytes: Uint8Array): IncomingFile;
    /** One that is not there. */
    readonly unknown: IncomingFile;
    readonly giving: {
      next(manner: 'slow' | 'endless' | 'wrong type' | 'broken off'): void;
      open(): number;
    };
  };
  /** The next message meets this: `away`, the platform fails; `gone`, there is nobody to have it; `slow`, wait first. */
  readonly next: Readonly<Record<'away' | 'gone', () => unknown>> & { readonly slow?: () => unknown };
  /** Whether somebody listens, where the connection says so only later. */
  readonly ready?: () => boolean;
  /** Connections that listen, where that is a line. */
  readonly lines?: () => number;
  /** Where the platform's calls go, for webhooks. */
  readonly attach?: (connection: Connection) => void;
};

/** A line to it, and everything that it said on the way. */
export type Opened = {
  readonly connection: Connection;
  readonly received: readonly Incoming[];
  /** Whether its line is there, where it has one. */
  isWell(): boolean;
  /** Ends listening as the loss of a lease does, and resolves once it has ended. */
  leave(): Promise<void>;
  close(): Promise<void>;
};

const fail = (sentence: string): never => {
  throw new Error(sentence);
};
/** One of each kind that platforms tell apart; names that headers cannot have as they are. */
const samples: readonly (readonly [name: string, type: string, content: Buffer])[] = [
  ['报告 1; a=b.pdf', 'application/pdf', Buffer.from('%PDF-1.7 not much')],
  ['red.png', 'image/png', Buffer.from('\x89PNG\r\n\x1a\n so to speak', 'latin1')],
  ['note.ogg', 'audio/ogg', Buffer.from('OggS so to speak')],
];
const never = new AbortController().signal;

/**
 * The promises of every connection to a platform, for tests to hold a channel to them.
 * @param until waits until its argument no longer throws
 */
export function connectionPromises(
  channel: Channel,
  counterpart: () => Counterpart,
  until: (check: () => void) => Promise<void>,
): readonly Promised[] {
  let said = 0;
  let notes: string | undefined;

  const open = async (more: Readonly<Record<string, string>>, log: string[]): Promise<Opened> => {
    const { parse, connect = () => fail('no connection') } = await channel.load();
    const stopping = new AbortController();
    const received: Incoming[] = [];
    let well = 0;
    const known: { self?: string } = {};
    const door: ChannelDoor = {
      account: 'main',
      signal: stopping.signal,
      notes: { read: async () => notes, write: async (text) => void (notes = text) },
      trouble: (sentence) => {
        log.push(sentence ?? '');
        if (sentence === undefined) well += 1;
      },
      receive: async (payload) =>
        void received.push(...parse(payload, { account: 'main', ...known, newId: () => `made-${(said += 1)}` })),
    };
    const config = channel.config.parse({ ...counterpart().config, ...more });
    const connection = await connect(config, door);
    if (connection.self !== undefined) known.self = connection.self;
    counterpart().attach?.(connection);
    const lease = new AbortController();
    const listening = connection.listen?.(lease.signal);
    const leave = async (): Promise<void> => {
      lease.abort();
      await listening;
    };
    return {
      ...{ connection, received, leave },
      isWell: () => connection.listen === undefined || well > 0 || counterpart().ready?.() === true,
      close: async () => {
        await leave();
        stopping.abort();
        await connection.stop();
      },
    };
  };
  /** The mail of a person who writes now. */
  const hear = async ({ received, isWell }: Opened): Promise<Incoming> => {
    const text = `words ${(said += 1)}`;
    await until(() => void (isWell() || fail('nobody listens')));
    await counterpart().say(text);
    const find = (): Incoming | undefined => received.find(({ mail }) => mail.text === text);
    await until(() => void (find() ?? fail('not received')));
    return find() ?? fail('not received');
  };
  const answer = async ({ connection }: Opened, { mail }: Incoming, text: string): Promise<void> => {
    const { render } = await channel.load();
    const reply: Reply = {
      ...{ v: 1, id: `r${(said += 1)}`, turn: 1, text, answers: [mail.id], status: 'answered' },
      ...{ route: mail.route, at: 0 },
    };
    for (const [part, out] of render(reply).entries())
      await connection.send?.(out, mail.route, `${reply.id}/${part}`, never);
  };
  const sendFile = async (
    { connection }: Opened,
    { mail }: Incoming,
    name: string,
    type: string,
    content: Buffer,
  ): Promise<void> => {
    // In pieces that come later, as from a store.
    const open = async function* (): AsyncIterable<Uint8Array> {
      yield await Promise.resolve(content.subarray(0, 3));
      yield content.subarray(3);
    };
    const file = { id: `sha256-${'0'.repeat(64)}`, name, type, size: content.length, open };
    await connection.send?.({ text: '', file }, mail.route, `f${(said += 1)}/1`, never);
  };
  /** Runs with an open line, and looks for secrets in whatever was said meanwhile. */
  const withLine =
    (work: (line: Opened) => Promise<void>): (() => Promise<void>) =>
    async () => {
      const log: string[] = [];
      const output = await listenedTo(async () => {
        const line = await open({}, log);
        try {
          await work(line);
        } catch (thrown) {
          log.push(inspect(thrown, { depth: 9 }));
          throw thrown;
        } finally {
          await line.close();
        }
      });
      silent([output, ...log].join('\n'));
    };
  const silent = (text: string): void => {
    const { secrets, wrong } = counterpart();
    for (const secret of [...secrets, ...Object.values(wrong)]) if (text.includes(secret)) fail('a secret was told');
  };
  const refused = async (work: Promise<void>): Promise<AppError> => {
    const thrown: unknown = await work.then(
      () => fail('it was not refused'),
      (error: unknown) => error,
    );
    silent(inspect(thrown, { depth: 9, showHidden: true }));
    return thrown instanceof AppError ? thrown : fail(`no AppError: ${String(thrown)}`);
  };
  /** What becomes of a message that meets this, and that the next one is sent all the same. */
  const meets = (mishap: keyof Counterpart['next'], code: string): (() => Promise<void>) =>
    withLine(async (line) => {
      const mail = await hear(line);
      await counterpart().next[mishap]?.();
      const error = await refused(answer(line, mail, `not sent ${said}`));
      if (error.code !== code) fail(`${error.code}: ${error.publicMessage}`);
      if (mishap === 'slow' && !((error.retryAfterMs ?? 0) > 0)) fail('it does not say how long to wait');
      const text = `sent after ${said}`;
      await answer(line, await hear(line), text);
      await until(() => void (counterpart().sent().join('\n').includes(text) || fail('not sent')));
    });

  return [
    {
      says: 'hears a person and answers where that was said',
      check: withLine(async (line) => {
        const text = `an answer ${(said += 1)}`;
        const mail = await hear(line);
        if (mail.addressed !== true || mail.place?.kind !== 'direct') fail('not said to it alone');
        await answer(line, mail, text);
        await until(() => void (counterpart().sent().join('\n').includes(text) || fail('not sent')));
      }),
    },
    {
      says: 'what looks like markup of the platform in an answer is shown as it is',
      check: withLine(async (line) => {
        const text = `1 < 2 && "${(said += 1)}" <script>x</script> &lt; <!channel> <b>`;
        await answer(line, await hear(line), text);
        await until(
          () =>
            void (counterpart().sent().join('\n').includes(text) || fail(`not shown: ${counterpart().sent().at(-1)}`)),
        );
      }),
    },
    {
      says: 'sends a file as it is, under its name, and says it again when the platform has failed or refused it',
      check: async () => {
        const { filesBytesMax, fileTypes } = channel.capabilities;
        const { files, nextFile } = counterpart();
        if ((filesBytesMax === undefined) !== (files === undefined)) fail('what is sent of files is not looked at');
        if (files === undefined) return;
        await withLine(async (line) => {
          const taken = samples.filter(([, type]) => fileTypes?.includes(type) ?? true);
          const [, sampleType = fail('none of the samples is taken')] = taken[0] ?? [];
          for (const [name, type, content] of taken) {
            const mail = await hear(line);
            await sendFile(line, mail, name, type, content);
            const has = (): boolean => files().some((file) => file.name === name && content.equals(file.bytes));
            await until(() => void (has() || fail(`${name} was not sent`)));
          }
          for (const [mishap, code] of [
            ['away', 'channel.failed'],
            ['gone', 'channel.rejected'],
          ] as const) {
            const mail = await hear(line);
            await (nextFile ?? counterpart().next)[mishap]();
            const before = files().length;
            const error = await refused(sendFile(line, mail, 'not.sent', sampleType, Buffer.from('not sent')));
            if (error.code !== code) fail(`${error.code}: ${error.publicMessage}`);
            if (files().length > before) fail('it was sent all the same');
          }
        })();
      },
    },
    {
      says: 'gives out what somebody sent as it is; slow, endless, broken off, another thing or not there, it ends',
      check: withLine(async (line) => {
        const { fetch } = line.connection;
        const { gives } = counterpart();
        if ((fetch === undefined) !== (gives === undefined)) fail('what is fetched of files is not looked at');
        if ((fetch !== undefined) !== channel.capabilities.files) fail('`files` and `fetch` belong together');
        if (fetch === undefined || gives === undefined) return;
        // Who only fetches over a line that is there.
        await hear(line);
        await givesOut(fetch, gives, until);
      }),
    },
    changesInPlace({ channel, withLine, hear, refused, sent: () => counterpart().sent(), next: () => (said += 1) }),
    { says: 'a platform that fails is asked again', check: meets('away', 'channel.failed') },
    { says: 'what nobody will ever have is given up', check: meets('gone', 'channel.rejected') },
    {
      says: 'waits where the platform says how long, and else says that it has no such answer',
      check: async () => {
        if (counterpart().next.slow !== undefined) await meets('slow', 'channel.failed')();
      },
    },
    {
      says: 'stops listening when it is to, and leaves no line',
      check: withLine(async (line) => {
        await hear(line);
        await line.leave();
        const { lines } = counterpart();
        if (lines !== undefined) await until(() => void (lines() === 0 || fail(`${lines()} lines are left`)));
      }),
    },
    {
      says: 'is let in by no wrong secret, and tells neither that nor the right one',
      check: async () => {
        const log: string[] = [];
        const output = await listenedTo(async () => {
          const line = await open(counterpart().wrong, log).catch((thrown: unknown) => {
            log.push(inspect(thrown, { depth: 9, showHidden: true }));
            return thrown instanceof AppError ? undefined : fail('no AppError');
          });
          if (line === undefined) return;
          // Who is only told on the line goes on trying, and says so.
          await until(() => void (log.some((sentence) => sentence !== '') || fail('no trouble'))).finally(line.close);
        });
        silent([output, ...log].join('\n'));
      },
    },
  ];
}
