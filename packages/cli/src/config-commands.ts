import {
  collectSecrets,
  configError,
  configJsonSchema,
  type ConfigReading,
  readConfig,
  redact,
  registerSecret,
  showConfig,
} from '@queueclaw/runtime/settings';
import { exitCode } from './exit-code.js';
import { tell } from './phrases/index.js';

const read = async (file: string | undefined): Promise<ConfigReading> => {
  const { nameChecks } = await import('./name-checks.js');
  return readConfig({ path: file, env: process.env, cwd: process.cwd(), checks: nameChecks });
};

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);

/** `queueclaw config validate`: 0 when it is valid, 1 when not. */
export async function validateCommand(file: string | undefined, options: { readonly json?: boolean }): Promise<number> {
  const reading = await read(file);
  if (options.json) {
    const { source } = reading;
    print(
      reading.ok ? { ok: true, source, warnings: reading.warnings } : { ok: false, source, problems: reading.problems },
    );
  } else if (reading.ok) {
    for (const warning of reading.warnings) process.stdout.write(`! ${warning}\n`);
    process.stdout.write(`${tell('done.valid', { file: reading.source ?? tell('done.no_file') })}\n`);
  } else process.stderr.write(`${configError(reading.problems).publicMessage}\n`);
  return reading.ok ? exitCode.ok : exitCode.failed;
}

/** `queueclaw config show`: the configuration in force, secrets masked; YAML, or JSON with `--json`. */
export async function showCommand(file: string | undefined, options: { readonly json?: boolean }): Promise<number> {
  const reading = await read(file);
  if (!reading.ok) throw configError(reading.problems);
  for (const secret of collectSecrets(reading.config, process.env)) registerSecret(secret);
  const shown = showConfig(reading.config);
  if (options.json) print(shown);
  else process.stdout.write(redact((await import('yaml')).stringify(shown)));
  return exitCode.ok;
}

/** `queueclaw config schema`: JSON Schema, for the first line of the file: `# yaml-language-server: $schema=...`. */
export async function schemaCommand(): Promise<number> {
  print(configJsonSchema());
  return exitCode.ok;
}
