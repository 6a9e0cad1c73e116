#!/usr/bin/env node
import { bootstrap } from './bootstrap.mjs';
import { root } from './setup/paths.mjs';
import { complain } from './setup/report.mjs';
import { runInFront } from './setup/run.mjs';

const usage = `Usage: npm test [-- --full]

Installs what is missing (into this folder only) and checks everything: format, lint, types, dead code, tests.
--full also runs the storms of test/chaos.
`;

const args = process.argv.slice(2);
if (args.includes('--help')) process.stdout.write(usage);
else {
  try {
    const env = await bootstrap({ forTests: true, withProsody: true });
    process.exitCode = await runInFront('node', ['scripts/verify.mjs', ...args], { cwd: root, env });
  } catch (error) {
    complain(error);
  }
}
