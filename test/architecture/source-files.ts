import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A file by its path from the root, with forward slashes, and its text. */
export type SourceFile = { path: string; text: string };

/** Text of a file by its path from the root; undefined when there is none. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

/** All files below `folders` whose name ends in one of `endings`, without what is built or installed. */
export function filesBelow(folders: readonly string[], endings: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) => walk(join(root, folder), endings));
}

/** The TypeScript of every package and service, tests included. */
export const sourceFiles = (): SourceFile[] => filesBelow(['packages', 'services'], ['.ts']);

function walk(folder: string, endings: readonly string[]): SourceFile[] {
  const found: SourceFile[] = [];
  if (!existsSync(folder)) return found;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!['node_modules', 'dist', 'fixtures'].includes(entry.name)) found.push(...walk(path, endings));
    } else if (endings.some((ending) => entry.name.endsWith(ending)))
      found.push({ path: relative(root, path).split(sep).join('/'), text: readFileSync(path, 'utf8') });
  }
  return found;
}
