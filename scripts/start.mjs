#!/usr/bin/env node
import { bootstrap } from './bootstrap.mjs';
import { build, commandLine, isBuilt } from './build.mjs';
import { root } from './setup/paths.mjs';
import { complain, progress } from './setup/report.mjs';
import { runInFront } from './setup/run.mjs';

const usage = `Usage: npm start [-- <options of "queueclaw up">]

Installs what is missing (into this folder only), builds, and starts the whole system. Ctrl-C stops it.
"./queueclaw up --help" lists the options.
`;

const args = process.argv.slice(2);
if (args.includes('--help')) process.stdout.write(usage);
else {
  try {
    const env = await bootstrap();
    if (!isBuilt()) progress('Building ...');
    await build({ env });
    process.exitCode = await runInFront('node', [commandLine, 'up', ...args], { cwd: root, env });
  } catch (error) {
    complain(error);
  }
}
