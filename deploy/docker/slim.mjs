import { readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

// Takes out of a folder of `pnpm deploy` what a running service never reads: sources, declarations, source maps, documentation
// and tests. Node runs no TypeScript below node_modules. Licences stay.
//   node slim.mjs <folder>

const unread = /\.(ts|mts|cts|map|tsbuildinfo|md|markdown|flow)$|^tsconfig(\..+)?\.json$/i;
const licence = /licen[cs]e|notice|copying/i;
let bytes = 0;

const walk = (folder) => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path);
    else if (entry.isFile() && unread.test(entry.name) && !licence.test(basename(path))) {
      bytes += statSync(path).size;
      rmSync(path);
    }
  }
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
};

const [folder = ''] = process.argv.slice(2);
if (folder === '') throw new Error('say which folder');
walk(folder);
process.stdout.write(`${folder}: ${(bytes / 1e6).toFixed(0)} MB that nobody reads are gone\n`);
