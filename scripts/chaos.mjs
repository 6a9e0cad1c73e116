#!/usr/bin/env node
import { bootstrap } from './bootstrap.mjs';
import { root } from './setup/paths.mjs';
import { complain } from './setup/report.mjs';
import { runInFront } from './setup/run.mjs';

const node = [
  '--conditions=source',
  '--disable-warning=ExperimentalWarning',
  '--import',
  './test/chaos/from-source.mjs',
];

try {
  const env = await bootstrap({ forTests: true });
  const args = [...node, 'test/chaos/main.ts', ...process.argv.slice(2)];
  process.exitCode = await runInFront('node', args, { cwd: root, env });
} catch (error) {
  complain(error);
}
