import { type ActorAddress, ConversationId, keys, parseActorMember, TenantId } from '@queueclaw/contracts';
import type { Logger, Service } from '@queueclaw/runtime';
import type { Sandbox } from '@queueclaw/sandbox';
import type { Redis } from 'ioredis';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { RunningCalls } from './running-calls.js';

export type FromForgottenOptions = {
  readonly tags: readonly string[];
  readonly redis: Redis;
  readonly sandbox: Sandbox;
  readonly calls: RunningCalls;
  /** The folder that keeps how far was read, beside the workspaces: runners that share them share it. */
  readonly folder: string;
  /** Without use for this long, a workspace goes, milliseconds. */
  readonly retentionMs: number;
  /** Waits before a removal that failed is tried again, milliseconds; for tests. */
  readonly againAfterMs?: readonly number[];
  readonly logger: Logger;
};

export type FromForgotten = Service & {
  /** Something was forgotten: looks soon. */
  look(): void;
};

const Address = z.object({ tenant: TenantId, conversation: ConversationId });
const Positions = z.record(z.string(), z.string().regex(/^\d{1,20}-\d{1,20}$/));
type Positions = z.infer<typeof Positions>;

const againMs = 3_600_000;
const pageSize = 100;
const usualAgainAfterMs: readonly number[] = [200, 1_000, 5_000];

/**
 * Removes workspaces: of conversations that were forgotten, in the order in which they were, and of those that nobody used for
 * long. Looks at the start, when it is told, and every hour. Who dies in between does the last page again, and who was away comes
 * late: a conversation that began anew under the same name keeps its files, but for those of the first minute.
 */
export function fromForgotten(options: FromForgottenOptions): FromForgotten {
  const { tags, sandbox, retentionMs, logger } = options;
  let stopped = false;
  let wanted = false;
  let looking: Promise<void> | undefined;
  let read: Positions | undefined;
  let timer: NodeJS.Timeout | undefined;

  const rounds = async (): Promise<void> => {
    while (wanted && !stopped) {
      wanted = false;
      read ??= await readPositions(options);
      for (const tag of tags) read = await readOn(options, tag, read, () => stopped);
    }
  };
  const look = (): void => {
    wanted = true;
    looking ??= rounds()
      .catch((error: unknown) => logger.warn({ reason: String(error) }, 'forgotten conversations cannot be read'))
      .finally(() => {
        looking = undefined;
      });
  };
  const sweep = async (): Promise<void> => {
    try {
      const swept = await sandbox.sweep(retentionMs);
      if (swept > 0) logger.info({ swept }, 'workspaces that nobody used were removed');
    } catch (error) {
      logger.warn({ reason: String(error) }, 'workspaces cannot be swept');
    }
  };

  return {
    name: 'forgotten conversations',
    look: () => {
      if (!stopped) look();
    },
    start: async () => {
      const round = (): void => {
        look();
        void sweep();
      };
      round();
      timer = setInterval(round, againMs);
      timer.unref();
    },
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await looking;
    },
  };
}

/** Reads a shard's stream to its end. The positions are this process's own: another one of this home reads for itself. */
async function readOn(
  options: FromForgottenOptions,
  tag: string,
  from: Positions,
  stopped: () => boolean,
): Promise<Positions> {
  const { redis, folder } = options;
  const key = keys.forgotten(tag);
  let positions = from;
  let page: readonly (readonly [id: string, fields: readonly string[]])[];
  do {
    page = (await redis.xread('COUNT', pageSize, 'STREAMS', key, positions[tag] ?? '0-0'))?.[0]?.[1] ?? [];
    const last = page.at(-1)?.[0];
    if (last === undefined) break;
    await Promise.all(page.map(async ([id, [, member = '']]) => remove(options, member, bornBefore(id), stopped)));
    // What a stop left undone is done by the next start.
    if (stopped()) break;
    positions = { ...positions, [tag]: last };
    await writePositions(folder, positions);
  } while (page.length === pageSize && !stopped());
  return positions;
}

/** Files that were made so much later belong to a conversation that began anew. Clocks differ, and a command ends late. */
const anewAfterMs = 60_000;
const bornBefore = (id: string): number => Number(id.split('-')[0]) + anewAfterMs;

async function remove(
  { sandbox, calls, logger, againAfterMs = usualAgainAfterMs }: FromForgottenOptions,
  member: string,
  before: number,
  stopped: () => boolean,
): Promise<void> {
  const address = Address.safeParse(parseActorMember(member));
  if (!address.success) return;
  const forgotten: ActorAddress = address.data;
  // What still runs in it is for nobody.
  calls.cancelAll(forgotten);
  for (let failures = 0; !stopped(); failures += 1) {
    try {
      await sandbox.forget(forgotten, before);
      return;
    } catch (error) {
      const waitMs = againAfterMs[failures];
      if (waitMs === undefined) {
        const what = 'a workspace could not be removed; it goes when nobody has used it for state.retention';
        return logger.error({ ...forgotten, reason: String(error) }, what);
      }
      await pause(waitMs, undefined, { ref: false });
    }
  }
}

const positionsIn = (folder: string): string => join(folder, '.forgotten.json');

/**
 * How far each shard's stream was read. Without the file: from the start, for who lost it lost the workspaces too. One that can
 * not be read says nothing about what was done, and conversations live on under names that were forgotten once: from now on.
 */
async function readPositions({ folder, tags, logger }: FromForgottenOptions): Promise<Positions> {
  try {
    return Positions.parse(JSON.parse(await readFile(positionsIn(folder), 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    logger.warn(
      { reason: String(error) },
      'it is not known which conversations were forgotten before; going on from now',
    );
    return Object.fromEntries(tags.map((tag) => [tag, `${Date.now()}-0`]));
  }
}

/** Of two places in a stream the later one. */
function later(one: string, other: string): string {
  const [a = [], b = []] = [one, other].map((id) => id.split('-').map(BigInt));
  return (a[0] ?? 0n) > (b[0] ?? 0n) || (a[0] === b[0] && (a[1] ?? 0n) > (b[1] ?? 0n)) ? one : other;
}

/** Never back: another runner of these workspaces may be ahead. */
async function writePositions(folder: string, positions: Positions): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kept = await readFile(positionsIn(folder), 'utf8').then(
    (text): Positions => Positions.safeParse(jsonOf(text)).data ?? {},
    (): Positions => ({}),
  );
  const ahead = Object.entries(positions).map(([tag, at]) => [tag, later(at, kept[tag] ?? '0-0')]);
  const draft = `${positionsIn(folder)}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, JSON.stringify({ ...kept, ...Object.fromEntries(ahead) }), { mode: 0o600, flush: true });
  await rename(draft, positionsIn(folder));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
