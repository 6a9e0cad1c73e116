import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);
const fromSource = here.endsWith('.ts');

/** The folder that holds packages/ and services/. */
export const repositoryRoot: string = join(dirname(here), '..', '..', '..');

export type ServiceName = 'ingress' | 'agent' | 'tool-runner' | 'console' | 'all-in-one';

/** What `run` accepts. */
export const serviceNames: readonly ServiceName[] = ['ingress', 'agent', 'tool-runner', 'console', 'all-in-one'];

/** The entry of a service: built, or its source when this program itself runs from source. */
export function serviceEntry(name: ServiceName): string {
  const place = fromSource ? ['src', 'main.ts'] : ['dist', 'main.js'];
  return join(repositoryRoot, 'services', name, ...place);
}

/** The door of a package that this one does not depend on, for what only `doctor` looks at. */
export function packageEntry(name: 'llm' | 'sandbox'): string {
  const place = fromSource ? ['src', 'index.ts'] : ['dist', 'index.js'];
  return join(repositoryRoot, 'packages', name, ...place);
}
