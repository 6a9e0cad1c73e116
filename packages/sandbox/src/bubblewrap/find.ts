import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The bwrap program and where its libraries are, when not in the system's folders. */
export type Bubblewrap = { readonly program: string; readonly libraries: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds bwrap: `QUEUECLAW_BWRAP`, then `PATH`, then the copy that the set-up unpacked into `.toolchain` of this checkout.
 * Looks at files only. Undefined when there is none.
 */
export function findBubblewrap(env: Environment): Bubblewrap | undefined {
  const named = env['QUEUECLAW_BWRAP'];
  if (named) return { program: named, libraries: [] };
  const toolchain = findToolchain();
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  for (const folder of folders) {
    // The start scripts in there would only cost a shell on every call.
    if (toolchain !== undefined && folder === join(toolchain, 'bin')) continue;
    const program = join(folder, 'bwrap');
    if (isProgram(program)) return { program, libraries: [] };
  }
  return toolchain === undefined ? undefined : unpacked(join(toolchain, 'bubblewrap'));
}

/** Finds a program of the system by name; undefined when it is missing. */
export function findSystemProgram(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map((folder) => join(folder, name)).find(isProgram);
}

function unpacked(folder: string): Bubblewrap | undefined {
  const program = join(folder, 'usr', 'bin', 'bwrap');
  if (!isProgram(program)) return undefined;
  const roots = [join(folder, 'usr', 'lib'), join(folder, 'lib')];
  const libraries = roots.flatMap((root) => subfolders(root).filter(holdsLibraries));
  return { program, libraries };
}

const subfolders = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(folder, entry.name))
    : [];

const holdsLibraries = (folder: string): boolean => readdirSync(folder).some((name) => /\.so(\.|$)/.test(name));

function findToolchain(): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) {
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
  return join(folder, '.toolchain');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
