import { z } from 'zod';

const count = z.number().int().min(0);
const Paths = z.array(z.string().max(1_000)).max(100);
const Check = z.object({ ok: z.boolean(), detail: z.string().max(2_000).optional() });

/** What a service's process tells the process that started it, over Node's IPC channel. Parse it: the sender may be broken. */
export const ServiceReport = z.discriminatedUnion('type', [
  z.object({ type: z.literal('health'), host: z.string().max(255), port: z.number().int() }),
  z.object({ type: z.literal('ready'), ok: z.boolean(), checks: z.record(z.string().max(100), Check) }),
  z.object({ type: z.literal('reloaded'), changed: Paths, restartNeeded: Paths }),
  z.object({ type: z.literal('working'), turns: count, calls: count }),
  z.object({ type: z.literal('failed'), code: z.string().max(64), message: z.string().max(20_000) }),
]);
export type ServiceReport = z.infer<typeof ServiceReport>;

export type SupervisorLink = {
  /** Resolves when the report is on its way, at once when nobody supervises this process. Never rejects. */
  say(report: ServiceReport): Promise<void>;
};

/**
 * The link to the process that started this one, when it is listening.
 * @param onGone called once when that process has died: nobody would stop this one any more
 */
export function connectSupervisor(onGone: () => void): SupervisorLink {
  if (process.send === undefined) return { say: () => Promise.resolve() };
  process.once('disconnect', onGone);
  // Listening must not keep a finished process alive.
  process.channel?.unref();
  return {
    say: (report) =>
      new Promise((resolve) => {
        if (!process.connected || process.send === undefined) return resolve();
        process.send(report, undefined, {}, () => resolve());
      }),
  };
}
