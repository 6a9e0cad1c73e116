import { toAppError } from '@queueclaw/contracts';
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { compareConfigs, type ConfigChange } from './config/compare.js';
import type { Environment } from './config/expand.js';
import type { ConfigReading } from './config/load.js';
import { formatProblem } from './config/problem.js';
import type { Config } from './config/schema.js';
import { collectSecrets } from './config/secrets.js';
import { watchFile } from './config/watch-file.js';
import type { LiveCell } from './live.js';
import type { Logger } from './logger.js';
import { registerSecret } from './redaction.js';

export type ReloadOptions = {
  readonly settings: LiveCell<Config>;
  /** Reads the configuration as at the start. */
  readonly read: () => ConfigReading;
  /** The file to watch, whether or not it exists. */
  readonly file: string;
  /** The file's mark from before it was first read. */
  readonly mark: string;
  readonly env: Environment;
  readonly logger: Logger;
  /** Told when something has come into force, or needs a restart. */
  readonly onReloaded: (change: ConfigChange) => void;
  /** Between two looks at the file, milliseconds. */
  readonly everyMs?: number;
};

export type Reloader = {
  /** Reads again now. Never rejects. */
  reload(): Promise<void>;
  stop(): void;
};

const isWritten = (file: string): boolean => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
const kept = 'the configuration was not reloaded, the old one stays in force';

/**
 * Puts changes of the configuration's file into force: hot settings at once, for what starts from now on; others are named
 * as needing a restart. A file that is not valid, or that a part of the service cannot work with, changes nothing.
 */
export function reloadOnChange(options: ReloadOptions): Reloader {
  const { settings, read, env, logger, onReloaded } = options;

  const refuse = (lines: readonly string[]): void => {
    const [first = 'not valid', ...more] = lines;
    logger.error({ problems: lines }, `${kept}: ${first}${more.length > 0 ? ` (and ${more.length} more)` : ''}`);
  };
  let hadFile = isWritten(options.file);
  const reload = async (): Promise<void> => {
    const hasFile = isWritten(options.file);
    // A file that is gone or empty would be the defaults; much more likely somebody is about to write it.
    if (hadFile && !hasFile) return refuse([`${basename(options.file)} is gone or empty`]);
    hadFile = hasFile;
    const reading = read();
    if (!reading.ok) return refuse(reading.problems.slice(0, 50).map(formatProblem));
    for (const secret of collectSecrets(reading.config, env)) registerSecret(secret);
    const change = compareConfigs(settings.current(), reading.config);
    const { changed, restartNeeded } = change;
    if (changed.length === 0 && restartNeeded.length === 0) return;
    try {
      if (changed.length > 0) await settings.replace(change.config);
    } catch (thrown) {
      return refuse([toAppError(thrown).publicMessage]);
    }
    for (const warning of reading.warnings) logger.warn(warning);
    if (changed.length > 0) logger.info({ changed }, 'the configuration was reloaded');
    if (restartNeeded.length > 0)
      logger.warn(
        { restartNeeded },
        `restart needed for what changed in the configuration: ${restartNeeded.join(', ')}`,
      );
    onReloaded(change);
  };

  let turn = Promise.resolve();
  const inTurn = (): Promise<void> => {
    turn = turn.then(reload).catch((error: unknown) => logger.error({ err: error }, kept));
    return turn;
  };
  const stop = watchFile(options.file, options.mark, () => void inTurn(), options.everyMs);
  return { reload: inTurn, stop };
}
