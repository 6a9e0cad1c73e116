import { type ErrorCode, errorTable, type ModelEvent, type ModelFailure, type Usage } from '@queueclaw/contracts';

export type Failed = Extract<ModelEvent, { type: 'failed' }>;

/**
 * A failure for people.
 * @param note replaces the table's sentence; it must hold no key and nothing of the request
 */
export function failure(code: ErrorCode, note?: string, retryAfterMs?: number): ModelFailure {
  const publicMessage = note ?? errorTable[code].says;
  return { code, publicMessage, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** A model that may be asked again, but not before the time that the failure tells. */
export function wantsToBeLeftAlone({ code, retryAfterMs }: ModelFailure): boolean {
  return (code === 'llm.rate_limited' || code === 'llm.overloaded') && retryAfterMs !== undefined;
}

/** The last event of a stream that failed. */
export function failed(why: ModelFailure, usage?: Usage): Failed {
  return { type: 'failed', failure: why, ...(usage === undefined ? {} : { usage }) };
}
