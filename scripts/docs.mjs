#!/usr/bin/env node
import { mkdirSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { root } from './setup/paths.mjs';

// Writes the pages that are made from the sources. Needs Node 24 and the dependencies: run it with "pnpm run docs".

// Sources name each other as they are built.
registerHooks({
  resolve(specifier, context, next) {
    const written = specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts');
    return next(written ? `${specifier.slice(0, -3)}.ts` : specifier, context);
  },
});
const { errorTable } = await import('../packages/contracts/src/errors.ts');
const { errorsPage } = await import('./docs/errors-page.ts');

mkdirSync(join(root, 'docs'), { recursive: true });
writeFileSync(join(root, 'docs', 'errors.md'), errorsPage(errorTable));
process.stdout.write('docs/errors.md\n');
