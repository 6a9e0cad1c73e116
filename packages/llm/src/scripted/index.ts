import { readFileSync } from 'node:fs';
import { AppError } from '@queueclaw/contracts';
import { parse } from 'yaml';
import type { NamedModelConfig, ProviderModel } from '../contract.js';
import { Script } from './script.js';
import { scriptedProviderModel } from './scripted-model.js';

const invalid = (name: string, problem: string, cause?: unknown): AppError =>
  new AppError('config.invalid', { publicMessage: `The script of the model ${name} ${problem}.`, cause });

const readScript = (name: string, file: string): Script => {
  let value: unknown;
  try {
    value = parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw invalid(name, 'cannot be read as YAML or JSON', cause);
  }
  const parsed = Script.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(name, `is not valid at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, parsed.error);
};

/**
 * Answers from the file `script` (YAML or JSON), at once; without one it echoes. For tests, proofs and benchmarks.
 * @throws AppError `config.invalid` when the file is missing or wrong
 */
export function create(config: NamedModelConfig): ProviderModel {
  return scriptedProviderModel(
    config.name,
    config.script === undefined ? undefined : readScript(config.name, config.script),
  );
}
