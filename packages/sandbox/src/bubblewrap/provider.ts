import { dirname } from 'node:path';
import type { Launch, Provider } from '../provider.js';
import { architecture } from '../seccomp/architecture.js';
import { encode } from '../seccomp/bpf.js';
import { commandRules } from '../seccomp/program.js';
import type { SandboxLimits } from '../limits.js';
import { callArguments, fixedArguments, joinArguments, prlimitArguments, startMark } from './arguments.js';
import { findBubblewrap, findSystemProgram } from './find.js';
import { countsPerNamespace } from './kernel.js';
import { isReachable } from './reach.js';
import { openStaging, type Staging } from './staging.js';

export type BubblewrapOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that holds all workspaces; it exists. */
  readonly workspaces: string;
  /** Whom commands run as when this process is root; undefined: as this process's user. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  readonly limits: SandboxLimits;
};

/**
 * The machine's bubblewrap as a provider: an empty root with the system's programs read-only, a clean environment, no
 * network, no capability, a seccomp program, bounds per process.
 */
export function bubblewrapProvider({ env, workspaces, user, limits }: BubblewrapOptions): Provider {
  const found = findBubblewrap(env);
  const prlimit = findSystemProgram('prlimit');
  const machine = architecture(process.arch);
  const rules = machine && encode(commandRules(machine));
  const fixed = [...prlimitArguments(limits), '--'];
  const processes = countsPerNamespace() ? limits.processes : undefined;
  let staging: Promise<Staging | undefined> | undefined;
  let staged: Staging | undefined;
  let inside: readonly string[] = [];

  const stage = async (): Promise<Staging | undefined> => {
    if (found === undefined) throw new Error('bubblewrap (bwrap) is not installed');
    if (prlimit === undefined) throw new Error('prlimit (util-linux) is missing');
    if (rules === undefined) throw new Error(`no seccomp rules for this processor (${process.arch})`);
    inside = fixedArguments();
    const folders = [workspaces, dirname(found.program), ...found.libraries];
    const hidden = [...new Set(folders)].filter((folder) => !isReachable(`${folder}/x`));
    if (user === undefined) return undefined;
    // Without hidden folders it is for workspaces alone, which can do without.
    return openStaging(hidden, folders).catch((error: unknown) =>
      hidden.length === 0 ? undefined : Promise.reject(error),
    );
  };

  return {
    name: 'bubblewrap',
    async open() {
      if (staged?.isOpen === false) staging = undefined;
      staging ??= stage();
      staged = await staging;
    },
    get staging(): Staging | undefined {
      return staged;
    },
    launch(command, { workspace, readOnly = false, joins = [] }): Launch {
      if (found === undefined || prlimit === undefined) throw new Error('not open');
      const place = (path: string): string => staged?.place(path) ?? path;
      const line = [
        ...[prlimit, ...fixed, place(found.program), ...inside],
        ...callArguments({ command, workspace: place(workspace), readOnly, processes }),
      ];
      const libraries = found.libraries.map(place).join(':');
      const common = {
        env: libraries === '' ? {} : { LD_LIBRARY_PATH: libraries },
        ...{ cwd: '/', rules, reportsStatus: true, startMark },
      };
      if (user === undefined || (staged === undefined && joins.length === 0))
        return { ...common, ...split([...joinArguments(joins), ...line]), user };
      return { ...common, ...split([...joinArguments(joins), ...becoming(user, staged), ...line]) };
    },
    async close() {
      const open = await staging?.catch(() => undefined);
      staging = undefined;
      await open?.close();
    },
  };
}

/** The program that goes on as another user, in the staging when there is one; the line to run follows. */
function becoming(
  user: { readonly uid: number; readonly gid: number },
  staging: Staging | undefined,
): readonly string[] {
  const { uid, gid } = user;
  if (staging === undefined)
    return [findSystemProgram('setpriv') ?? 'setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
  const nsenter = findSystemProgram('nsenter') ?? 'nsenter';
  return [nsenter, `--mount=${staging.namespace}`, '--setgid', String(gid), '--setuid', String(uid), '--'];
}

const split = ([file = '', ...args]: readonly string[]): { file: string; args: readonly string[] } => ({ file, args });
