import { type ErrorCode, errorTable, type ModelFailure } from '@queueclaw/contracts';
import { failure } from './failure.js';
import { retryAfterMs } from './retry-after.js';

const codeOfStatus = (status: number): ErrorCode => {
  if (status === 401 || status === 403) return 'llm.auth';
  if (status === 429) return 'llm.rate_limited';
  if (status === 503 || status === 529) return 'llm.overloaded';
  if (status === 408 || status === 504) return 'llm.timeout';
  if (status === 413) return 'llm.context';
  return status >= 500 ? 'llm.unavailable' : 'llm.refused';
};

const says = (code: ErrorCode, detail: string): string => errorTable[code].says.replace(/\.$/, ` (${detail}).`);

/** Vendors' own words for a failure; only what cannot be a key or part of the request. */
const known = (words: readonly unknown[]): string =>
  [...new Set(words)]
    .map((word) => (typeof word === 'string' && /^[a-z]+(_[a-z]+)+$/.test(word) ? `, ${word}` : ''))
    .join('')
    .slice(0, 120);

const noteOf = (code: ErrorCode, status: number, words: string): string => {
  if (status === 404) return 'The model, or its address, is not known there (HTTP 404).';
  if (status === 402) return 'The account of the model has no credit left (HTTP 402).';
  if (status >= 300 && status < 400) return `The model's address redirects elsewhere (HTTP ${status}).`;
  return says(code, `HTTP ${status}${words}`);
};

/**
 * What an answer with this status means, with the wait it asks for.
 * @param code what the vendor's body says beyond the status
 * @param words identifiers of the vendor's body that tell an operator more; others than `snake_case` are left out
 */
export function statusFailure(
  status: number,
  headers: Pick<Headers, 'get'> | undefined,
  code: ErrorCode = codeOfStatus(status),
  words: readonly unknown[] = [],
): ModelFailure {
  const wait = code === 'llm.refused' || code === 'llm.auth' ? undefined : retryAfterMs(headers);
  return failure(code, noteOf(code, status, known(words)), wait);
}

const networkCode = (thrown: unknown): string | undefined => {
  // An `AggregateError` of several addresses and undici's "fetch failed" keep the reason in their causes.
  for (let error = thrown, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth += 1) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    if (code !== undefined && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) return code;
    if (error.message === 'terminated') return 'terminated';
  }
  return undefined;
};

/**
 * What an exception of a fetch, or of reading its body, means.
 * @param answered the vendor had already answered with headers: a cut, not an absence
 */
export function networkFailure(thrown: unknown, answered: boolean): ModelFailure {
  const code = networkCode(thrown);
  if (code !== undefined && /TIMEOUT|TIMEDOUT/.test(code)) return failure('llm.timeout', says('llm.timeout', code));
  if (answered) return failure('llm.interrupted');
  return failure('llm.unavailable', code === undefined ? undefined : says('llm.unavailable', code));
}

/** True for an exception that the network made, as opposed to what was sent over it. */
export function isNetworkError(thrown: unknown): boolean {
  return networkCode(thrown) !== undefined;
}
