import type { Promised } from './contract-suite.js';
import type { WebhookRequest } from './contract.js';

/** A webhook under test: a platform that calls it, and somebody in between. */
export type WebhookSubject = {
  /**
   * Has the platform say something new, signed `ageSeconds` ago, and changes the call on its way.
   * @returns the answer's status, what was said, and what was received of it
   */
  call(
    change: (request: WebhookRequest) => WebhookRequest,
    ageSeconds: number,
  ): Promise<{ readonly status: number; readonly said: string; readonly received: readonly string[] }>;
  /** How old a call may be, where the platform signs a time. */
  readonly ageSecondsMax?: number;
  /** The platform says a secret with its calls and does not sign what they bring. */
  readonly unsigned?: true;
};

type Parts = WebhookRequest['headers'];
type Call = Awaited<ReturnType<WebhookSubject['call']>>;

const unchanged = (request: WebhookRequest): WebhookRequest => request;
const isSignature = (name: string): boolean => /signature|secret-token/.test(name);
const isTime = (name: string): boolean => /timestamp/.test(name);
const turnsOfBody = 32;

const fail = (sentence: string): never => {
  throw new Error(sentence);
};
const isTaken = ({ status }: Call): boolean => status >= 200 && status < 300;

/** One bit of one character, at a place between 0 and 1. */
function turned(text: string, place: number): string {
  const at = Math.min(Math.floor(place * text.length), text.length - 1);
  return `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ 1)}${text.slice(at + 1)}`;
}

const eachOf = (parts: Parts, which: (name: string) => boolean, make: (text: string) => string | undefined): Parts =>
  Object.fromEntries(
    Object.entries(parts).map(([name, text]) => [name, text !== undefined && which(name) ? make(text) : text]),
  );
const inBoth =
  (which: (name: string) => boolean, make: (text: string) => string | undefined) =>
  (request: WebhookRequest): WebhookRequest => ({
    ...request,
    headers: eachOf(request.headers, which, make),
    query: eachOf(request.query, which, make),
  });
const withBitTurned =
  (place: number) =>
  (request: WebhookRequest): WebhookRequest => {
    const body = Uint8Array.from(request.body);
    const at = Math.floor(place * body.length);
    body[at] = (body[at] ?? 0) ^ 1;
    return { ...request, body };
  };

/** The promises of every webhook whose platform signs its calls, for tests to hold a channel to them. */
export function webhookPromises(subject: WebhookSubject): readonly Promised[] {
  const { ageSecondsMax, unsigned = false } = subject;
  const refuses = async (change: (request: WebhookRequest) => WebhookRequest, ageSeconds = 0): Promise<void> => {
    const call = await subject.call(change, ageSeconds);
    if (isTaken(call) || call.received.length > 0) fail(`answered ${call.status}, received ${call.received.length}`);
  };
  const everyPlace = async (count: number, check: (place: number) => Promise<void>): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) await check((turn + 0.5) / count);
  };
  return [
    {
      says: 'takes a call as the platform signed it',
      check: async () => {
        const call = await subject.call(unchanged, 0);
        if (!isTaken(call) || call.received.join() !== call.said) fail(`answered ${call.status}`);
      },
    },
    {
      says: 'refuses a call with a bit of its signature turned, or without one',
      check: async () => {
        await everyPlace(20, (place) => refuses(inBoth(isSignature, (text) => turned(text, place))));
        await refuses(inBoth(isSignature, () => ''));
        await refuses(inBoth(isSignature, () => undefined));
      },
    },
    ...(unsigned
      ? []
      : [
          {
            says: 'believes nothing that was changed on its way',
            check: () =>
              everyPlace(turnsOfBody, async (place) => {
                const call = await subject.call(withBitTurned(place), 0);
                // What is around an encrypted text is not signed, and says nothing.
                if (call.received.some((text) => text !== call.said)) fail(`believed a change at ${place}`);
                if (isTaken(call) && call.received.length === 0) fail(`a call was lost by a change at ${place}`);
              }),
          },
        ]),
    {
      says: 'refuses what comes by another method',
      check: () => refuses((request) => ({ ...request, method: 'PUT' })),
    },
    ...(ageSecondsMax === undefined
      ? []
      : [
          {
            says: 'refuses a call whose time was changed, or lies outside the window',
            check: async () => {
              await everyPlace(10, (place) => refuses(inBoth(isTime, (text) => turned(text, place))));
              await refuses(inBoth(isTime, () => undefined));
              await refuses(unchanged, ageSecondsMax + 2);
              await refuses(unchanged, -ageSecondsMax - 2);
            },
          },
        ]),
  ];
}
