import { AppError, keys, PairingRequest } from '@queueclaw/contracts';
import { hash } from 'node:crypto';
import { noticeOf } from './notice.js';
import { notify } from './notify.js';
import { redisError } from './redis-error.js';
import { parseJson } from './record.js';
import { row } from './reply-shapes.js';
import type { Shards } from './shards.js';

/** An account of a messaging app. `account` is `<channel>/<account>`. */
export type PairingAccount = { readonly tenant: string; readonly account: string };

/** Somebody who waits for an operator. */
export type WaitingPerson = PairingAccount & {
  readonly code: string;
  readonly person: string;
  readonly name?: string;
  /** Milliseconds since the epoch, when they asked. */
  readonly at: number;
};

/** Somebody whom an operator has approved. */
export type PairedPerson = PairingAccount & {
  readonly person: string;
  readonly name?: string;
  readonly at: number;
  /** Which operator. */
  readonly by: string;
};

/** Who may write to accounts of messaging apps. Every call may throw system.unavailable or system.full. */
export type Pairings = {
  isPaired(account: PairingAccount, person: string): Promise<boolean>;
  /**
   * Notes that somebody unknown has written. The code is the same until it expires, after an hour; `telling` counts up, at most
   * once in ten minutes. `full`: too many wait.
   * @param code for who has none
   */
  ask(
    account: PairingAccount,
    request: PairingRequest,
    code: string,
  ): Promise<{ readonly code: string; readonly telling: number } | 'full'>;
  /** Oldest first. */
  list(
    tenant: string,
  ): Promise<{ readonly waiting: readonly WaitingPerson[]; readonly people: readonly PairedPerson[] }>;
  /**
   * Lets the person of a code write, at once in the whole fleet, and tells them. The same again does nothing and answers the
   * same.
   * @param by the operator
   * @throws AppError pairing.not_found, pairing.full
   */
  approve(tenant: string, code: string, by: string): Promise<PairingAccount & { readonly request: PairingRequest }>;
  /** Takes the right to write from a person, or the request to. False: there was neither. */
  revoke(account: PairingAccount, person: string): Promise<boolean>;
  /** The same in all accounts of a channel. */
  forget(tenant: string, channel: string, person: string): Promise<boolean>;
  /** Accounts of a channel in which the person may write. */
  of(tenant: string, channel: string, person: string): Promise<readonly PairedPerson[]>;
};

export type PairingTimes = {
  /** How long a code is good, milliseconds. */
  readonly ttlMs?: number;
  /** Between two times that a person is told, milliseconds. */
  readonly againMs?: number;
};

const waitingMax = 100;
const peopleMax = 10_000;

/** Opens them. They are in the first shard. */
export function openPairings(shards: Shards, times: PairingTimes = {}): Pairings {
  const { ttlMs = 3_600_000, againMs = 600_000 } = times;
  const [shard] = shards.all;
  if (shard === undefined) throw new Error('no shard');
  const { tag, redis, run } = shard;
  const waitingOf = ({ tenant, account }: PairingAccount): string => keys.pairingWaiting(tag, tenant, account);
  const peopleOf = ({ tenant, account }: PairingAccount): string => keys.paired(tag, tenant, account);
  const accountsOf = async (tenant: string): Promise<readonly PairingAccount[]> =>
    (await redis.smembers(keys.pairingAccounts(tag, tenant))).toSorted().map((account) => ({ tenant, account }));
  const channelOf = async (tenant: string, channel: string): Promise<readonly PairingAccount[]> =>
    (await accountsOf(tenant)).filter(({ account }) => account.startsWith(`${channel}/`));
  const revoke = async (account: PairingAccount, person: string): Promise<boolean> => {
    const removed = [await redis.hdel(waitingOf(account), person), await redis.hdel(peopleOf(account), person)];
    return removed.some((count) => count > 0);
  };

  const tellApproved = async (tenant: string, code: string, text: string): Promise<PairingRequest> => {
    const request = PairingRequest.parse(parseJson(text));
    const { conversation, route, language } = request;
    const id = `paired-${hash('sha256', code).slice(0, 16)}`;
    await notify({
      shards,
      address: { tenant, conversation },
      reply: noticeOf({ id, key: 'access.allowed', route, language }),
    });
    return request;
  };

  return {
    isPaired: (account, person) => guarded(async () => (await redis.hexists(peopleOf(account), person)) === 1),
    ask: async (account, request, code) => {
      const names = [keys.pairingAccounts(tag, account.tenant), waitingOf(account)];
      const args = [account.account, request.from.id, code, JSON.stringify(request), ttlMs, againMs, waitingMax];
      const [known, telling] = row(await run('askPairing', names, args));
      return known === 'full' ? 'full' : { code: String(known), telling: Number(telling) };
    },
    list: (tenant) =>
      guarded(async () => {
        const waiting: WaitingPerson[] = [];
        const people: PairedPerson[] = [];
        for (const account of await accountsOf(tenant)) {
          for (const [person, line] of Object.entries(await redis.hgetall(waitingOf(account))))
            waiting.push(...readWaiting(account, person, line, Date.now() - ttlMs));
          for (const [person, line] of Object.entries(await redis.hgetall(peopleOf(account))))
            people.push(readPaired(account, person, line));
        }
        return { waiting: waiting.toSorted((a, b) => a.at - b.at), people: people.toSorted((a, b) => a.at - b.at) };
      }),
    approve: async (tenant, code, by) => {
      for (const account of await guarded(() => accountsOf(tenant))) {
        const names = [waitingOf(account), peopleOf(account)];
        const args = [code, ttlMs, peopleMax, by.replaceAll(/\s+/g, ' ').slice(0, 128)];
        const [outcome, , request] = row(await run('approvePairing', names, args));
        if (outcome === 'full') throw new AppError('pairing.full');
        if (outcome === 'ok') return { ...account, request: await tellApproved(tenant, code, String(request)) };
      }
      throw new AppError('pairing.not_found');
    },
    revoke: (account, person) => guarded(() => revoke(account, person)),
    forget: (tenant, channel, person) =>
      guarded(async () => {
        let any = false;
        for (const account of await channelOf(tenant, channel)) any = (await revoke(account, person)) || any;
        return any;
      }),
    of: (tenant, channel, person) =>
      guarded(async () => {
        const found: PairedPerson[] = [];
        for (const account of await channelOf(tenant, channel)) {
          const line = await redis.hget(peopleOf(account), person);
          if (line !== null) found.push(readPaired(account, person, line));
        }
        return found;
      }),
  };
}

const named = (request: string): { readonly name?: string } => {
  const name = PairingRequest.safeParse(parseJson(request)).data?.from.name;
  return name === undefined || name === '' ? {} : { name };
};

/** Those that are neither approved nor expired. */
function readWaiting(account: PairingAccount, person: string, line: string, since: number): readonly WaitingPerson[] {
  const [asked, , , code = '', approved, ...request] = line.split('\n');
  const at = Number(asked);
  return approved === '0' && at > since ? [{ ...account, code, person, ...named(request.join('\n')), at }] : [];
}

function readPaired(account: PairingAccount, person: string, line: string): PairedPerson {
  const [at, by = '', ...request] = line.split('\n');
  return { ...account, person, ...named(request.join('\n')), at: Number(at), by };
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw redisError(error);
  }
}
