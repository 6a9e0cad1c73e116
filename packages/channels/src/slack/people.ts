import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

/** What Slack's events do not say of a person. */
export type SlackPerson = { readonly name?: string; readonly language?: string };

const Info = z.looseObject({
  user: z.looseObject({
    name: z.string().default(''),
    locale: z.string().max(35).optional(),
    profile: z.looseObject({ display_name: z.string().default(''), real_name: z.string().default('') }).prefault({}),
  }),
});

const keptMs = 3_600_000;
const notKnownMs = 600_000;
const peopleMax = 5_000;
/** Slack waits 3 s for the answer to its call. */
const patienceMs = 1_000;

function personIn(answer: unknown): SlackPerson {
  const info = Info.safeParse(answer);
  if (!info.success) return {};
  const { name, locale, profile } = info.data.user;
  const called = profile.display_name || profile.real_name || name;
  return { ...(called === '' ? {} : { name: called }), ...(locale === undefined ? {} : { language: locale }) };
}

/**
 * Remembers for an hour who somebody is. Never rejects: nothing is known of whom Slack does not tell within a second, or may not
 * tell this app.
 */
export function slackPeople(ask: (user: string) => Promise<unknown>): (user: string) => Promise<SlackPerson> {
  const known = new Map<string, { until: number; readonly person: Promise<SlackPerson> }>();
  const look = (user: string): Promise<SlackPerson> => {
    const entry = {
      until: Date.now() + keptMs,
      person: ask(user).then(personIn, () => {
        entry.until = Date.now() + notKnownMs;
        return {};
      }),
    };
    if (known.size >= peopleMax) known.clear();
    known.set(user, entry);
    return entry.person;
  };
  return async (user) => {
    const entry = known.get(user);
    const person = entry !== undefined && entry.until > Date.now() ? entry.person : look(user);
    return Promise.race([person, pause<SlackPerson>(patienceMs, {}, { ref: false })]);
  };
}
