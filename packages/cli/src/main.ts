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

// Whoever reads along may stop, as `head` does. What runs in front goes on; what only prints is done.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  if (process.argv[2] !== 'up' && process.argv[2] !== 'run') process.exit(0);
});

if (process.argv[2] === '__complete') {
  await (await import('./completion/command.js')).completeCommand(process.argv.slice(3));
  // A connection that may still be open must not hold up the prompt.
  process.exit(0);
}

const { createProgram, explain } = await import('./program.js');
try {
  await createProgram().parseAsync();
} catch (thrown) {
  const { code, message, error } = explain(thrown);
  if (message !== undefined && process.argv.includes('--json'))
    process.stdout.write(`${JSON.stringify({ error: { code: error, message } })}\n`);
  else if (message !== undefined) process.stderr.write(`${message}\n`);
  process.exitCode = code;
}
