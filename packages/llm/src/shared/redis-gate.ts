import { randomUUID } from 'node:crypto';
import { keys } from '@queueclaw/contracts';
import type { connectRedis, Logger } from '@queueclaw/runtime';
import {
  againMs,
  type Entry,
  type Gate,
  leaseMs,
  type Pass,
  type TroubleCode,
  type Verdict,
  type Wish,
} from './gate.js';
import { localGate } from './local-gate.js';
import { enter, hold, type Script, tell } from './scripts.js';

type Redis = ReturnType<typeof connectRedis>;
type Run = (script: Script, args: readonly (string | number)[]) => Promise<unknown>;

export type SharedGateOptions = {
  /** Connects; called when a model is first asked. */
  readonly connect: () => Redis;
  readonly namespace: string;
  readonly logger: Logger;
  /** Milliseconds; absent: Redis' own clock. For tests. */
  readonly clock?: () => number;
};

export type SharedGate = Gate & { close(): void };

/** Nobody waits longer for Redis before a model is asked without it. */
const answerMsMax = 1_000;
/** How long this process does without Redis before it asks it again. */
const aloneMs = 5_000;

const within = async <T>(promise: Promise<T>, ms: number): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('Redis did not answer in time')), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

type Admitted = { readonly slot: string; readonly tries: boolean; readonly marked: boolean };

const entryOf = (answer: unknown, pass: (admitted: Admitted) => Pass): Entry => {
  const [what, value, code, marked] = Array.isArray(answer) ? answer.map(String) : [];
  if (what === 'ok')
    return { ok: true, pass: pass({ slot: value ?? '0', tries: code === '1', marked: marked === '1' }) };
  const ms = Number(value ?? -1);
  const retryAfterMs = ms < 0 ? againMs : Math.ceil(ms);
  if (what === 'rate') return { ok: false, why: 'rate', code: 'llm.rate_limited', retryAfterMs };
  const trouble: TroubleCode = code === 'llm.rate_limited' ? code : 'llm.overloaded';
  return { ok: false, why: 'trouble', code: trouble, retryAfterMs };
};

/**
 * The gate that all processes on one Redis share. When Redis is away or slow, a gate of this process alone decides: a model
 * is never left unasked because of Redis.
 */
export function sharedGate({ connect, namespace, logger, clock }: SharedGateOptions): SharedGate {
  const local = localGate();
  let connection: Redis | undefined;
  let aloneUntil = 0;
  const at = (): number => Math.floor(clock?.() ?? 0);
  const runOn = (model: string): Run => {
    const names = (['breaker', 'window', 'calls'] as const).map((what) => keys.model(namespace, model, what));
    return async ({ lua, sha }, args) => {
      const redis = (connection ??= connect());
      try {
        return await redis.evalsha(sha, names.length, ...names, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return redis.eval(lua, names.length, ...names, ...args);
      }
    };
  };

  const makePass = (run: Run, me: string, { rate, tokens }: Wish, { slot, tries, marked }: Admitted): Pass => {
    // A healthy model without limits costs one command a request: nobody counts on hearing how it went.
    const counted = rate !== undefined || tries;
    const say = (how: Verdict['how'] | 'answering', code: string, askedMs: number, differ: number): Promise<unknown> =>
      within(run(tell, [at(), me, how, code, askedMs, slot, differ]), answerMsMax).catch((error: unknown) =>
        logger.debug({ reason: String(error) }, 'what a model does could not be told to the other agents'),
      );
    const beat = counted
      ? setInterval(() => void run(hold, [at(), me, leaseMs]).catch(() => undefined), leaseMs / 3)
      : undefined;
    beat?.unref();
    let left = false;
    return {
      answering: () => void (tries && say('answering', '', -1, 0)),
      leave: async (verdict) => {
        if (left) return;
        left = true;
        clearInterval(beat);
        const { how } = verdict;
        if (how === 'failed')
          return void (await say(how, verdict.code, Math.ceil(verdict.retryAfterMs ?? -1), verdict.tokens - tokens));
        if (counted || (marked && how === 'answered')) await say(how, '', -1, verdict.tokens - tokens);
      },
    };
  };

  return {
    async enter(model, wish) {
      if (performance.now() < aloneUntil) return local.enter(model, wish);
      const { requests_per_minute: rpm = 0, tokens_per_minute: tpm = 0, concurrent = 0 } = wish.rate ?? {};
      const me = randomUUID();
      const run = runOn(model);
      try {
        const answer = await within(run(enter, [at(), me, rpm, tpm, concurrent, wish.tokens, leaseMs]), answerMsMax);
        return entryOf(answer, (admitted) => makePass(run, me, wish, admitted));
      } catch (error) {
        aloneUntil = performance.now() + aloneMs;
        logger.warn({ reason: String(error) }, 'Redis is away: this process alone decides what models may be asked');
        return local.enter(model, wish);
      }
    },
    close: () => connection?.disconnect(),
  };
}
