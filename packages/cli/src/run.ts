import { pathToFileURL } from 'node:url';
import { CommandError, exitCode } from './exit-code.js';
import { serviceEntry, serviceNames } from './program-files.js';
import { tell } from './phrases/index.js';

/** `queueclaw run <service>`: this process becomes the service. It ends by itself, so this never resolves. */
export async function runCommand(service: string, options: { readonly config?: string }): Promise<number> {
  const name = serviceNames.find((known) => known === service);
  if (name === undefined)
    throw new CommandError(tell('error.no_service', { name: service, known: serviceNames.join(', ') }), exitCode.usage);
  if (options.config !== undefined) process.env['QUEUECLAW_CONFIG'] = options.config;
  await import(pathToFileURL(serviceEntry(name)).href);
  return new Promise(() => undefined);
}
