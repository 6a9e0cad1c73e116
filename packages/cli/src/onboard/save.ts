import { type ConfigCheck, configError, type Environment, readConfig } from '@queueclaw/runtime/settings';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ChannelEntry, withChannel } from './edit-config.js';
import { withVariables } from './edit-env.js';

export type SaveOptions = {
  /** The configuration's file; made when it is not there. */
  readonly file: string;
  /** Where `.env` is. */
  readonly cwd: string;
  readonly env: Environment;
  readonly checks: readonly ConfigCheck[];
  readonly entry: ChannelEntry;
  readonly variables: Readonly<Record<string, string>>;
};

const privateMode = 0o600;

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function put(file: string, text: string, mode: number): void {
  const descriptor = openSync(file, 'wx', mode);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes the account into the configuration and its secrets into `.env`, which only its owner may read afterwards. Each file is
 * replaced whole, the secrets first: a crash in between leaves variables that nobody asks for. Nothing is changed when the
 * configuration would not be valid.
 * @throws AppError, CommandError `config.invalid`; the file system's errors
 */
export function save({ file, cwd, env, checks, entry, variables }: SaveOptions): void {
  const secrets = join(cwd, '.env');
  const made = { config: withChannel(textIn(file), entry), env: withVariables(textIn(secrets), variables) };
  const suffix = `.${process.pid}.new`;
  const temporary = { config: `${join(dirname(file), '.queueclaw')}${suffix}`, env: `${secrets}${suffix}` };
  try {
    put(temporary.config, made.config, statSync(file, { throwIfNoEntry: false })?.mode ?? privateMode);
    const reading = readConfig({ path: temporary.config, env: { ...env, ...variables }, cwd, checks });
    if (!reading.ok) throw configError(reading.problems);
    if (Object.keys(variables).length > 0) {
      put(temporary.env, made.env, privateMode);
      renameSync(temporary.env, secrets);
    }
    renameSync(temporary.config, file);
  } finally {
    for (const left of Object.values(temporary)) rmSync(left, { force: true });
  }
}
