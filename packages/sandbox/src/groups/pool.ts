import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isOrphaned, ownerToken } from '../owner-token.js';
import { type Group, type GroupLimits, makeGroup, removeGroup } from './group.js';
import { enableControllers, foldersOf, type Layout } from './layout.js';

const prefix = 'queueclaw-';

/** Control groups that wait for calls. */
export type GroupPool = {
  /** A group of its own for one call; made when none waits. @throws Error when it cannot be made */
  take(): Group;
  /** Keeps the group for the next call when nothing of the last one counts any more, else removes it. */
  giveBack(group: Group): void;
  /** A group with other limits than the pool's; its taker removes it. */
  make(limits: GroupLimits): Group;
  /** Ends what runs in them and removes them all. */
  close(): Promise<void>;
};

let pools = 0;

/** Removes the groups of runners that are gone, with whatever is still in them. */
async function sweepGroups(layout: Layout): Promise<void> {
  const left = foldersOf(layout).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.startsWith(prefix) && isOrphaned(name.slice(prefix.length)))
      .map((name) => join(folder, name)),
  );
  await Promise.all(left.map(removeGroup));
}

/**
 * Makes `size` groups, after removing those of runners that were killed.
 * @throws Error when this machine does not let us
 */
export async function openGroupPool(layout: Layout, limits: GroupLimits, size: number): Promise<GroupPool> {
  await sweepGroups(layout);
  const base = `${prefix}${ownerToken()}-${(pools += 1)}`;
  const bases = foldersOf(layout).map((folder) => join(folder, base));
  let made = 0;
  const make = (wanted: GroupLimits): Group => makeGroup(layout, join(base, String((made += 1))), wanted);
  const closeAll = async (): Promise<void> => void (await Promise.all(bases.map(removeGroup)));
  let free: Group[] = [];
  try {
    for (const folder of bases) mkdirSync(folder);
    if (layout.version === 2) for (const folder of bases) enableControllers(folder);
    free = Array.from({ length: size }, () => make(limits));
  } catch (error) {
    await closeAll();
    throw error;
  }
  return {
    take: () => free.pop() ?? make(limits),
    giveBack: (group) => {
      if (group.isClean()) free.push(group);
      else void group.remove();
    },
    make,
    close: closeAll,
  };
}
