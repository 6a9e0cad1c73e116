import { configFile, type ConfigReading, loadConfig, readConfig } from './config/load.js';
import type { Config } from './config/schema.js';
import { collectSecrets } from './config/secrets.js';
import { fileMark } from './config/watch-file.js';
import type { Health } from './health/health.js';
import { homeFolder } from './home.js';
import { createLive, type Live, type LiveCell } from './live.js';
import { createLogger, type Logger } from './logger.js';
import { loadMailKey } from './mail-key.js';
import { registerSecret } from './redaction.js';

/** What a service gets from outside: everything it may know about the world. */
export type ServiceContext = {
  /** As it was at the start: for what needs a restart to change. */
  readonly config: Config;
  /** As it is now: agents, llm, tools, limits and which channels are enabled may change while the service runs. */
  readonly settings: Live<Config>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly redisUrl: string;
  /** The key that signs mail; undefined for services that may not speak for people (the tool-runner). */
  readonly mailKey: string | undefined;
  /** Absolute path of this machine's folder. */
  readonly home: string;
  readonly health: Health;
};

const holdsMailKey: ReadonlySet<string> = new Set(['ingress', 'agent', 'console', 'all-in-one']);

/** Where Redis is looked for when nothing says so. */
export const usualRedisUrl = 'redis://127.0.0.1:6379';

/** A context, what its process says about its configuration, and what a reload needs. */
export type CreatedContext = {
  readonly context: ServiceContext & { readonly settings: LiveCell<Config> };
  readonly warnings: readonly string[];
  readonly configuration: { readonly file: string; readonly mark: string; read(): ConfigReading };
};

/**
 * Reads the configuration and makes a process's context; every secret in it is registered for redaction.
 * @param name of the service; only those that sign mail are given the key
 * @throws AppError `config.invalid`
 */
export function createContext(
  name: string,
  health: Health,
  world: { readonly env: ServiceContext['env']; readonly cwd: string },
): CreatedContext {
  const { env, cwd } = world;
  const file = configFile({ env, cwd });
  const mark = fileMark(file);
  const { config, warnings } = loadConfig({ env, cwd });
  for (const secret of collectSecrets(config, env)) registerSecret(secret);
  const home = homeFolder(config.state.home, env);
  const mailKey = holdsMailKey.has(name) ? loadMailKey(env, home) : undefined;
  registerSecret(mailKey);
  const logger = createLogger(name, config.telemetry.log_level);
  const redisUrl = config.state.redis ?? usualRedisUrl;
  const settings = createLive(config);
  const configuration = { file, mark, read: () => readConfig({ env, cwd }) };
  return { context: { config, settings, env, logger, redisUrl, mailKey, home, health }, warnings, configuration };
}
