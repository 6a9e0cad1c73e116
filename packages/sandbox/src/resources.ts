import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Staging } from './bubblewrap/staging.js';
import { openGroupPool, type GroupPool } from './groups/pool.js';
import { findLayout } from './groups/layout.js';
import type { SandboxLimits } from './limits.js';
import type { Provider } from './provider.js';
import { smallWorkspace } from './canaries/try-resources.js';
import { makeImage, mountImage, unmountImages } from './workspaces/image.js';
import type { Owner } from './workspaces/place.js';

/** A way to bound that this machine has, or why it has none. */
export type Means<T> = { readonly has: T } | { readonly has: undefined; readonly reason: string };

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Control groups for as many calls at once. Never throws. */
export async function findGroups(limits: SandboxLimits, size: number): Promise<Means<GroupPool>> {
  try {
    return { has: await openGroupPool(findLayout(), limits, size) };
  } catch (error) {
    return { has: undefined, reason: reasonOf(error) };
  }
}

const programs =
  'for name in mkfs.ext4 e2fsck losetup flock truncate; do command -v $name >/dev/null || { echo "$name is missing"; exit 1; }; done';

/**
 * Where workspaces can be mounted: a small one was made and mounted below `folder`, which is removed again. Never throws: a
 * sandbox that does not start has none.
 */
export async function findStaging(provider: Provider, folder: string, owner: Owner): Promise<Means<Staging>> {
  const none = (why: string): Means<Staging> => ({ has: undefined, reason: `no size-limited workspaces: ${why}` });
  try {
    await provider.open();
    const { staging } = provider;
    if (staging === undefined)
      return none(process.getuid?.() === 0 ? 'no mount namespace can be made' : 'the runner is not root');
    await staging.run(programs, []);
    await mkdir(folder, { mode: 0o700 });
    await makeImage(staging, join(folder, 'image'), join(folder, 'draft'), smallWorkspace, owner);
    await mountImage(staging, join(folder, 'image'), `${staging.mounts}/trial`);
    await unmountImages(staging, [`${staging.mounts}/trial`]);
    return { has: staging };
  } catch (error) {
    return none(reasonOf(error));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
