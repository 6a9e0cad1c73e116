import { execa } from 'execa';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ownerToken } from '../owner-token.js';
import { markProcess } from '../process-life.js';
import { removeGroup } from './group.js';
import { findLayout, foldersOf, type Layout } from './layout.js';
import { openGroupPool } from './pool.js';

const layoutHere = (): Layout | undefined => {
  try {
    return findLayout();
  } catch {
    return undefined;
  }
};
const layout = layoutHere();
const isWritable = (folder: string): boolean => {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};
const unified = /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(readFileSync('/proc/self/mountinfo', 'utf8'))?.[1];
const limits = { memoryBytes: 64 * 1024 * 1024, processes: 20, cpus: 1 };
const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const stop of stops) await stop();
});

/** A process that does nothing for long; resolves with how it ended. */
const idle = (): { pid: number; ended: Promise<string | undefined> } => {
  const child = execa('sleep', ['60'], { reject: false });
  stops.push(async () => child.kill('SIGKILL'));
  return { pid: child.pid ?? 0, ended: child.then(({ signal }) => signal) };
};

describe.runIf(unified !== undefined && isWritable(unified))(
  'control groups of version 2, as the kernel has them',
  () => {
    it('are removed with the groups below them, and what runs in them is ended', async () => {
      const folder = join(unified ?? '', `queueclaw-test-${process.pid}`);
      const below = join(folder, 'below');
      mkdirSync(below, { recursive: true });
      expect(existsSync(join(below, 'cgroup.kill'))).toBe(true);
      const [inside, outside] = [idle(), idle()];
      writeFileSync(join(below, 'cgroup.procs'), String(inside.pid));
      await removeGroup(folder);
      expect(existsSync(folder)).toBe(false);
      expect(await inside.ended).toBe('SIGKILL');
      expect(markProcess(outside.pid)).toBeDefined();
    });
  },
);

describe.runIf(layout !== undefined)('a pool of control groups', () => {
  it('ends and removes what runners left that are gone, and nothing of those that are there', async () => {
    const [namespace] = ownerToken().split('-');
    const left = foldersOf(layout as Layout).map((folder) => join(folder, `queueclaw-${namespace}-4194303-1-1`));
    const orphan = idle();
    for (const folder of left) {
      mkdirSync(join(folder, '1'), { recursive: true });
      writeFileSync(join(folder, '1', 'cgroup.procs'), String(orphan.pid));
    }
    const first = await openGroupPool(layout as Layout, limits, 1);
    expect(left.filter((folder) => existsSync(folder))).toEqual([]);
    expect(await orphan.ended).toBe('SIGKILL');
    const second = await openGroupPool(layout as Layout, limits, 1);
    expect(first.take().joins.every((path) => existsSync(path))).toBe(true);
    await first.close();
    await second.close();
  });

  it('hands a group out again only when nothing of the last call counts any more, and makes more when it has none', async () => {
    const pool = await openGroupPool(layout as Layout, limits, 1);
    const [one, two] = [pool.take(), pool.take()];
    expect(one.joins).not.toEqual(two.joins);
    pool.giveBack(one);
    expect(pool.take().joins).toEqual(one.joins);
    const process = idle();
    for (const path of two.joins) writeFileSync(path, String(process.pid));
    expect(two.isClean()).toBe(false);
    expect(await two.end()).toMatchObject({ emptied: true });
    expect(await process.ended).toBe('SIGKILL');
    await pool.close();
    expect([...one.joins, ...two.joins].filter((path) => existsSync(path))).toEqual([]);
  });
});
