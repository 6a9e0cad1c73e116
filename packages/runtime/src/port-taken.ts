import { AppError } from '@queueclaw/contracts';
import type { Config } from './config/schema.js';

/** `EADDRINUSE` and `EACCES` on a configured port as an error that names the port and how to choose another; others unchanged. */
export function explainListenError(thrown: unknown, config: Config): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown) || !('port' in thrown)) return thrown;
  const { code, port } = thrown;
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return thrown;
  const [variable, key] = port === config.server.port ? ['PORT', 'server.port'] : ['CONSOLE_PORT', 'console.port'];
  const what = {
    EADDRINUSE: `Port ${String(port)} is taken by another program.`,
    EACCES: `Port ${String(port)} may not be used by this user.`,
    EADDRNOTAVAIL: `The configured host is not an address of this machine (port ${String(port)}).`,
  }[code];
  const publicMessage = `${what} Choose another one with ${variable}=<port> or ${key} in the configuration.`;
  return new AppError('config.invalid', { publicMessage, cause: thrown });
}
