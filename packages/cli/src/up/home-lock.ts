import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { identify, isRunning, type ProcessIdentity } from './process-identity.js';
import { tell } from '../phrases/index.js';

const Identity = z.object({ pid: z.number().int().positive(), start: z.string() });

/** What a running `up` writes down about itself, so that the next one, `doctor` and people can find it. */
export const UpState = z.object({
  owner: Identity,
  /** In the order in which they are to be stopped. */
  children: z.array(Identity.extend({ name: z.string() })).default([]),
  /** A folder of its own for the socket of Redis, when the home's path is too long for one. */
  socketFolder: z.string().optional(),
  chat: z.string().optional(),
  console: z.string().optional(),
  /** Health ports by process. */
  health: z.record(z.string(), z.number().int()).default({}),
});
export type UpState = z.infer<typeof UpState>;

export type HomeLock = {
  /** Replaces what is written down. */
  write(state: Omit<UpState, 'owner'>): void;
  release(): void;
};

export type LockOutcome =
  | { readonly held: true; readonly lock: HomeLock; readonly stale: UpState | undefined }
  | { readonly held: false; readonly owner: ProcessIdentity; readonly state: UpState };

const attemptsMax = 20;

/** What the `up` of a home has written down; undefined when none has. Whether it still runs, `isRunning(owner)` says. */
export function readUpState(runFolder: string): UpState | undefined {
  try {
    return UpState.safeParse(JSON.parse(readFileSync(join(runFolder, 'up.json'), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

const writeDraft = (runFolder: string, state: UpState): string => {
  const draft = join(runFolder, `up.json.${process.pid}`);
  writeFileSync(draft, JSON.stringify(state), { mode: 0o600 });
  return draft;
};

/**
 * Takes the home for this process; one `up` at a time may have it. The lock of a process that died is taken over, and
 * what it had written down is returned so that its children can be ended.
 */
export function lockHome(runFolder: string): LockOutcome {
  const file = join(runFolder, 'up.json');
  const owner = identify(process.pid) ?? { pid: process.pid, start: '' };
  let stale: UpState | undefined;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const draft = writeDraft(runFolder, { owner, children: [], health: {} });
    try {
      linkSync(draft, file);
      return { held: true, stale, lock: holdLock(runFolder, owner) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    const state = readUpState(runFolder);
    if (state !== undefined && isRunning(state.owner)) return { held: false, owner: state.owner, state };
    stale = state ?? stale;
    setAside(file, state);
  }
  throw new Error(tell('error.lock', { file }));
}

/** Moves a dead process's lock away; if another `up` took it over in that moment, that one's lock is put back. */
const setAside = (file: string, expected: UpState | undefined): void => {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    const moved = UpState.safeParse(JSON.parse(readFileSync(aside, 'utf8'))).data;
    if (moved !== undefined && moved.owner.pid !== expected?.owner.pid && isRunning(moved.owner)) linkSync(aside, file);
  } catch {
    // Gone or put back by somebody else: the next attempt sees what is there now.
  } finally {
    rmSync(aside, { force: true });
  }
};

const holdLock = (runFolder: string, owner: ProcessIdentity): HomeLock => {
  const file = join(runFolder, 'up.json');
  return {
    write: (state) => renameSync(writeDraft(runFolder, { ...state, owner }), file),
    release: () => rmSync(file, { force: true }),
  };
};
