import type { KeepJobs } from 'bullmq';
import type { z } from 'zod';

/** A queue of the system: its name, what its jobs carry, and how it treats workers that die. */
export type QueueDefinition<T> = {
  readonly name: string;
  /** Parsed on dequeue, since Redis is outside input. */
  readonly schema: z.ZodType<T>;
  /** Finished jobs that stay to be looked at. */
  readonly keepCompleted: KeepJobs;
  readonly keepFailed: KeepJobs;
  /** A worker that has not renewed for this long has lost its jobs, milliseconds. */
  readonly lockMs: number;
  /** How often lost jobs are looked for, milliseconds. */
  readonly stalledCheckMs: number;
  /** How often a job may lose its worker before it counts as failed. */
  readonly stalledMax: number;
};

/** Declares a queue; only catalogue.ts does. */
export function defineQueue<T>(definition: QueueDefinition<T>): QueueDefinition<T> {
  return definition;
}
