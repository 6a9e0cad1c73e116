import { z } from 'zod';
import { callJson } from '../client/http-call.js';
import { consoleAddress } from '../client/server-address.js';
import { exitCode } from '../exit-code.js';
import { tell } from '../phrases/index.js';
import { columns, moment, printJson, printLines } from '../print.js';

type Json = { readonly json?: boolean };

const Rule = z.union([
  z.looseObject({ kind: z.literal('once') }),
  z.looseObject({ kind: z.literal('every'), everyMs: z.number() }),
  z.looseObject({ kind: z.literal('cron'), cron: z.string(), zone: z.string() }),
]);
const Schedule = z.looseObject({
  tenant: z.string(),
  conversation: z.string(),
  id: z.string(),
  person: z.string(),
  text: z.string(),
  rule: Rule,
  paused: z.boolean(),
  next: z.number().optional(),
});
type Schedule = z.infer<typeof Schedule>;
const Schedules = z.object({ schedules: z.array(Schedule) });
const Changed = z.object({ schedule: Schedule });

const read = async (): Promise<readonly Schedule[]> =>
  Schedules.parse(await callJson(await consoleAddress(process.env), { path: '/api/schedules' })).schedules;

/** Ids, for completion. */
export const scheduleIds = async (): Promise<string[]> => (await read()).map(({ id }) => id);

function whenText({ rule }: Schedule): string {
  if (rule.kind === 'cron') return `${rule.cron} (${rule.zone})`;
  return rule.kind === 'once' ? tell('schedules.once') : tell('schedules.every', { minutes: rule.everyMs / 60_000 });
}

const textCharsMax = 60;

/** `queueclaw schedules list`: what comes to conversations at other times, what is due next first. */
export async function listSchedulesCommand(options: Json): Promise<number> {
  const schedules = await read();
  if (options.json) printJson({ schedules });
  else if (schedules.length === 0) printLines([tell('schedules.none')]);
  else
    printLines(
      columns(
        schedules.map((one) => [
          ...[one.id, one.paused ? tell('schedules.paused') : moment(one.next ?? Number.NaN), whenText(one)],
          ...[one.conversation, one.text.replaceAll(/\s+/g, ' ').slice(0, textCharsMax)],
        ]),
      ),
    );
  return exitCode.ok;
}

/** `queueclaw schedules pause|resume|delete <id>` */
export async function changeScheduleCommand(
  action: 'pause' | 'resume' | 'delete',
  id: string,
  options: Json,
): Promise<number> {
  const path = `/api/schedules/${action}?${new URLSearchParams({ id }).toString()}`;
  const call = { path, method: 'POST', body: {} } as const;
  const { schedule } = Changed.parse(await callJson(await consoleAddress(process.env), call));
  if (options.json) printJson({ schedule });
  else printLines([tell(`schedules.${action}d_now`, { id: schedule.id })]);
  return exitCode.ok;
}
