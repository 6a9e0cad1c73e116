#!/usr/bin/env node
import { bootstrap } from './bootstrap.mjs';
import { build } from './build.mjs';
import { root } from './setup/paths.mjs';
import { complain, progress } from './setup/report.mjs';
import { runInFront } from './setup/run.mjs';

const usage = `Usage: npm run bench [-- <name> ...]

Starts what it needs, measures, prints a table and writes bench/results/latest.json.
`;

const args = process.argv.slice(2);
if (args.includes('--help')) process.stdout.write(usage);
else {
  try {
    const env = await bootstrap({ forTests: true });
    progress('Building ...');
    await build({ env });
    process.exitCode = await runInFront('node', ['bench/main.ts', ...args], { cwd: root, env });
  } catch (error) {
    complain(error);
  }
}
