import { posix } from 'node:path';
import { mayImport, onlyIn, strangers } from './rules.js';
import { readText, type SourceFile } from './source-files.js';
import { factsOf, type Import } from './syntax.js';

/** What a file imports against the layout, one sentence each. */
export function violations(file: SourceFile): string[] {
  const home = /^(packages|services)\/[^/]+/.exec(file.path)?.[0];
  if (home === undefined) return [`${file.path} is in no package`];
  const isTest = isForTests(file.path);
  return factsOf(file).imports.flatMap((found) => {
    const problem = found.from.startsWith('.')
      ? besideProblem(file.path, home, found)
      : (packageProblem(home, found, isTest) ?? ownerProblem(file.path, found, isTest));
    return problem === undefined ? [] : [`${file.path} imports ${found.from}: ${problem}`];
  });
}

/** Tests and what only they use: fixtures and `testing` folders inside a package. */
export const isForTests = (path: string): boolean => /(\.test|-fixture)\.[jt]s$|\/src\/testing\//.test(path);

function besideProblem(path: string, home: string, { from, kind }: Import): string | undefined {
  const target = posix.join(posix.dirname(path), from);
  if (!target.startsWith(`${home}/`)) return `it lies outside ${home}`;
  if (isForTests(path) || home === 'packages/testing') return undefined;
  if (isForTests(target)) return 'the product does not use what is for tests';
  for (const folder of strangers) {
    const [mine, theirs] = [path, target].map((one) => (one.startsWith(folder) ? folderAfter(one, folder) : undefined));
    if (mine !== undefined && theirs !== undefined && mine !== theirs) return `${mine} and ${theirs} are strangers`;
  }
  // What the model sees of a tool must not load what the runner does: that comes with the first call.
  if (
    path.startsWith('packages/tools/src/') &&
    path.endsWith('/spec.ts') &&
    /\/run\.js$/.test(from) &&
    kind === 'static'
  )
    return 'a spec must not load the code of its tool';
  return undefined;
}

function packageProblem(home: string, { from }: Import, isTest: boolean): string | undefined {
  const [, name, deep] = /^@queueclaw\/([^/]+)(\/.*)?$/.exec(from) ?? [];
  if (name === undefined || `packages/${name}` === home) return undefined;
  if (deep !== undefined && !doors(name).includes(`.${deep}`)) return 'only the doors of a package may be imported';
  if (isTest && name === 'testing') return undefined;
  const allowed = mayImport[home] ?? [];
  return allowed.includes(name) || allowed.includes(`${name}${deep ?? ''}`) ? undefined : `${home} may not know it`;
}

/** What a package or service offers by its `exports`. */
function doors(name: string): string[] {
  const manifest = readText(`packages/${name}/package.json`) ?? readText(`services/${name}/package.json`) ?? '{}';
  return Object.keys((JSON.parse(manifest) as { exports?: Record<string, unknown> }).exports ?? {});
}

function ownerProblem(path: string, { from }: Import, isTest: boolean): string | undefined {
  const name = /^(@[^/]+\/[^/]+|node:[^/]+|[^/]+)/.exec(from)?.[0] ?? from;
  const owners = onlyIn[name];
  if (isTest || owners === undefined || owners.some((folder) => path.startsWith(folder))) return undefined;
  return `it belongs to ${owners.join(', ')}`;
}

/** `openai` for packages/llm/src/openai/stream.ts; undefined for a file that lies directly in the folder. */
function folderAfter(path: string, folder: string): string | undefined {
  const rest = path.slice(folder.length);
  return rest.includes('/') ? rest.slice(0, rest.indexOf('/')) : undefined;
}
