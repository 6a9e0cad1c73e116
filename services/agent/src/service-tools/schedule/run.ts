import type { Schedule, ToolOutcome } from '@queueclaw/contracts';
import { nextAt, ruleOf, ruleText, type Schedules, timeText } from '@queueclaw/conversations';
import type { Config } from '@queueclaw/runtime';
import type { ScheduleArgs } from '@queueclaw/tools';
import type { ServiceCall, ServiceRun } from '../contract.js';

type Told = Omit<ToolOutcome, 'ms'>;
type Kept = Awaited<ReturnType<Schedules['of']>>[number];

const wrong = (text: string): Told => ({ ok: false, code: 'tool.arguments', text });
const said = (text: string): Told => ({ ok: true, text });
const shownCharsMax = 200;

const zoneOf = ({ rule, timezone }: Schedule): string => (rule.kind === 'cron' ? rule.zone : (timezone ?? 'UTC'));

function line(schedule: Kept, now: number): string {
  const { id, rule, text, paused } = schedule;
  const next = nextAt(schedule, now);
  const when = paused ? 'paused' : next === undefined ? 'over' : `next ${timeText(next, zoneOf(schedule))}`;
  return `${id}: ${ruleText(rule, zoneOf(schedule))}, ${when}: ${text.slice(0, shownCharsMax)}`;
}

async function create(
  schedules: Schedules,
  { per_person: personMax, min_interval: intervalMsMin, horizon: horizonMs }: Config['schedules'],
  { text, ...wish }: ScheduleArgs,
  { address, name, asker, zones, askedAt, now }: ServiceCall,
): Promise<Told> {
  if (text === undefined) return wrong('text is missing.');
  // Else one of them could beget others for ever.
  if (asker.schedule !== undefined)
    return { ok: false, code: 'tool.not_allowed', text: 'A turn that a schedule began can make no schedules.' };
  const there = await schedules.find(address, name);
  const read = there ?? ruleOf(wish, { now: askedAt, zones, intervalMsMin, horizonMs });
  if ('ok' in read && !read.ok) return wrong(read.problem);
  const { from, route, group, language } = asker;
  const fresh = (): Schedule | undefined =>
    'ok' in read && read.ok
      ? {
          ...{ v: 1, id: name, text, rule: read.rule, from, route, timezone: read.zone, at: askedAt },
          ...(group === undefined ? {} : { group }),
          ...(language === undefined ? {} : { language }),
          endsAt: read.rule.kind === 'once' ? read.rule.at : askedAt + horizonMs,
        }
      : undefined;
  const schedule = there ?? fresh();
  if (schedule === undefined) return wrong('Give exactly one of at, after, every, cron.');
  if ((await schedules.add(address, schedule, personMax)) === 'full')
    return {
      ok: false,
      code: 'tool.not_allowed',
      text: `There are ${personMax} schedules already; delete one first.`,
    };
  const kept = await schedules.find(address, name);
  return kept === undefined ? said('It has just been due.') : said(line(kept, now));
}

/** Makes, lists, pauses, resumes and deletes the schedules of the conversation that asks. */
export function scheduleTool(schedules: Schedules, settings: () => Config['schedules']): ServiceRun<ScheduleArgs> {
  return async (args, call) => {
    const { address, now } = call;
    if (args.action === 'create') return create(schedules, settings(), args, call);
    if (args.action === 'list') {
      const all = await schedules.of(address);
      return said(all.length === 0 ? 'There are none.' : all.map((one) => line(one, now)).join('\n'));
    }
    if (args.id === undefined) return wrong('id is missing; list tells it.');
    const there = await schedules[args.action](address, args.id);
    if (!there) return wrong(`There is no schedule ${JSON.stringify(args.id)} in this conversation.`);
    const kept = await schedules.find(address, args.id);
    return said(kept === undefined ? `${args.id} is deleted.` : line(kept, now));
  };
}
