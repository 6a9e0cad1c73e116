import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SandboxLimits } from '../limits.js';
import { type Controller, foldersOf, type Layout, readGroupFile } from './layout.js';

export type GroupLimits = Pick<SandboxLimits, 'memoryBytes' | 'processes' | 'cpus'>;

/** What a call ran into, and whether all of it is gone. */
export type GroupEnd = {
  readonly emptied: boolean;
  /** Processes that the kernel ended because the call had used its memory up. */
  readonly outOfMemory: number;
  /** Processes that were not started because the call had as many as it may. */
  readonly refusedProcesses: number;
};

/** A control group for one call at a time. */
export type Group = {
  /** A process that writes 0 to each of these is in the group, and so is all that it starts. */
  readonly joins: readonly string[];
  /** Ends whatever is in it, waits until it is empty, at most two seconds, and says what happened since the last time. */
  end(): Promise<GroupEnd>;
  /** False when something of an earlier call still counts: then it is not for another. */
  isClean(): boolean;
  remove(): Promise<void>;
};

const goneMs = 2_000;
const pollMs = 2;
const periodUs = 100_000;

type Setting = readonly [controller: Controller, file: string, value: string, optional?: 'optional'];

/** cgroups(7) and the kernel's documents cgroup-v1 and cgroup-v2. No swap: it would only make the end slow. */
function settings(version: 1 | 2, { memoryBytes, processes, cpus }: GroupLimits): readonly Setting[] {
  const memory = String(Math.floor(memoryBytes));
  const quota = String(Math.max(1_000, Math.round(cpus * periodUs)));
  if (version === 2)
    return [
      ['memory', 'memory.max', memory],
      ['memory', 'memory.swap.max', '0', 'optional'],
      ['memory', 'memory.oom.group', '1', 'optional'],
      ['pids', 'pids.max', String(processes)],
      ['cpu', 'cpu.max', `${quota} ${periodUs}`],
    ];
  return [
    ['memory', 'memory.limit_in_bytes', memory],
    ['memory', 'memory.memsw.limit_in_bytes', memory, 'optional'],
    ['memory', 'memory.swappiness', '0', 'optional'],
    ['pids', 'pids.max', String(processes)],
    ['cpu', 'cpu.cfs_period_us', String(periodUs)],
    ['cpu', 'cpu.cfs_quota_us', quota],
  ];
}

const field = (text: string, name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);

/**
 * Makes a group.
 * @param name below the layout's folders; the folder above it exists
 * @throws Error when a limit cannot be set: then nothing is left
 */
export function makeGroup(layout: Layout, name: string, limits: GroupLimits): Group {
  const folders = foldersOf(layout).map((folder) => join(folder, name));
  const at = (controller: Controller, file: string): string => join(layout.at[controller], name, file);
  const bound = (): void => {
    for (const [controller, file, value, optional] of settings(layout.version, limits))
      try {
        writeFileSync(at(controller, file), value);
      } catch (error) {
        if (optional === undefined) throw error;
      }
  };
  try {
    for (const folder of folders) mkdirSync(folder);
    bound();
  } catch (error) {
    for (const folder of folders) tryRemove(folder);
    throw error;
  }
  const happened = (): { readonly killed: number; readonly refused: number } => ({
    killed: field(
      readGroupFile(at('memory', layout.version === 2 ? 'memory.events' : 'memory.oom_control')),
      'oom_kill',
    ),
    refused: field(readGroupFile(at('pids', 'pids.events')), 'max'),
  });
  let before = happened();

  return {
    joins: folders.map((folder) => join(folder, 'cgroup.procs')),
    end: async () => {
      const emptied = await emptyGroup(folders);
      const now = happened();
      const end = {
        emptied,
        outOfMemory: now.killed - before.killed,
        refusedProcesses: now.refused - before.refused,
      };
      before = now;
      return end;
    },
    // A process that has ended and that nobody has collected yet counts among the processes.
    isClean: () => Number(readGroupFile(at('pids', 'pids.current')) || 'NaN') === 0,
    remove: async () => void (await Promise.all(folders.map(removeGroup))),
  };
}

const members = (folder: string): readonly number[] =>
  readGroupFile(join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);

/** Ends every process in the folders of one group; false when some are still there after two seconds. */
async function emptyGroup(folders: readonly string[]): Promise<boolean> {
  const end = performance.now() + goneMs;
  while (folders.some((folder) => members(folder).length > 0)) {
    if (performance.now() > end) return false;
    for (const folder of folders) killMembers(folder);
    await pause(pollMs);
  }
  return true;
}

/** All at once where the kernel can (5.14, version 2), else one by one: who calls repeats it until none is left. */
function killMembers(folder: string): void {
  const all = join(folder, 'cgroup.kill');
  if (readdirSync(folder).includes('cgroup.kill')) return writeFileSync(all, '1');
  for (const pid of members(folder))
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended in between.
    }
}

function tryRemove(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

/** Ends what is in a group's folder and removes it, with the groups below it. Gives up after two seconds. */
export async function removeGroup(folder: string): Promise<void> {
  const below = tryNames(folder).map((name) => join(folder, name));
  await Promise.all(below.map(removeGroup));
  const end = performance.now() + goneMs;
  while (!tryRemove(folder) && performance.now() < end) {
    await emptyGroup([folder]);
    await pause(pollMs);
  }
}

const tryNames = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
};
