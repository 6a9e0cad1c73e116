/**
 * What an operator may do on Bull Board. Not there, on purpose: adding a job or changing its data (that would be a forged
 * task), delays (a wake that sits in `delayed` swallows new ones), running completed tasks again (tools act once), and
 * obliterating a queue.
 */
const allowed: ReadonlySet<string> = new Set([
  'put /api/queues/pause',
  'put /api/queues/resume',
  'put /api/queues/:queueName/pause',
  'put /api/queues/:queueName/resume',
  'put /api/queues/:queueName/promote',
  'put /api/queues/:queueName/empty',
  'put /api/queues/:queueName/retry/:queueStatus',
  'put /api/queues/:queueName/clean/:queueStatus',
  'put /api/queues/:queueName/:jobId/retry',
  'put /api/queues/:queueName/:jobId/clean',
  'put /api/queues/:queueName/:jobId/promote',
]);

/** A request to Bull Board's API, by its route. */
export type BoardRequest = {
  readonly method: string;
  /** The pattern, `:queueName` and all. */
  readonly route: string;
  readonly params: Readonly<Record<string, string | undefined>>;
  /** State of the job that the request names; undefined when there is none. */
  readonly stateOfJob: () => Promise<string | undefined>;
};

/** True when an operator may do this; looking always is. */
export async function isAllowedOnBoard({ method, route, params, stateOfJob }: BoardRequest): Promise<boolean> {
  if (method === 'get') return true;
  if (!allowed.has(`${method} ${route}`)) return false;
  if (route.endsWith('/retry/:queueStatus')) return params['queueStatus'] === 'failed';
  if (route.endsWith('/:jobId/retry')) return (await stateOfJob()) !== 'completed';
  return true;
}
