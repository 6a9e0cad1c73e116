#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Makes the files that docker-compose.yaml hands to the services as secrets, in deploy/secrets; those that exist stay.
// Only the folder is closed to others: inside a container the services run as a user that this machine does not know.

const folder = process.argv[2] ?? fileURLToPath(new URL('secrets', import.meta.url));
const random = ['redis_ingress', 'redis_agent', 'redis_tool-runner', 'redis_console', 'redis_admin'];
const secrets = {
  mail_key: 32,
  token: 24,
  operator_token: 24,
  ...Object.fromEntries(random.map((name) => [name, 24])),
};
/** Yours to fill in; an empty file counts as not set. */
const keys = ['anthropic_api_key', 'openai_api_key'];

mkdirSync(folder, { recursive: true, mode: 0o700 });
const make = (name, text) => {
  const file = join(folder, name);
  if (existsSync(file)) return;
  writeFileSync(file, text, { mode: 0o444, flag: 'wx' });
  process.stdout.write(`${file}\n`);
};
for (const [name, bytes] of Object.entries(secrets)) make(name, `${randomBytes(bytes).toString('hex')}\n`);
for (const name of keys) make(name, '');
