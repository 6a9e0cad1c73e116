import type { ExecOptions } from '../exec.js';
import type { Group, GroupEnd } from '../groups/group.js';
import type { GroupPool } from '../groups/pool.js';
import type { SandboxLimits } from '../limits.js';
import type { Place, Provider } from '../provider.js';
import type { Canary } from '../report.js';
import { run } from '../run.js';
import type { ImageLimits } from '../workspaces/image.js';
import type { Room } from '../workspaces/workspaces.js';

const mebibyte = 1024 * 1024;
/** Small, so that they are met at once. */
const small = { memoryBytes: 32 * mebibyte, processes: 24, cpus: 1 };

/** Of the workspace that `tryDisk` fills. */
export const smallWorkspace: ImageLimits = { workspaceBytes: 16 * mebibyte, workspaceFiles: 64 };

const options = (): ExecOptions => ({
  ...{ timeoutMs: 15_000, outputBytesMax: 65_536 },
  signal: new AbortController().signal,
});

const resource = (name: string, held: boolean, detail: string): Canary => ({
  ...{ name, class: 'resources', escaped: !held },
  detail: held ? 'held' : detail,
});

/** Runs a command in a group of its own, which is gone when this resolves. */
async function inGroup(
  provider: Provider,
  group: Group,
  place: Place,
  command: string,
): Promise<{ readonly said: string; readonly end: GroupEnd }> {
  try {
    const { output } = await run(provider.launch(command, { ...place, joins: group.joins }), options());
    return { said: Buffer.from(output).toString('utf8'), end: await group.end() };
  } finally {
    await group.end();
    await group.remove();
  }
}

/** Uses more memory than several processes together may, and starts more processes. */
export async function tryGroups(
  provider: Provider,
  groups: GroupPool,
  folder: string,
  limits: SandboxLimits,
): Promise<readonly Canary[]> {
  // They write nothing that stays: any folder of ours will do.
  const place: Place = { workspace: folder, readOnly: true };
  const hog = 'for n in 1 2 3; do head -c 20000000 /dev/zero >/tmp/$n & done; wait; ls /tmp | wc -l';
  const bomb = 'i=0; while [ $i -lt 60 ]; do sleep 1 & i=$((i+1)); done';
  // The group is to be what stops them, before the bound that each call has besides.
  const few = Math.min(small.processes, limits.processes);
  const [memory, processes] = await Promise.all([
    inGroup(provider, groups.make(small), place, hog),
    inGroup(provider, groups.make({ ...small, processes: few }), place, bomb),
  ]);
  return [
    resource('memory of a call', memory.end.outOfMemory > 0, 'a call used more memory than its control group may'),
    resource('processes of a call', processes.end.refusedProcesses > 0, 'a call started more processes than it may'),
  ];
}

/** Writes more into a small workspace than it may hold, in bytes and in files. */
export async function tryDisk(
  provider: Provider,
  room: Room,
  place: Omit<Place, 'workspace'>,
): Promise<readonly Canary[]> {
  const command = `
    i=0; while [ $i -lt 400 ]; do true >f$i || break; i=$((i+1)); done 2>/dev/null; echo "files $i"; rm -f f*
    head -c 40000000 /dev/zero >big 2>/dev/null; echo "bytes $(wc -c <big)"; rm -f big`;
  const { output } = await run(provider.launch(command, { ...place, workspace: room.inside }), options());
  const said = Buffer.from(output).toString('utf8');
  const count = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(said)?.[1] ?? Infinity);
  return [
    resource('size of a workspace', count('bytes') <= smallWorkspace.workspaceBytes, 'a workspace holds more bytes'),
    resource('files of a workspace', count('files') < 400, 'a workspace holds more files than it may'),
  ];
}
