import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecOptions, ExecResult } from './exec.js';
import { createSandbox, type Sandbox, type SandboxOptions } from './sandbox.js';

/** A sandbox in a home of its own, for tests. */
export type Trial = {
  readonly home: string;
  readonly sandbox: Sandbox;
  readonly workspace: string;
  /** Runs a command with generous limits; the output as text. */
  sh(command: string, limits?: Partial<ExecOptions>): Promise<Omit<ExecResult, 'output'> & { output: string }>;
  close(): Promise<void>;
};

/** Opens this machine's sandbox with one workspace. */
export async function openTrial(env: SandboxOptions['env'], more: Partial<SandboxOptions> = {}): Promise<Trial> {
  const home = await mkdtemp(join(tmpdir(), 'queueclaw-sandbox-'));
  const sandbox = createSandbox({ env, home, ...more });
  const workspace = await sandbox.workspace({ tenant: 'default', conversation: 'a.b~c' });
  const { signal } = new AbortController();
  return {
    ...{ home, sandbox, workspace },
    sh: async (command, limits) => {
      const usual = { timeoutMs: 20_000, outputBytesMax: 1024 * 1024, signal };
      const result = await sandbox.exec(command, { ...usual, ...limits, workspace });
      return { ...result, output: Buffer.from(result.output).toString('utf8') };
    },
    close: async () => {
      await sandbox.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
