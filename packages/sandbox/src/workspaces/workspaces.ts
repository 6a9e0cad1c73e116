import { randomBytes } from 'node:crypto';
import { chown, lstat, lutimes, mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Staging } from '../bubblewrap/staging.js';
import { FileProblem } from '../file-problem.js';
import { isOrphaned, ownerToken } from '../owner-token.js';
import { type ImageLimits, makeImage, mountImage, unmountImages } from './image.js';
import { lockWorkspace, type Release } from './lock.js';
import { type Excess, measureFolder } from './measure.js';
import { baitPrefix, imagePath, makePassage, type Owner, workspaceOf } from './place.js';
import { removeTree } from './remove.js';

/** An open workspace. */
export type Room = {
  /** Where the sandbox program finds it. */
  readonly inside: string;
  /** Where we find it. */
  readonly outside: string;
  /** Whether it holds more than it may; one with a file system of its own never does. */
  excess(): Promise<Excess | undefined>;
};

export type Workspaces = {
  /** Opens a workspace for as long as `work` takes, and makes it when missing. @throws FileProblem `closed` */
  use<T>(workspace: string, work: (room: Room) => Promise<T>): Promise<T>;
  /**
   * The same, alone where it is a folder that other runners may share: waits until none of them is in it like this.
   * @throws FileProblem `closed`; Error when it cannot be locked; the signal's reason
   */
  useAlone<T>(workspace: string, signal: AbortSignal, work: (room: Room) => Promise<T>): Promise<T>;
  /**
   * Waits until nobody uses it, then removes it; who wants it meanwhile waits and finds a new one. False: there was none.
   * @param bornBefore milliseconds since the epoch; what was made later stays
   */
  forget(workspace: string, bornBefore?: number): Promise<boolean>;
  /** Forgets what nobody used for so long, and removes what runners that were killed left half-made. Returns how many. */
  sweep(retentionMs: number, now: number): Promise<number>;
  /** Unmounts everything. */
  close(): Promise<void>;
};

export type WorkspacesOptions = {
  readonly root: string;
  readonly owner: Owner;
  readonly limits: ImageLimits;
  /** Where workspaces with a file system of their own are mounted; undefined: they are folders and are measured. */
  readonly staging: () => Promise<Staging | undefined>;
  /** Most that stay mounted while nobody uses them. */
  readonly idleMax?: number | undefined;
};

type Mounted = { readonly staging: Staging; readonly at: string };
type Opened = { readonly room: Room; readonly mounted?: Mounted };
type Entry = {
  users: number;
  opened: Promise<Opened>;
  mounted: Mounted | undefined;
  touchedAt: number;
  /** Resolved when the last user has left. */
  left: PromiseWithResolvers<void>;
};

const idleUsual = 64;
const touchMs = 60_000;
/** What is half-made or tried out is so for minutes; nobody on another machine can be asked. */
const leftMs = 86_400_000;

/** Of this process: the folders that workspaces are mounted at. */
let mounts = 0;

const isThere = async (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

const namesIn = async (path: string): Promise<readonly string[]> => readdir(path).catch(() => []);

/** A name beside the workspaces for what is being made or removed; the token in it says by whom. */
const draftIn = (folder: string): string => join(folder, `d-${ownerToken()}-${randomBytes(6).toString('hex')}`);

/** The workspaces below `root`, one of each conversation. */
export function openWorkspaces({ root, owner, limits, staging, idleMax }: WorkspacesOptions): Workspaces {
  /** The least recently used first. */
  const entries = new Map<string, Entry>();
  const leaving = new Map<string, Promise<void>>();

  const openFolderAt = async (workspace: string): Promise<Opened> => {
    await mkdir(workspace, { recursive: true, mode: 0o700 });
    if (owner !== undefined) await chown(workspace, owner.uid, owner.gid);
    const excess = (): Promise<Excess | undefined> => measureFolder(workspace, limits);
    return { room: { inside: workspace, outside: workspace, excess } };
  };

  const openImage = async (workspace: string, at: Staging): Promise<Opened> => {
    const image = imagePath(workspace);
    if (!(await isThere(image))) await makeImage(at, image, draftIn(dirname(workspace)), limits, owner);
    const inside = `${at.mounts}/${(mounts += 1)}`;
    await mountImage(at, image, inside);
    const room = { inside, outside: at.outside(inside), excess: () => Promise.resolve(undefined) };
    return { room, mounted: { staging: at, at: inside } };
  };

  const open = async (workspace: string): Promise<Opened> => {
    await makePassage(root, owner);
    await makePassage(dirname(workspace), owner);
    const at = await staging();
    // What began as a folder stays one: nobody's files are moved while they are used.
    if (await isThere(workspace)) return openFolderAt(workspace);
    if (at !== undefined)
      return openImage(workspace, at).catch((error: unknown) => {
        throw new FileProblem('closed', { cause: error });
      });
    if (await isThere(imagePath(workspace))) throw new FileProblem('closed');
    return openFolderAt(workspace);
  };

  const newEntry = (workspace: string): Entry => {
    const entry: Entry = {
      users: 0,
      mounted: undefined,
      touchedAt: 0,
      left: Promise.withResolvers<void>(),
      opened: open(workspace).then((opened) => {
        entry.mounted = opened.mounted;
        return opened;
      }),
    };
    entry.opened.catch(() => {
      // The next one tries again.
      if (entries.get(workspace) === entry) entries.delete(workspace);
    });
    return entry;
  };

  const close = async ({ mounted }: Entry): Promise<void> => {
    if (mounted?.staging.isOpen === true) await unmountImages(mounted.staging, [mounted.at]);
  };

  /** Until `work` is done, who wants the workspace waits. */
  const leave = (workspace: string, work: Promise<unknown>): void => {
    const over = work.then(
      () => undefined,
      () => undefined,
    );
    leaving.set(workspace, over);
    void over.then(() => leaving.get(workspace) === over && leaving.delete(workspace));
  };

  const closeIdle = (): void => {
    const idle = [...entries].filter(([, { users }]) => users === 0);
    for (const [workspace, entry] of idle.slice(0, Math.max(0, idle.length - (idleMax ?? idleUsual)))) {
      entries.delete(workspace);
      leave(workspace, close(entry));
    }
  };

  const enter = async (workspace: string): Promise<Entry> => {
    while (leaving.has(workspace)) await leaving.get(workspace);
    const known = entries.get(workspace);
    // When the holder of the mounts was killed, they went with it.
    const lost = known?.users === 0 && known.mounted?.staging.isOpen === false;
    const entry = known === undefined || lost ? newEntry(workspace) : known;
    entries.delete(workspace);
    entries.set(workspace, entry);
    if (entry.users === 0) entry.left = Promise.withResolvers<void>();
    entry.users += 1;
    return entry;
  };

  /** The time of last use, as `sweep` reads it; not exact to the minute. */
  const touch = async (workspace: string, entry: Entry): Promise<void> => {
    const now = new Date();
    if (now.getTime() - entry.touchedAt < touchMs) return;
    entry.touchedAt = now.getTime();
    for (const path of [workspace, imagePath(workspace)]) await lutimes(path, now, now).catch(() => undefined);
  };

  /** Where it is a folder other runners may have commands in it: waits until none has. */
  const lock = async (workspace: string, signal?: AbortSignal): Promise<Release | undefined> =>
    (await staging()) === undefined ? lockWorkspace(root, workspace, signal) : undefined;

  const remove = async (workspace: string, entry: Entry | undefined, bornBefore: number): Promise<boolean> => {
    if (entry !== undefined && entry.users > 0) await entry.left.promise;
    if (entry !== undefined) await close(entry);
    const release = await lock(workspace);
    let found = false;
    try {
      for (const path of [workspace, imagePath(workspace)]) {
        const made = await lstat(path).catch(() => undefined);
        if (made === undefined || made.birthtimeMs >= bornBefore) continue;
        found = true;
        const draft = draftIn(dirname(workspace));
        // At one stroke: whatever comes between, no half of it is found by the next who uses the name.
        await rename(path, draft);
        await removeTree(draft);
      }
    } finally {
      await release?.();
    }
    return found;
  };

  const forget = async (workspace: string, bornBefore = Number.POSITIVE_INFINITY): Promise<boolean> => {
    while (leaving.has(workspace)) await leaving.get(workspace);
    const entry = entries.get(workspace);
    entries.delete(workspace);
    const removed = remove(workspace, entry, bornBefore);
    leave(workspace, removed);
    return removed;
  };

  const use = async <T>(workspace: string, work: (room: Room) => Promise<T>): Promise<T> => {
    const entry = await enter(workspace);
    try {
      const { room } = await entry.opened;
      await touch(workspace, entry);
      return await work(room);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) entry.left.resolve();
      closeIdle();
    }
  };

  return {
    use,
    useAlone: (workspace, signal, work) =>
      use(workspace, async (room) => {
        const release = await lock(workspace, signal);
        try {
          // Another runner may have removed it while we waited.
          if (release !== undefined) await openFolderAt(workspace);
          return await work(room);
        } finally {
          await release?.();
        }
      }),
    forget,
    async sweep(retentionMs, now) {
      let swept = 0;
      const isLeft = async (path: string, token: string): Promise<boolean> =>
        isOrphaned(token) || now - ((await lstat(path).catch(() => undefined))?.ctimeMs ?? now) > leftMs;
      for (const tenant of await namesIn(root)) {
        const folder = join(root, tenant);
        if (tenant.startsWith(baitPrefix) && (await isLeft(folder, tenant.slice(baitPrefix.length))))
          await removeTree(folder);
        for (const name of await namesIn(folder)) {
          const path = join(folder, name);
          const workspace = workspaceOf(folder, name);
          if (name.startsWith('d-') && (await isLeft(path, name.slice(2)))) await removeTree(path);
          if (workspace === undefined || (entries.get(workspace)?.users ?? 0) > 0) continue;
          // Of all times only this one is beyond the reach of a command that is not running.
          const used = (await lstat(path).catch(() => undefined))?.ctimeMs ?? now;
          if (now - used > retentionMs && (await forget(workspace))) swept += 1;
        }
      }
      return swept;
    },
    async close() {
      const open = [...entries.values()];
      entries.clear();
      await Promise.all(leaving.values());
      const mounted = open.flatMap((entry) => (entry.mounted?.staging.isOpen === true ? [entry.mounted] : []));
      for (const at of new Set(mounted.map((one) => one.staging))) {
        const places = mounted.flatMap((one) => (one.staging === at ? [one.at] : []));
        // What is not off in time goes with the staging.
        await unmountImages(at, places).catch(() => undefined);
      }
    },
  };
}
