#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

enableCompileCache(join(process.env['QUEUECLAW_HOME'] || join(homedir(), '.queueclaw'), 'cache', 'cli'));
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
