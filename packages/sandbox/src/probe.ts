import { existsSync, readFileSync } from 'node:fs';
import { type Trial, tryEscapes } from './canaries/try-escapes.js';
import { tryDisk, tryGroups } from './canaries/try-resources.js';
import type { GroupPool } from './groups/pool.js';
import { usualLimits } from './limits.js';
import type { Canary, SandboxReport } from './report.js';
import type { Means } from './resources.js';
import type { Room } from './workspaces/workspaces.js';

type Joins = readonly string[] | undefined;

export type ProbeOptions = Omit<Trial, 'joins'> & {
  readonly groups: Means<GroupPool>;
  /** A way to open a workspace that holds very little, for as long as the work takes. */
  readonly smallRoom: Promise<Means<<T>(work: (room: Room) => Promise<T>) => Promise<T>>>;
};

/** Opens a provider and tries to escape from it, and from its limits. Never throws: what goes wrong is in the report. */
export async function probe(options: ProbeOptions): Promise<SandboxReport> {
  const { provider, groups } = options;
  const disk = async (joins: Joins): Promise<readonly Canary[]> => {
    const { has: inRoom } = await options.smallRoom;
    return inRoom === undefined ? [] : inRoom((room) => tryDisk(provider, room, { joins }));
  };
  const group = groups.has?.make(usualLimits);
  const joins = group?.joins;
  try {
    await provider.open();
    const [escapes, ...resources] = await Promise.all([
      tryEscapes({ ...options, joins }),
      groups.has === undefined
        ? []
        : tried('control groups', tryGroups(provider, groups.has, options.root, options.limits)),
      tried('workspaces', disk(joins)),
    ]);
    const canaries = [...escapes, ...resources.flat()];
    const through = canaries.filter(({ escaped }) => escaped);
    const failed = through.some((canary) => canary.class === 'containment');
    const missing = [groups, await options.smallRoom].flatMap((means) =>
      means.has === undefined ? [means.reason] : [],
    );
    const loose = missing.length > 0 || through.some((canary) => canary.class === 'resources');
    return {
      provider: provider.name,
      containment: failed ? 'failed' : 'ok',
      resources: loose ? 'limited' : 'full',
      reasons: [...through.map(({ name, detail }) => `${name}: ${detail}`), ...missing],
      canaries,
    };
  } catch (error) {
    const reasons = [reasonOf(error), ...hints()];
    return { provider: 'none', containment: 'unavailable', resources: 'limited', reasons, canaries: [] };
  } finally {
    await group?.end();
    await group?.remove();
  }
}

/** Limits that cannot be tried do not hold; whether commands are contained is another matter. */
const tried = async (name: string, canaries: Promise<readonly Canary[]>): Promise<readonly Canary[]> =>
  canaries.catch((error: unknown) => [{ name, class: 'resources', escaped: true, detail: reasonOf(error) }]);

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : 'the sandbox program does not start';
};

const kernelSays = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;

/** Settings of the machine that are known to keep bubblewrap from working. */
function hints(): readonly string[] {
  if (process.platform !== 'linux') return ['commands run on Linux only'];
  const found: string[] = [];
  if (kernelSays('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1')
    found.push('AppArmor restricts user namespaces (kernel.apparmor_restrict_unprivileged_userns = 1)');
  if (kernelSays('/proc/sys/kernel/unprivileged_userns_clone') === '0')
    found.push('user namespaces are off (kernel.unprivileged_userns_clone = 0)');
  if (kernelSays('/proc/sys/user/max_user_namespaces') === '0')
    found.push('user namespaces are off (user.max_user_namespaces = 0)');
  return found;
}
