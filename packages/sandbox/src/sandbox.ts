import { AppError, type ActorAddress } from '@queueclaw/contracts';
import { chown, mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bubblewrapProvider } from './bubblewrap/provider.js';
import type { Staging } from './bubblewrap/staging.js';
import { smallWorkspace } from './canaries/try-resources.js';
import type { ExecOptions, ExecResult } from './exec.js';
import { type FileContent, type HeldFile, readFileIn, useFileIn, writeFileIn } from './file-hands.js';
import { FileProblem } from './file-problem.js';
import type { GroupEnd } from './groups/group.js';
import type { GroupPool } from './groups/pool.js';
import { judge, notesOn } from './judge.js';
import { type SandboxLimits, usualLimits } from './limits.js';
import { once } from './once.js';
import { ownerToken } from './owner-token.js';
import { type PlacedFile, placeFileIn } from './place-file.js';
import { probe } from './probe.js';
import type { Place, Provider } from './provider.js';
import type { SandboxReport } from './report.js';
import { findGroups, findStaging, type Means } from './resources.js';
import { run } from './run.js';
import { createSlots } from './slots.js';
import { isOnNetwork } from './workspaces/network.js';
import { baitPrefix, makePassage, type Owner, workspacePath } from './workspaces/place.js';
import { openWorkspaces, type Room } from './workspaces/workspaces.js';

let trials = 0;

export type SandboxOptions = {
  /** Where `QUEUECLAW_BWRAP` and `PATH` are looked up; nothing of it reaches a command. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** This machine's folder; workspaces are kept below `<home>/workspaces`. */
  readonly home: string;
  /** Commands at once; the number of processors unless given. */
  readonly concurrency?: number | undefined;
  /** Whom commands run as when this process is root; a user and group without a name (59999) unless given. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** What is not given is as usual. */
  readonly limits?: Partial<SandboxLimits> | undefined;
  /** Means of this machine that are left unused, so that what happens without them can be tried. */
  readonly without?: readonly ('groups' | 'mounts')[] | undefined;
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
   * The workspace of a conversation: an absolute path that names it to the other calls here, and need not be a folder. It is
   * made at its first use.
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
  /**
   * Reads a whole file of a workspace, a piece at a time.
   * @throws FileProblem; whatever `work` fails with
   */
  useFile<T>(workspace: string, path: string, work: (file: HeldFile) => Promise<T>): Promise<T>;
  /** Writes a whole file of a workspace. @throws FileProblem */
  writeFile(workspace: string, path: string, text: string): Promise<void>;
  /**
   * Puts files from outside into a workspace, read-only, where nothing stands in their place.
   * @throws FileProblem; whatever reading the bytes fails with. What was put before stays
   */
  placeFiles(workspace: string, files: readonly PlacedFile[]): Promise<void>;
  /**
   * Removes a conversation's workspace when nobody uses it any more, no other runner either; what runs in it goes on to its
   * end. False: there was none.
   * @param bornBefore milliseconds since the epoch; a workspace that was made later stays
   * @throws AppError `conversation.invalid`; Error when something of it is left
   */
  forget(address: ActorAddress, bornBefore?: number): Promise<boolean>;
  /**
   * Removes the workspaces that were not used for so long, and what killed runners left half-made. Returns how many.
   * @param now milliseconds since the epoch
   */
  sweep(retentionMs: number, now?: number): Promise<number>;
  close(): Promise<void>;
};

const nobody = { uid: 59_999, gid: 59_999 };

/** A sandbox of this machine. Does nothing until it is asked. */
export function createSandbox(options: SandboxOptions): Sandbox {
  const root = join(options.home, 'workspaces');
  const user = process.getuid?.() === 0 ? (options.user ?? nobody) : undefined;
  const owner: Owner = user;
  const limits: SandboxLimits = { ...usualLimits, ...options.limits };
  const concurrency = options.concurrency ?? availableParallelism();
  const provider = options.provider ?? bubblewrapProvider({ env: options.env, workspaces: root, user, limits });
  const own = (name: string): string => join(root, `${baitPrefix}${ownerToken()}-${name}-${(trials += 1)}`);

  const makeRoot = once(() => makePassage(root, owner));
  const disk = once(async (): Promise<Means<Staging>> => {
    if (options.without?.includes('mounts'))
      return { has: undefined, reason: 'no size-limited workspaces: not wanted' };
    await makeRoot();
    // One in a file that two machines mounted at once would be destroyed.
    if (await isOnNetwork(root))
      return { has: undefined, reason: 'no size-limited workspaces: other machines may use them too' };
    return findStaging(provider, own('disk'), owner);
  });
  const groups = once(async (): Promise<Means<GroupPool>> => {
    if (options.without?.includes('groups')) return { has: undefined, reason: 'no control groups: not wanted' };
    return findGroups(limits, concurrency);
  });
  const staging = async (): Promise<Staging | undefined> => {
    if ((await disk()).has === undefined) return undefined;
    // Its holder may have been killed since: then this opens another.
    await provider.open();
    return provider.staging;
  };
  const workspaces = openWorkspaces({ root, owner, limits, staging });

  const makeOwn = async (path: string): Promise<void> => {
    await mkdir(path, { mode: 0o700 });
    if (owner !== undefined) await chown(path, owner.uid, owner.gid);
  };
  const smallRoom: <T>(work: (room: Room) => Promise<T>) => Promise<T> = async (work) => {
    const folder = own('quota');
    const trial = openWorkspaces({ root: folder, owner, limits: smallWorkspace, staging });
    try {
      return await trial.use(join(folder, 'c-canary'), work);
    } finally {
      await trial.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
  let known: SandboxReport | undefined;
  let slots = createSlots(1);
  const report = once(async (): Promise<SandboxReport> => {
    const unmade = await makeRoot().then(() => undefined, String);
    const makeWorkspace = unmade === undefined ? makeOwn : (): Promise<never> => Promise.reject(new Error(unmade));
    const room = disk().then((storage): Means<typeof smallRoom> => (storage.has ? { has: smallRoom } : storage));
    known = await probe({ provider, limits, root, makeWorkspace, groups: await groups(), smallRoom: room });
    if (known.resources === 'full') slots = createSlots(concurrency);
    return known;
  });

  /** What outlives its call once will do so again: no further command runs. */
  const distrust = (from: SandboxReport): void => {
    const reasons = ['a process outlived its call', ...from.reasons];
    known = { ...from, containment: 'failed', reasons };
  };

  const runIn = async (command: string, room: Room, limitsOfCall: ExecOptions): Promise<ExecResult> => {
    const pool = (await groups()).has;
    const before = await room.excess();
    const group = pool?.take();
    let end: GroupEnd | undefined;
    try {
      const place: Place = { workspace: room.inside, readOnly: before !== undefined, joins: group?.joins };
      const { survived, ...result } = await run(provider.launch(command, place), limitsOfCall);
      end = await group?.end();
      if ((survived || end?.emptied === false) && known !== undefined) distrust(known);
      const excess = before ?? (await room.excess());
      return judge({ ...result, notes: notesOn(end, excess, before !== undefined, limits) }, end);
    } finally {
      if (group !== undefined) {
        end ??= await group.end();
        if (end.emptied) pool?.giveBack(group);
      }
    }
  };

  return {
    report,
    get known(): SandboxReport | undefined {
      return known;
    },
    workspace: async (address) => workspacePath(root, address),
    async exec(command, { workspace, ...callLimits }) {
      if (command.includes('\0')) throw new AppError('tool.arguments');
      await report();
      if (known?.containment !== 'ok') throw new AppError('sandbox.unavailable');
      const startedAt = performance.now();
      const { signal } = callLimits;
      const inSlot = async (work: () => Promise<ExecResult>): Promise<ExecResult> => {
        const giveBack = await slots.take(signal).catch(() => undefined);
        if (giveBack === undefined) return aborted(startedAt);
        try {
          await provider.open();
          return await work();
        } finally {
          giveBack();
        }
      };
      const inRoom = (room: Room): Promise<ExecResult> => runIn(command, room, callLimits);
      try {
        // What waits for another runner takes no slot.
        return (await disk()).has === undefined
          ? await workspaces.useAlone(workspace, signal, (room) => inSlot(() => inRoom(room)))
          : await inSlot(() => workspaces.use(workspace, inRoom));
      } catch (error) {
        if (error instanceof AppError || error instanceof FileProblem) throw error;
        if (signal.aborted) return aborted(startedAt);
        throw new AppError('sandbox.unavailable', { cause: error });
      }
    },
    readFile: (workspace, path, { bytesMax }) =>
      workspaces.use(workspace, ({ outside }) => readFileIn(outside, path, bytesMax)),
    useFile: (workspace, path, work) => workspaces.use(workspace, ({ outside }) => useFileIn(outside, path, work)),
    writeFile: (workspace, path, text) =>
      workspaces.use(workspace, async ({ outside, excess }) => {
        if ((await excess()) !== undefined) throw new FileProblem('quota');
        await writeFileIn(outside, path, text, owner);
      }),
    placeFiles: (workspace, files) =>
      workspaces.use(workspace, async ({ outside, excess }) => {
        if ((await excess()) !== undefined) throw new FileProblem('quota');
        for (const file of files) await placeFileIn(outside, file, owner);
      }),
    forget: async (address, bornBefore) => workspaces.forget(workspacePath(root, address), bornBefore),
    sweep: (retentionMs, now = Date.now()) => workspaces.sweep(retentionMs, now),
    async close() {
      await report.begun;
      await workspaces.close();
      await (await groups.begun)?.has?.close();
      await provider.close();
    },
  };
}

const aborted = (startedAt: number): ExecResult => ({
  ...{ reason: 'aborted', exitCode: undefined, output: new Uint8Array(), notes: [], truncated: false },
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
