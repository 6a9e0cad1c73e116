import type { ModelRate } from '@queueclaw/runtime';
import {
  againMs,
  closedFor,
  type Entry,
  failuresMax,
  failureWindowMs,
  type Gate,
  slotMs,
  slots,
  type TroubleCode,
  type Verdict,
  type Wish,
} from './gate.js';

type Breaker = {
  closedUntil: number | undefined;
  code: TroubleCode;
  trips: number;
  failures: number;
  firstFailureAt: number;
  probe: object | undefined;
};
type Slot = { requests: number; tokens: number };
type State = { breaker: Breaker; window: Map<number, Slot>; under: number };

const intact = (): Breaker => ({
  closedUntil: undefined,
  code: 'llm.overloaded',
  trips: 0,
  failures: 0,
  firstFailureAt: 0,
  probe: undefined,
});

const wait = (code: TroubleCode, retryAfterMs: number): Entry => ({
  ok: false,
  why: 'trouble',
  code,
  retryAfterMs: Math.ceil(retryAfterMs),
});
const usedUp = (retryAfterMs: number): Entry => ({
  ok: false,
  why: 'rate',
  code: 'llm.rate_limited',
  retryAfterMs: Math.ceil(retryAfterMs),
});

/** Milliseconds until there is room in the window; 0: there is. What alone is too much passes when nothing else was. */
function untilRoom(state: State, rate: ModelRate | undefined, tokens: number, now: number): number {
  const first = Math.floor(now / slotMs) - slots + 1;
  for (const slot of state.window.keys()) if (slot < first) state.window.delete(slot);
  const kept = [...state.window].toSorted(([a], [b]) => a - b);
  const until = (amount: (slot: Slot) => number, wanted: number, most = Number.POSITIVE_INFINITY): number => {
    let sum = kept.reduce((total, [, slot]) => total + amount(slot), 0);
    let waitMs = 0;
    for (const [at, slot] of kept) {
      if (sum === 0 || sum + wanted <= most) break;
      sum -= amount(slot);
      waitMs = (at + slots) * slotMs - now;
    }
    return waitMs;
  };
  return Math.max(
    until(({ requests }) => requests, 1, rate?.requests_per_minute),
    until((slot) => slot.tokens, tokens, rate?.tokens_per_minute),
  );
}

/** What a failure does to the breaker; `isProbe`: of the request that tried. */
function trouble(breaker: Breaker, verdict: Extract<Verdict, { how: 'failed' }>, isProbe: boolean, now: number): void {
  const close = (ms: number): void => {
    breaker.closedUntil = Math.max(breaker.closedUntil ?? 0, now + ms);
    breaker.code = verdict.code;
  };
  if (now - breaker.firstFailureAt > failureWindowMs) Object.assign(breaker, { failures: 0, firstFailureAt: now });
  breaker.failures += 1;
  if (isProbe) breaker.probe = undefined;
  if (verdict.retryAfterMs !== undefined) close(verdict.retryAfterMs);
  else if (isProbe || (breaker.closedUntil === undefined && breaker.failures >= failuresMax))
    close(closedFor((breaker.trips += 1)));
}

/**
 * A gate for this process alone.
 * @param clock milliseconds
 */
export function localGate(clock: () => number = () => performance.now()): Gate {
  const states = new Map<string, State>();
  const stateOf = (model: string): State => {
    const known = states.get(model);
    if (known !== undefined) return known;
    const state: State = { breaker: intact(), window: new Map(), under: 0 };
    states.set(model, state);
    return state;
  };

  const enter = (state: State, { rate, tokens }: Wish): Entry => {
    const now = clock();
    const { breaker } = state;
    const { closedUntil, probe, code } = breaker;
    if (closedUntil !== undefined && now < closedUntil) return wait(code, closedUntil - now);
    if (closedUntil !== undefined && probe !== undefined) return wait(code, againMs);
    if (state.under >= (rate?.concurrent ?? Number.POSITIVE_INFINITY)) return usedUp(againMs);
    const room = untilRoom(state, rate, tokens, now);
    if (room > 0) return usedUp(room);

    const me = {};
    if (closedUntil !== undefined) breaker.probe = me;
    state.under += 1;
    const at = Math.floor(now / slotMs);
    const slot = state.window.get(at) ?? { requests: 0, tokens: 0 };
    if (rate !== undefined) state.window.set(at, slot);
    slot.requests += 1;
    slot.tokens += tokens;
    let left = false;
    const answered = (): void => {
      const { probe: tries, closedUntil: closed } = state.breaker;
      if (tries === me || closed === undefined) state.breaker = intact();
    };
    return {
      ok: true,
      pass: {
        answering: answered,
        leave: async (verdict) => {
          if (left) return;
          left = true;
          state.under -= 1;
          slot.tokens += verdict.tokens - tokens;
          if (verdict.how === 'answered') answered();
          else if (verdict.how === 'failed') trouble(state.breaker, verdict, state.breaker.probe === me, clock());
          else if (state.breaker.probe === me) state.breaker.probe = undefined;
        },
      },
    };
  };
  return { enter: async (model, wish) => enter(stateOf(model), wish) };
}
