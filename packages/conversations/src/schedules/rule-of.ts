import type { ScheduleRule } from '@queueclaw/contracts';
import { CronExpressionParser } from 'cron-parser';
import { knownZone, momentOf } from './moment-of.js';

/** When somebody wishes to be reminded: one of `at`, `after`, `every`, `cron`. */
export type WishedTime = {
  readonly at?: string | undefined;
  readonly after?: string | undefined;
  readonly every?: string | undefined;
  readonly cron?: string | undefined;
  readonly zone?: string | undefined;
};

export type RuleBounds = {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Wishes for a time zone, the strongest first; the first that exists counts, else UTC. */
  readonly zones: readonly (string | undefined)[];
  readonly intervalMsMin: number;
  /** Nothing is due later than this from now. */
  readonly horizonMs: number;
};

/** `zone`: by which its times are told. */
export type RuleRead =
  | { readonly ok: true; readonly rule: ScheduleRule; readonly zone: string; readonly next: number }
  /** A sentence for the model. */
  | { readonly ok: false; readonly problem: string };

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const durationMsMax = 10 * 366 * 86_400_000;

function durationOf(text: string): number | undefined {
  const all = text.trim().matchAll(/(\d{1,9})\s*([smhdw])\s*/gy);
  let [ms, length] = [0, 0];
  for (const [whole, count, unit = ''] of all) {
    ms += Number(count) * (units[unit] ?? 0);
    length += whole.length;
  }
  return ms > 0 && ms <= durationMsMax && length === text.trim().length ? ms : undefined;
}

/** How many times of a cron expression are looked at for its smallest interval. */
const looksMax = 64;

/** When a cron expression is due next; undefined: never. @throws Error it cannot be read */
export function nextByCron(cron: string, zone: string, after: number): number | undefined {
  const times = CronExpressionParser.parse(cron, { tz: zone, currentDate: new Date(after) });
  return times.hasNext() ? times.next().getTime() : undefined;
}

function cronRule(cron: string, zone: string, { now, intervalMsMin, horizonMs }: RuleBounds): RuleRead {
  if (cron.trim().split(/\s+/).length !== 5)
    return { ok: false, problem: 'cron has five fields: minute, hour, day of month, month, day of week.' };
  const trimmed = cron.trim().replaceAll(/\s+/g, ' ');
  try {
    const times = CronExpressionParser.parse(trimmed, { tz: zone, currentDate: new Date(now) });
    const first = times.next().getTime();
    if (first > now + horizonMs) return tooFar(horizonMs);
    for (let before = first, looks = 0; looks < looksMax && before < now + horizonMs; looks += 1) {
      const next = times.next().getTime();
      if (next - before < intervalMsMin) return tooOften(intervalMsMin);
      before = next;
    }
    return { ok: true, rule: { kind: 'cron', cron: trimmed, zone }, zone, next: first };
  } catch {
    return { ok: false, problem: `${JSON.stringify(trimmed.slice(0, 100))} is no cron expression.` };
  }
}

const spell = (ms: number): string => {
  const [unit, size] = Object.entries(units).findLast(([, one]) => ms >= one && ms % one === 0) ?? ['s', 1_000];
  return `${Math.round(ms / size)}${unit}`;
};
const tooOften = (ms: number): RuleRead => ({ ok: false, problem: `Not more often than every ${spell(ms)}.` });
const tooFar = (ms: number): RuleRead => ({ ok: false, problem: `Not further ahead than ${spell(ms)}.` });
const unread = (name: string, example: string): RuleRead => ({
  ok: false,
  problem: `${name} is written like ${example}.`,
});

/** Reads when something is wished for, within bounds. Never throws. */
export function ruleOf(wish: WishedTime, bounds: RuleBounds): RuleRead {
  const { now, zones, intervalMsMin, horizonMs } = bounds;
  const { at, after, every, cron } = wish;
  if ([at, after, every, cron].filter((one) => one !== undefined).length !== 1)
    return { ok: false, problem: 'Give exactly one of at, after, every, cron.' };
  if (wish.zone !== undefined && knownZone(wish.zone) === undefined)
    return { ok: false, problem: `There is no time zone ${JSON.stringify(wish.zone.slice(0, 64))}.` };
  const zone = [wish.zone, ...zones].map(knownZone).find((one) => one !== undefined) ?? 'UTC';
  if (cron !== undefined) return cronRule(cron, zone, bounds);
  if (every !== undefined) {
    const everyMs = durationOf(every);
    if (everyMs === undefined) return unread('every', '30m, 2h, 1d or 1h30m');
    if (everyMs < intervalMsMin) return tooOften(intervalMsMin);
    if (everyMs > horizonMs) return tooFar(horizonMs);
    return { ok: true, rule: { kind: 'every', everyMs }, zone, next: now + everyMs };
  }
  const waitMs = after === undefined ? undefined : durationOf(after);
  if (after !== undefined && waitMs === undefined) return unread('after', '30m, 2h, 1d or 1h30m');
  const due = waitMs === undefined ? momentOf(at ?? '', zone) : now + waitMs;
  if (due === undefined) return unread('at', '2026-11-24T09:00');
  if (due <= now) return { ok: false, problem: 'That time has passed.' };
  if (due > now + horizonMs) return tooFar(horizonMs);
  return { ok: true, rule: { kind: 'once', at: due }, zone, next: due };
}

/** What a rule says, in a few words that people of every language can read. */
export function ruleText(rule: ScheduleRule, zone: string): string {
  if (rule.kind === 'every') return `every ${spell(rule.everyMs)}`;
  if (rule.kind === 'cron') return `cron ${rule.cron} (${rule.zone})`;
  return `at ${timeText(rule.at, zone)}`;
}

/** `2026-11-24 09:00 (Asia/Shanghai)` */
export function timeText(at: number, zone: string): string {
  const timeZone = knownZone(zone) ?? 'UTC';
  const format = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone });
  return `${format.format(at)} (${timeZone})`;
}
