#!/usr/bin/env node
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorTable } from '../packages/contracts/src/errors.ts';
import { errorsPage } from './docs/errors-page.ts';
import { root } from './setup/paths.mjs';

// Writes the pages that are made from the sources. Needs Node 24 and the dependencies: run it with "pnpm run docs".
mkdirSync(join(root, 'docs'), { recursive: true });
writeFileSync(join(root, 'docs', 'errors.md'), errorsPage(errorTable));
process.stdout.write('docs/errors.md\n');
