import type { ModelRate } from '@queueclaw/runtime';

/** What one request wants of a model. */
export type Wish = {
  readonly rate: ModelRate | undefined;
  /** The most tokens it can cost, in and out. */
  readonly tokens: number;
};

/**
 * How a request ended: `answered` also when the vendor refused what was asked, since it works; `failed` when it is in
 * trouble; `unknown` when we broke off.
 */
export type Verdict =
  | { readonly how: 'answered' | 'unknown'; readonly tokens: number }
  | {
      readonly how: 'failed';
      readonly tokens: number;
      readonly code: TroubleCode;
      /** What the vendor asked for, in milliseconds. */
      readonly retryAfterMs: number | undefined;
    };

export type TroubleCode = 'llm.rate_limited' | 'llm.overloaded';

/** A permitted request. Left twice it was left once; what a process held that died is free after `leaseMs`. */
export type Pass = {
  /** The vendor has begun to answer. */
  answering(): void;
  /** Resolves when the others know; never rejects. */
  leave(verdict: Verdict): Promise<void>;
};

export type Entry =
  | { readonly ok: true; readonly pass: Pass }
  /** `trouble`: the vendor's; `rate`: what the configuration allows is used up. */
  | {
      readonly ok: false;
      readonly why: 'trouble' | 'rate';
      readonly code: TroubleCode;
      readonly retryAfterMs: number;
    };

/**
 * Who may ask a model now. It is closed while the vendor wants to be left alone, after that open for one request that tries,
 * and open again when that one is answered; and it counts requests and tokens of any 60 seconds, and requests under way.
 */
export type Gate = {
  /** Asks once, without waiting; never rejects. */
  enter(model: string, wish: Wish): Promise<Entry>;
};

/** Failures in a row, without an answer in between and within the window, after which a model is left alone. */
export const failuresMax = 5;
export const failureWindowMs = 30_000;
/** For how long, when the vendor does not say: doubled each time that the request that tries fails. */
export const closedMs = 5_000;
export const closedMsMax = 120_000;
/** How long a request under way is believed in without a sign of life. */
export const leaseMs = 15_000;
/** When to ask again while another request tries, or all places are taken. */
export const againMs = 500;
/** The width of a slot of the window, and how many of them cover 60 seconds wherever they begin. */
export const slotMs = 1_000;
export const slots = 61;

/** For how long a model is left alone after its `trips`th trouble in a row. */
export function closedFor(trips: number): number {
  return Math.min(closedMs * 2 ** Math.min(trips - 1, 10), closedMsMax);
}
