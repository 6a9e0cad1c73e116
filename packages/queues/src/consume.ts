import { type AppError, toAppError } from '@queueclaw/contracts';
import { counter, histogram, type Logger, redact } from '@queueclaw/runtime';
import { type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { dueAtOf } from './clock.js';
import type { QueueDefinition } from './define.js';

/** What stays with a finished job to be looked at: counts, ids and times. Never text. */
export type Summary = Readonly<Record<string, string | number | boolean>>;

/** What a handler may do with the job it runs, besides its payload. */
export type JobHandle<T> = {
  readonly id: string;
  /** Milliseconds since the epoch when the job was added. */
  readonly addedAt: number;
  /** When it was to start: the same however often it is tried. */
  readonly dueAt: number;
  /** Adds a line to the job's log; lines are kept until the end and written in one go. No text of people, no secret. */
  log(line: string): void;
  /** Replaces the payload; a worker that takes over after a crash finds this one. */
  update(payload: T): Promise<void>;
};

export type ConsumeOptions<T> = {
  /** The shard's tag. */
  readonly prefix: string;
  /** Opens a connection of the `blocking` role; the consumer closes what it opens. */
  readonly connect: () => Redis;
  /** Jobs at once in this process. */
  readonly concurrency: number;
  readonly logger: Logger;
  /** `signal` aborts when the consumer stops and its grace period is over, or the job was lost. */
  readonly handle: (payload: T, job: JobHandle<T>, signal: AbortSignal) => Promise<Summary>;
};

export type Consumer = {
  start(): Promise<void>;
  /** How many jobs at once from now on, at least one; those that run go on. */
  allow(concurrency: number): void;
  /** Takes no more jobs and waits up to `graceMs` milliseconds for those it has; then aborts and leaves them to others. */
  stop(graceMs: number): Promise<void>;
};

const waitSeconds = histogram('queueclaw_job_wait_seconds', 'From add to start of a job', ['queue']);
const runSeconds = histogram('queueclaw_job_run_seconds', 'Run time of a job', ['queue']);
const endedTotal = counter('queueclaw_jobs_total', 'Jobs ended, by outcome', ['queue', 'outcome']);

/** Serves a queue in this process. The one place that makes Workers. */
export function consume<T>(definition: QueueDefinition<T>, options: ConsumeOptions<T>): Consumer {
  const { logger } = options;
  const stopping = new AbortController();
  const connection = options.connect();

  const worker = new Worker<unknown, Summary>(
    definition.name,
    (job, _token, signal) =>
      run(definition, options, job, AbortSignal.any([stopping.signal, ...(signal ? [signal] : [])])),
    {
      connection,
      prefix: options.prefix,
      autorun: false,
      concurrency: options.concurrency,
      lockDuration: definition.lockMs,
      stalledInterval: definition.stalledCheckMs,
      maxStalledCount: definition.stalledMax,
      skipVersionCheck: true,
    },
  );
  let trouble = '';
  worker.on('error', (error) => {
    const reason = redact(error.message);
    // That Redis is away is said by the guard of the process; and nothing is said twice in a row.
    const level = reason === trouble || isConnectionTrouble(error) ? 'debug' : 'warn';
    trouble = reason;
    logger[level]({ queue: definition.name, reason }, 'queue trouble');
  });
  worker.on('ready', () => void (trouble = ''));
  worker.on('stalled', (id) => {
    endedTotal.inc({ queue: definition.name, outcome: 'stalled' });
    logger.warn({ queue: definition.name, job: id }, 'a job lost its worker; another takes it over');
  });

  return {
    async start() {
      void worker.run().catch((error: unknown) => logger.error({ reason: String(error) }, 'consumer ended'));
      await worker.waitUntilReady();
    },
    allow: (concurrency) => void (worker.concurrency = concurrency),
    async stop(graceMs) {
      const closed = worker.close();
      if (await overdue(closed, graceMs)) {
        stopping.abort();
        await overdue(closed, 1_000);
      }
      connection.disconnect();
    },
  };
}

/** True for what the operating system says about a connection, as ECONNREFUSED. */
const isConnectionTrouble = (error: Error): boolean => 'syscall' in error;

/** True when the work has not ended after `ms` milliseconds. */
async function overdue(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<true>((resolve) => {
    timer = setTimeout(() => resolve(true), ms);
  });
  try {
    return await Promise.race([work.then(() => false), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function run<T>(
  definition: QueueDefinition<T>,
  options: ConsumeOptions<T>,
  job: Job<unknown, Summary>,
  signal: AbortSignal,
): Promise<Summary> {
  const startedAt = Date.now();
  const queue = definition.name;
  waitSeconds.observe({ queue }, Math.max(0, startedAt - job.timestamp) / 1000);
  const parsed = definition.schema.safeParse(job.data);
  if (!parsed.success) {
    endedTotal.inc({ queue, outcome: 'invalid' });
    options.logger.error({ queue, job: job.id }, 'a job does not fit its schema and was put aside');
    throw new Error('request.invalid: the job does not fit its schema');
  }
  const lines: string[] = [];
  const handle: JobHandle<T> = {
    id: job.id ?? '',
    addedAt: job.timestamp,
    dueAt: dueAtOf(job),
    log: (line) => void lines.push(`${new Date().toISOString()} ${line}`),
    update: (payload) => job.updateData(payload),
  };
  try {
    const summary = await options.handle(parsed.data, handle, signal);
    endedTotal.inc({ queue, outcome: 'done' });
    return summary;
  } catch (thrown) {
    const error = toAppError(thrown);
    endedTotal.inc({ queue, outcome: error.code });
    options.logger.error({ queue, job: job.id, code: error.code, reason: describe(error) }, 'a job failed');
    throw new Error(`${error.code}: ${error.publicMessage}`);
  } finally {
    runSeconds.observe({ queue }, (Date.now() - startedAt) / 1000);
    if (lines.length > 0) await job.log(lines.join('\n')).catch(() => undefined);
  }
}

const describe = (error: AppError): string =>
  redact(error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : error.message);
