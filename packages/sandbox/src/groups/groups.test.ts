import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeGroup } from './group.js';
import { findLayout, type Layout } from './layout.js';

const limits = { memoryBytes: 64 * 1024 * 1024, processes: 40, cpus: 1.5 };
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'queueclaw-groups-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const tree = (files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
};
const said = (path: string): string => readFileSync(join(root, path), 'utf8');
const v2Mount = (point = root, within = '/'): string =>
  `30 23 0:26 ${within} ${point} rw,nosuid shared:4 - cgroup2 cgroup2 rw`;
const offered = 'cpuset cpu io memory hugetlb pids';

it('writes the limits of version 2 into one folder', () => {
  const layout: Layout = { version: 2, at: { memory: root, pids: root, cpu: root } };
  const group = makeGroup(layout, 'g', limits);
  expect(group.joins).toEqual([join(root, 'g', 'cgroup.procs')]);
  expect(
    ['memory.max', 'memory.swap.max', 'memory.oom.group', 'pids.max', 'cpu.max'].map((file) => said(`g/${file}`)),
  ).toEqual(['67108864', '0', '1', '40', '150000 100000']);
});

it('writes the limits of version 1 into the folder of each controller, once where two share one', () => {
  for (const name of ['memory', 'pids', 'cpu']) mkdirSync(join(root, name));
  const at = { memory: join(root, 'memory'), pids: join(root, 'pids'), cpu: join(root, 'cpu') };
  const group = makeGroup({ version: 1, at }, 'g', limits);
  expect(group.joins.length).toBe(3);
  expect(
    ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes', 'memory.swappiness'].map((file) =>
      said(`memory/g/${file}`),
    ),
  ).toEqual(['67108864', '67108864', '0']);
  expect([said('pids/g/pids.max'), said('cpu/g/cpu.cfs_period_us'), said('cpu/g/cpu.cfs_quota_us')]).toEqual([
    '40',
    '100000',
    '150000',
  ]);
  const shared = { memory: at.memory, pids: at.pids, cpu: at.pids };
  expect(makeGroup({ version: 1, at: shared }, 'h', limits).joins.length).toBe(2);
});

it.each([
  [1, 'memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill '],
  [2, 'memory.events', 'low 0\nmax 40\noom 1\noom_kill '],
] as const)('counts what happened since the last call (version %i)', async (version, file, text) => {
  const group = makeGroup({ version, at: { memory: root, pids: root, cpu: root } }, 'g', limits);
  tree({ [`g/${file}`]: `${text}2\n`, 'g/pids.events': 'max 7\n', 'g/pids.current': '0\n', 'g/cgroup.procs': '' });
  expect(await group.end()).toEqual({ emptied: true, outOfMemory: 2, refusedProcesses: 7 });
  expect(await group.end()).toEqual({ emptied: true, outOfMemory: 0, refusedProcesses: 0 });
  tree({ [`g/${file}`]: `${text}3\n` });
  expect(await group.end()).toMatchObject({ outOfMemory: 1 });
  expect(group.isClean()).toBe(true);
  tree({ 'g/pids.current': '1\n' });
  expect(group.isClean()).toBe(false);
});

it('leaves nothing of a group whose limits cannot be set', () => {
  const blocked = join(root, 'cpu');
  const at = { memory: join(root, 'memory'), pids: join(root, 'pids'), cpu: blocked };
  for (const name of ['memory', 'pids']) mkdirSync(join(root, name));
  expect(() => makeGroup({ version: 1, at }, 'g', limits)).toThrow(/ENOENT/);
});

it('takes the nearest folder of version 2 that holds no process, and has its groups bounded', () => {
  tree({
    'cgroup.controllers': offered,
    'service/cgroup.procs': '',
    'service/cgroup.type': 'domain',
    'service/cgroup.subtree_control': 'memory',
    'service/runner/cgroup.procs': '1\n2\n',
    'service/runner/cgroup.type': 'domain',
  });
  const layout = findLayout(v2Mount(), '0::/service/runner');
  expect(layout).toEqual({
    version: 2,
    at: { memory: join(root, 'service'), pids: join(root, 'service'), cpu: join(root, 'service') },
  });
  expect(said('service/cgroup.subtree_control')).toBe('+pids +cpu');
});

it("takes the machine's root group, which may hold processes, and no other that holds some", () => {
  tree({ 'cgroup.controllers': offered, 'cgroup.procs': '1\n', 'a/cgroup.procs': '7\n8\n', 'a/cgroup.type': 'domain' });
  expect(findLayout(v2Mount(), '0::/a').at.memory).toBe(root);
  tree({ 'cgroup.type': 'domain' });
  expect(() => findLayout(v2Mount(), '0::/a')).toThrow(/none is delegated/);
});

it('moves out of the way where it is alone in what is its own', () => {
  tree({ 'cgroup.controllers': offered, 'cgroup.procs': `${process.pid}\n`, 'cgroup.type': 'domain' });
  expect(findLayout(v2Mount(), '0::/').at.memory).toBe(root);
  expect(said('queueclaw-runner/cgroup.procs')).toBe('0');
});

it('sees its own folder where a container shows a part of the tree', () => {
  tree({
    'cgroup.controllers': offered,
    'cgroup.type': 'domain',
    'inner/cgroup.procs': '5\n',
    'inner/cgroup.type': 'domain',
    'cgroup.procs': '',
  });
  expect(findLayout(v2Mount(root, '/docker/abc'), '0::/docker/abc/inner').at.pids).toBe(root);
});

it('uses version 1 where version 2 has no controllers, as on a machine with both', () => {
  for (const name of ['memory', 'pids', 'cpu,cpuacct', 'unified']) mkdirSync(join(root, name));
  writeFileSync(join(root, 'unified', 'cgroup.controllers'), 'hugetlb');
  const line = (name: string, options: string): string =>
    `36 25 0:31 / ${join(root, name)} rw - cgroup cgroup rw,${options}`;
  const mounts = [
    v2Mount(join(root, 'unified')),
    line('memory', 'memory'),
    line('cpu,cpuacct', 'cpu,cpuacct'),
    line('pids', 'pids'),
  ];
  const layout = findLayout(mounts.join('\n'), '4:memory:/x\n0::/');
  expect(layout).toEqual({
    version: 1,
    at: { memory: join(root, 'memory'), pids: join(root, 'pids'), cpu: join(root, 'cpu,cpuacct') },
  });
  expect(readdirSync(join(root, 'memory'))).toEqual([]);
});

it('says so where there are none', () => {
  expect(() => findLayout('22 1 0:21 / /proc rw - proc proc rw', '0::/')).toThrow(/no control groups/);
});
