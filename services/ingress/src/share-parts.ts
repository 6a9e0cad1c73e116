import type { Connection } from '@queueclaw/channels';
import { channelNotes, holdAlone, type Shards, writeParts } from '@queueclaw/mailbox';
import { counter, type Logger, newId } from '@queueclaw/runtime';
import { hostname } from 'node:os';

export type SharedParts = {
  readonly shards: Shards;
  /** `<channel>/<account>`. */
  readonly name: string;
  readonly parts: readonly string[] | undefined;
  readonly trouble: () => string | undefined;
  readonly logger: Logger;
  readonly onError: (error: unknown) => void;
};

const leasesTotal = counter('queueclaw_channel_leases_total', 'Connections that this process began to listen to', [
  'channel',
]);

const partsMax = 256;
const stepMsMax = 300;
/** Of all steps together: fail-over has to be quick. */
const stepsMs = 1_500;

/**
 * Listens to the parts of an account, each under a lease of its own: who holds more leaves the next one to others for longer, and
 * not everybody begins with the same, so replicas that start together share them. Returns what ends it.
 * @throws RangeError for more parts than a fleet keeps leases of
 */
export function shareParts(
  { shards, name, parts = [], trouble, logger, onError }: SharedParts,
  work: NonNullable<Connection['listen']>,
): () => Promise<void> {
  if (parts.length > partsMax) throw new RangeError(`more than ${partsMax} parts`);
  const who = `${hostname()}/${process.pid}`;
  const say = (held: string): void => {
    leasesTotal.inc({ channel: name.split('/')[0] ?? name });
    logger.info({ held }, `this process listens to ${held}`);
  };
  const base = { shards, who, trouble, onError };
  writeParts(shards, name, parts).catch(onError);
  if (parts.length === 0) {
    const alone = holdAlone({ ...base, name, token: newId() }, async (signal) => {
      say(name);
      await work(signal);
    });
    return () => alone.stop();
  }
  const stepMs = Math.min(stepMsMax, stepsMs / parts.length);
  const first = Math.floor(Math.random() * parts.length);
  let held = 0;
  const holders = parts.map((part, at) => {
    const place = (at + first) % parts.length;
    const lease = { ...base, name: `${name}/${part}`, token: newId(), hesitateMs: () => (place + held) * stepMs };
    return holdAlone(lease, async (signal) => {
      held += 1;
      say(lease.name);
      await work(signal, { name: part, notes: channelNotes(shards, lease.name) }).finally(() => (held -= 1));
    });
  });
  return async () => void (await Promise.all(holders.map((holder) => holder.stop())));
}
