#!/usr/bin/env node
import { pathToFileURL } from 'node:url';
import { bootstrap } from './bootstrap.mjs';
import { build, commandLine, isBuilt } from './build.mjs';
import { nodeMajor } from './setup/node.mjs';
import { progress, complain } from './setup/report.mjs';
import { runInFront } from './setup/run.mjs';

/** The command line from a checkout: prepared on first use, then in this very process when its Node is new enough. */
try {
  const env = await bootstrap();
  if (!isBuilt()) {
    progress('Building ...');
    await build({ env });
  }
  const args = process.argv.slice(2);
  if (Number(process.versions.node.split('.')[0]) >= nodeMajor) {
    Object.assign(process.env, env);
    process.argv = [process.execPath, commandLine, ...args];
    await import(pathToFileURL(commandLine).href);
  } else process.exitCode = await runInFront('node', [commandLine, ...args], { env });
} catch (error) {
  complain(error);
}
