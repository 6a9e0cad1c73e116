import {
  type ErrorCode,
  errorTable,
  isErrorCode,
  type ModelCall,
  type ModelEvent,
  type ModelFailure,
  type ModelOutcome,
  toAppError,
  Usage,
} from '@queueclaw/contracts';

/** An answer beyond these bounds is nonsense. */
export const answerCharsMax = 1_000_000;
const answerCallsMax = 1_000;
const restartsMax = 100;

type End = Extract<ModelEvent, { type: 'done' | 'failed' }>;

const failure = (code: ErrorCode): ModelFailure => ({ code, publicMessage: errorTable[code].says });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isText = (value: unknown): value is string => typeof value === 'string';

function isCall(call: unknown): call is ModelCall {
  return isObject(call) && isText(call['id']) && isText(call['name']);
}

/** The event when it keeps to its type; a provider's mapping of what a vendor sent is not taken on trust. */
function checked(event: unknown): ModelEvent | undefined {
  if (!isObject(event)) return undefined;
  const { type, text, call, reason, model, usage, failure: failed } = event;
  if (type === 'restart') return { type };
  if (type === 'text') return isText(text) ? { type, text } : undefined;
  if (type === 'call')
    return isCall(call) ? { type, call: { id: call.id, name: call.name, args: call.args } } : undefined;
  const counted = Usage.safeParse(usage);
  if (type === 'done') {
    const known = reason === 'stop' || reason === 'calls' || reason === 'length';
    return known && isText(model) && counted.success ? { type, reason, model, usage: counted.data } : undefined;
  }
  if (type !== 'failed' || !isObject(failed)) return undefined;
  const { code, publicMessage, retryAfterMs } = failed;
  if (!isText(code) || !isErrorCode(code) || !isText(publicMessage)) return undefined;
  return {
    type,
    failure: { code, publicMessage, ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}) },
    ...(counted.success ? { usage: counted.data } : {}),
  };
}

const tell = (listener: () => void): void => {
  try {
    listener();
  } catch {
    // The answer counts, not who watches it.
  }
};

/**
 * Folds a model's stream into one value and hands each piece of text to `onText` as it comes. Never rejects: a stream that
 * ends without its last event, or throws, failed with `llm.interrupted` (or the thrown error's own `llm.*` code); one that
 * breaks its contract (wrong types, events after the last, beyond the bounds) with `llm.nonsense`. At `restart` what was
 * said so far is void, which `onRestart` is told. Errors of `onText` and `onRestart` are ignored, since live text is
 * provisional.
 */
export async function collectOutcome(
  events: AsyncIterable<ModelEvent>,
  onText: (text: string) => void,
  onRestart: () => void = () => undefined,
): Promise<ModelOutcome> {
  let calls: ModelCall[] = [];
  let text = '';
  let restarts = 0;
  let end: End | undefined;
  const failed = (why: ModelFailure): ModelOutcome => {
    const usage = end?.usage;
    return { ok: false, text, failure: why, ...(usage === undefined ? {} : { usage }) };
  };
  try {
    for await (const received of events) {
      const event = checked(received);
      if (event === undefined || end !== undefined) return failed(failure('llm.nonsense'));
      if (event.type === 'text') {
        text += event.text;
        tell(() => onText(event.text));
      } else if (event.type === 'call') calls.push(event.call);
      else if (event.type === 'restart') {
        restarts += 1;
        text = '';
        calls = [];
        tell(onRestart);
      } else end = event;
      if (text.length > answerCharsMax || calls.length > answerCallsMax || restarts > restartsMax)
        return failed(failure('llm.nonsense'));
    }
  } catch (thrown) {
    const { code, publicMessage, retryAfterMs } = toAppError(thrown, 'llm.interrupted');
    return failed(code.startsWith('llm.') ? { code, publicMessage, retryAfterMs } : failure('llm.interrupted'));
  }
  if (end === undefined) return failed(failure('llm.interrupted'));
  if (end.type === 'failed') return failed(end.failure);
  return { ok: true, text, calls, reason: end.reason, usage: end.usage, model: end.model };
}
