import { AppError, type ActorAddress } from '@queueclaw/contracts';
import { chown, mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bubblewrapProvider } from './bubblewrap/provider.js';
import type { ExecOptions, ExecResult } from './exec.js';
import { type FileContent, readFileIn, writeFileIn } from './file-hands.js';
import { probe } from './probe.js';
import type { Provider } from './provider.js';
import type { SandboxReport } from './report.js';
import { run } from './run.js';
import { createSlots } from './slots.js';
import { makeWorkspace, makeWorkspaces, type Owner } from './workspace.js';

export type SandboxOptions = {
  /** Where `QUEUECLAW_BWRAP` and `PATH` are looked up; nothing of it reaches a command. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** This machine's folder; workspaces are kept below `<home>/workspaces`. */
  readonly home: string;
  /** Commands at once; the number of processors unless given. */
  readonly concurrency?: number | undefined;
  /** Whom commands run as when this process is root; a user and group without a name (59999) unless given. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Instead of this machine's bubblewrap. */
  readonly provider?: Provider | undefined;
};

/** The one place where model-written commands run, and the only door to their files. */
export type Sandbox = {
  /** What the machine's sandbox holds. Tried once, at the first call; every command waits for it. */
  report(): Promise<SandboxReport>;
  /** The report as far as it is known, without waiting. */
  readonly known: SandboxReport | undefined;
  /**
   * The workspace of a conversation, made when missing; an absolute path.
   * @throws AppError `conversation.invalid`
   */
  workspace(address: ActorAddress): Promise<string>;
  /**
   * Runs `/bin/sh -c <command>` contained, with the workspace as its folder. Whatever it started is gone when this resolves.
   * @throws AppError `sandbox.unavailable` when commands cannot be contained here, `tool.arguments` for a NUL
   */
  exec(command: string, options: ExecOptions & { readonly workspace: string }): Promise<ExecResult>;
  /** Reads the head of a file of a workspace. @throws FileProblem */
  readFile(workspace: string, path: string, options: { readonly bytesMax: number }): Promise<FileContent>;
  /** Writes a whole file of a workspace. @throws FileProblem */
  writeFile(workspace: string, path: string, text: string): Promise<void>;
  close(): Promise<void>;
};

const nobody = { uid: 59_999, gid: 59_999 };

/** A sandbox of this machine. Does nothing until it is asked. */
export function createSandbox(options: SandboxOptions): Sandbox {
  const root = join(options.home, 'workspaces');
  const user = process.getuid?.() === 0 ? (options.user ?? nobody) : undefined;
  const owner: Owner = user;
  const provider = options.provider ?? bubblewrapProvider({ env: options.env, workspaces: root, user });
  const slots = createSlots(options.concurrency ?? availableParallelism());
  let pending: Promise<SandboxReport> | undefined;
  let known: SandboxReport | undefined;
  let ready: Promise<void> | undefined;

  const makeRoot = (): Promise<void> => (ready ??= makeWorkspaces(root, owner));
  const makeOwn = async (path: string): Promise<void> => {
    await mkdir(path, { mode: 0o700 });
    if (owner !== undefined) await chown(path, owner.uid, owner.gid);
  };
  const tryOut = async (): Promise<SandboxReport> => {
    const unmade = await makeRoot().then(() => undefined, String);
    const report = await probe(
      provider,
      root,
      unmade === undefined ? makeOwn : () => Promise.reject(new Error(unmade)),
    );
    known = report;
    return report;
  };
  const report = async (): Promise<SandboxReport> => known ?? (await (pending ??= tryOut()));

  /** What outlives its call once will do so again: no further command runs. */
  const distrust = (from: SandboxReport): void => {
    const reasons = ['a process outlived its call', ...from.reasons];
    known = { ...from, containment: 'failed', reasons };
  };

  return {
    report,
    get known(): SandboxReport | undefined {
      return known;
    },
    async workspace(address) {
      await makeRoot();
      return makeWorkspace(root, address, owner);
    },
    async exec(command, { workspace, ...limits }) {
      if (command.includes('\0')) throw new AppError('tool.arguments');
      const trusted = await report();
      if (trusted.containment !== 'ok') throw new AppError('sandbox.unavailable');
      const startedAt = performance.now();
      const giveBack = await slots.take(limits.signal).catch(() => undefined);
      if (giveBack === undefined) return aborted(startedAt);
      try {
        await provider.open();
        const { survived, ...result } = await run(provider.launch(command, workspace), limits);
        if (survived) distrust(trusted);
        return result;
      } catch (error) {
        throw error instanceof AppError ? error : new AppError('sandbox.unavailable', { cause: error });
      } finally {
        giveBack();
      }
    },
    readFile: (workspace, path, { bytesMax }) => readFileIn(workspace, path, bytesMax),
    writeFile: (workspace, path, text) => writeFileIn(workspace, path, text, owner),
    async close() {
      await pending;
      await provider.close();
    },
  };
}

const aborted = (startedAt: number): ExecResult => ({
  ...{ reason: 'aborted', exitCode: undefined, output: new Uint8Array(), truncated: false },
  ms: Math.round(performance.now() - startedAt),
});

/** Tries this machine's sandbox out and closes it again; for `doctor`. Never throws. */
export async function probeSandbox(options: SandboxOptions): Promise<SandboxReport> {
  const sandbox = createSandbox(options);
  try {
    return await sandbox.report();
  } finally {
    await sandbox.close();
  }
}
