import { nextAt, type Schedules } from '@queueclaw/conversations';
import { refusalOf } from './phrases/index.js';

/** A schedule as operators see it. */
export type ScheduleRow = {
  readonly tenant: string;
  readonly conversation: string;
  readonly id: string;
  readonly person: string;
  readonly text: string;
  readonly rule: Kept['rule'];
  readonly paused: boolean;
  /** When it is due next and was due last, milliseconds since the epoch. */
  readonly next?: number;
  readonly last?: number;
};

type Kept = Awaited<ReturnType<Schedules['of']>>[number];
export const scheduleActions = ['pause', 'resume', 'delete'] as const;
export type ScheduleAction = (typeof scheduleActions)[number];

/** The schedules of several tenants. */
export type ScheduleDesk = {
  /** Those that are due next first; at most so many. */
  list(): Promise<readonly ScheduleRow[]>;
  /** @throws AppError request.invalid: there is none of this id */
  act(action: ScheduleAction, id: string): Promise<ScheduleRow>;
};

const shownMax = 1_000;

function rowOf(schedule: Kept, now: number): ScheduleRow {
  const { tenant, conversation, id, from, route, text, rule, paused, lastAt } = schedule;
  const next = nextAt(schedule, now);
  return {
    ...{ tenant, conversation, id, person: `${route.channel}/${from.id}`, text, rule, paused },
    ...(next === undefined ? {} : { next }),
    ...(lastAt === undefined ? {} : { last: lastAt }),
  };
}

/** @param tenants that the configuration names */
export function openScheduleDesk(schedules: Schedules, tenants: readonly string[], now: () => number): ScheduleDesk {
  return {
    list: async () => {
      const rows: ScheduleRow[] = [];
      for (const tenant of tenants)
        for await (const schedule of schedules.list(tenant)) {
          if (rows.length >= shownMax) break;
          rows.push(rowOf(schedule, now()));
        }
      return rows.toSorted((a, b) => (a.next ?? Infinity) - (b.next ?? Infinity) || a.id.localeCompare(b.id));
    },
    act: async (action, id) => {
      for (const tenant of tenants)
        for await (const schedule of schedules.list(tenant))
          if (schedule.id === id && (await schedules[action](schedule, id)))
            return rowOf((await schedules.find(schedule, id)) ?? schedule, now());
      throw refusalOf('request.invalid', 'wrong.schedule');
    },
  };
}
