import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What bounds the processes of a control group. */
export const controllers = ['memory', 'pids', 'cpu'] as const;
export type Controller = (typeof controllers)[number];

/** Where groups of ours are made: in version 1 a folder of each controller's hierarchy, in version 2 one for all. */
export type Layout = { readonly version: 1 | 2; readonly at: Readonly<Record<Controller, string>> };

/** The layout's folders, each once. */
export const foldersOf = ({ at }: Layout): readonly string[] => [...new Set(Object.values(at))];

/** What a file of a group says; empty when there is none. */
export function readGroupFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Lets the groups below a folder of version 2 be bounded. @throws Error when it is not ours to say */
export function enableControllers(folder: string): void {
  const path = join(folder, 'cgroup.subtree_control');
  const enabled = readGroupFile(path).split(/\s+/);
  const missing = controllers.filter((controller) => !enabled.includes(controller));
  if (missing.length > 0) writeFileSync(path, missing.map((controller) => `+${controller}`).join(' '));
}

/**
 * Finds where this process may make groups.
 * @param mounts proc(5), `/proc/self/mountinfo`
 * @param self proc(5), `/proc/self/cgroup`
 * @throws Error in words for the operator
 */
export function findLayout(
  mounts: string = readGroupFile('/proc/self/mountinfo'),
  self: string = readGroupFile('/proc/self/cgroup'),
): Layout {
  const found = mounts.split('\n').flatMap((line) => {
    const match = /^\S+ \S+ \S+ (\S+) (\S+) .* - (cgroup2?) \S+ (\S+)$/.exec(line);
    const [, root = '', point = '', kind = '', options = ''] = match ?? [];
    return match === null ? [] : [{ root, point, kind, options: options.split(',') }];
  });
  const unified = found.find(({ kind }) => kind === 'cgroup2');
  const offered = unified && readGroupFile(join(unified.point, 'cgroup.controllers')).split(/\s+/);
  if (unified && controllers.every((controller) => offered?.includes(controller)))
    return unifiedLayout(unified.point, unified.root, self);
  const at = controllers.map((controller) =>
    found.find(({ kind, options }) => kind === 'cgroup' && options.includes(controller)),
  );
  const [memory, pids, cpu] = at.map((mount) => mount?.point);
  if (memory === undefined || pids === undefined || cpu === undefined)
    throw new Error('no control groups: the controllers memory, pids and cpu are not there');
  const layout: Layout = { version: 1, at: { memory, pids, cpu } };
  for (const folder of foldersOf(layout)) tryFolder(folder);
  return layout;
}

/**
 * The nearest folder above our own that holds no process and is ours to divide (systemd: `Delegate=` with
 * `DelegateSubgroup=`, or root's), else our own, when we are alone in it and can move into a folder of our own below.
 */
function unifiedLayout(point: string, root: string, self: string): Layout {
  const path = /^0::(.*)$/m.exec(self)?.[1] ?? '/';
  const own = join(point, path.startsWith(root) ? path.slice(root.length) : path);
  const asLayout = (folder: string): Layout => ({ version: 2, at: { memory: folder, pids: folder, cpu: folder } });
  for (let folder = own; folder.startsWith(point); folder = dirname(folder))
    if (isFree(folder) && isDivisible(folder)) return asLayout(folder);
  if (readGroupFile(join(own, 'cgroup.procs')) === String(process.pid)) {
    const aside = join(own, 'queueclaw-runner');
    mkdirSync(aside, { recursive: true });
    writeFileSync(join(aside, 'cgroup.procs'), '0');
    if (isDivisible(own)) return asLayout(own);
  }
  throw new Error(
    'no control groups: none is delegated to the runner (systemd: Delegate=yes, DelegateSubgroup=runner)',
  );
}

/** Groups with processes have no bounded groups below them; the machine's root group, which has no type, may. */
const isFree = (folder: string): boolean =>
  readGroupFile(join(folder, 'cgroup.procs')) === '' || readGroupFile(join(folder, 'cgroup.type')) === '';

function isDivisible(folder: string): boolean {
  try {
    enableControllers(folder);
    tryFolder(folder);
    return true;
  } catch {
    return false;
  }
}

/** Makes a group and removes it. @throws Error when the file system is read-only or not ours */
function tryFolder(folder: string): void {
  const trial = join(folder, `queueclaw-trial-${process.pid}`);
  try {
    mkdirSync(trial);
    rmdirSync(trial);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Error(`no control groups: ${folder} cannot be written (${code})`, { cause: error });
  }
}
