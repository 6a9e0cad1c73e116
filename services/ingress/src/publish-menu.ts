import { createHash } from 'node:crypto';
import type { Connection } from '@queueclaw/channels';
import { commandMenu } from '@queueclaw/contracts';
import { channelNotes, type Shards } from '@queueclaw/mailbox';
import type { Logger } from '@queueclaw/runtime';

export type PublishMenuOptions = {
  readonly shards: Shards;
  /** `<channel>/<account>` */
  readonly account: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
};

const limitMs = 20_000;

/**
 * Publishes the menu of commands on a platform that has one, unless some replica did so within a week for the same bot and menu.
 * Never rejects: without a menu commands work as well, and the next start tries again.
 */
export async function publishMenu(
  { commands, self = '' }: Connection,
  { shards, account, logger, signal }: PublishMenuOptions,
): Promise<void> {
  if (commands === undefined) return;
  try {
    const published = channelNotes(shards, `${account}/menu`);
    const wanted = createHash('sha256')
      .update(JSON.stringify([self, commandMenu]))
      .digest('hex');
    if ((await published.read()) === wanted) return;
    await commands(commandMenu, AbortSignal.any([signal, AbortSignal.timeout(limitMs)]));
    await published.write(wanted);
    logger.info({ account }, `the menu of commands is published on ${account}`);
  } catch (error) {
    if (!signal.aborted)
      logger.warn({ err: error, account }, `the menu of commands could not be published on ${account}`);
  }
}
