import { existsSync, readFileSync } from 'node:fs';
import { tryEscapes } from './canaries/try-escapes.js';
import type { Provider } from './provider.js';
import type { SandboxReport } from './report.js';

const notBoundYet = [
  'no cgroup: memory and processor time are bounded per process, not per call',
  'a workspace has no quota',
];

/** Opens a provider and tries to escape from it. Never throws: what goes wrong is in the report. */
export async function probe(
  provider: Provider,
  root: string,
  makeWorkspace: (path: string) => Promise<void>,
): Promise<SandboxReport> {
  try {
    await provider.open();
    const canaries = await tryEscapes(provider, root, makeWorkspace);
    const through = canaries.filter(({ escaped }) => escaped);
    const failed = through.some((canary) => canary.class === 'containment');
    return {
      provider: provider.name,
      containment: failed ? 'failed' : 'ok',
      resources: 'limited',
      reasons: [...through.map(({ name, detail }) => `${name}: ${detail}`), ...notBoundYet],
      canaries,
    };
  } catch (error) {
    const reasons = [reasonOf(error), ...hints()];
    return { provider: 'none', containment: 'unavailable', resources: 'limited', reasons, canaries: [] };
  }
}

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
