import type { PersonMail, Schedule } from '@queueclaw/contracts';
import { ruleText, timeText } from './rule-of.js';

/** The id of what comes when a schedule is due: accepted once, however many say that it is due. */
export const scheduledMailId = (id: string, dueAt: number): string => `s.${id}.${dueAt}`;

/**
 * What comes to a conversation when a schedule is due. It counts as its person's, its answer goes where they asked from, and it
 * says what it is; the same for the same moment, whenever it is made but for `at`.
 */
export function scheduledMail(schedule: Schedule, dueAt: number, now: number): PersonMail {
  const { id, text, rule, from, route, group, language, timezone } = schedule;
  const zone = rule.kind === 'cron' ? rule.zone : (timezone ?? 'UTC');
  return {
    ...{ v: 1, kind: 'person', id: scheduledMailId(id, dueAt), from, route, at: now, schedule: id },
    text: `[schedule ${id}, ${ruleText(rule, zone)}, due ${timeText(dueAt, zone)}]\n${text}`,
    ...(group === undefined ? {} : { group }),
    ...(language === undefined ? {} : { language }),
    ...(timezone === undefined ? {} : { timezone }),
  };
}
