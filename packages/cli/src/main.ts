#!/usr/bin/env node
import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

// A supervisor that waits needs little memory more than speed; before anything else is loaded.
if (process.argv[2] === 'up') setFlagsFromString('--optimize-for-size');
const home = process.env['QUEUECLAW_HOME'] || join(homedir(), '.queueclaw');
try {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  enableCompileCache(join(home, 'cache', 'cli'));
} catch {
  // Only slower without; doctor says what is wrong with the folder.
}
try {
  process.loadEnvFile('.env');
} catch {
  // There need not be one.
}

const { createProgram, explain } = await import('./program.js');
try {
  await createProgram().parseAsync();
} catch (error) {
  const { code, message } = explain(error);
  if (message !== undefined) process.stderr.write(`${message}\n`);
  process.exitCode = code;
}
