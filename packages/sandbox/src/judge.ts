import type { ExecResult } from './exec.js';
import type { GroupEnd } from './groups/group.js';
import type { SandboxLimits } from './limits.js';
import type { Excess } from './workspaces/measure.js';

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;

/** A command whose processes the kernel had to end did not end well, whatever its shell says. */
export function judge(result: ExecResult, end: GroupEnd | undefined): ExecResult {
  const own = result.reason === 'exit' || result.reason === 'signal';
  return own && (end?.outOfMemory ?? 0) > 0 ? { ...result, reason: 'memory', exitCode: undefined } : result;
}

/** What the model should know about limits that its command met. */
export function notesOn(
  end: GroupEnd | undefined,
  excess: Excess | undefined,
  wasReadOnly: boolean,
  { memoryBytes, processes, workspaceBytes, workspaceFiles }: SandboxLimits,
): readonly string[] {
  const notes: string[] = [];
  if ((end?.outOfMemory ?? 0) > 0)
    notes.push(`out of memory: all processes of a command together may use ${mebibytes(memoryBytes)}`);
  if ((end?.refusedProcesses ?? 0) > 0)
    notes.push(`${end?.refusedProcesses} times no process could be started: a command may have ${processes}`);
  if (excess !== undefined) {
    const bound = `/workspace holds more than it may (${mebibytes(workspaceBytes)}, ${workspaceFiles} files)`;
    notes.push(
      wasReadOnly
        ? `${bound}: it is read-only, and stays so in this conversation`
        : `${bound}: from now on it is read-only in this conversation`,
    );
  }
  return notes;
}
