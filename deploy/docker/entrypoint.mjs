import { readFileSync } from 'node:fs';

// Starts one service in this process: `entrypoint.mjs ingress`. What is secret comes from files: NAME_FILE=/run/secrets/x sets
// NAME to what the file holds, and REDIS_PASSWORD goes into REDIS_URL. An empty file counts as unset. Names that this does not
// know, such as a channel's token that the configuration asks for, count when their file is one of the secrets.

const services = ['ingress', 'agent', 'tool-runner', 'console', 'all-in-one'];
const fromFiles = [
  ...['REDIS_PASSWORD', 'QUEUECLAW_MAIL_KEY', 'QUEUECLAW_TOKEN', 'QUEUECLAW_OPERATOR_TOKEN'],
  ...['ANTHROPIC_API_KEY', 'OPENAI_API_KEY'],
];

const fail = (text) => {
  process.stderr.write(`${text}\n`);
  process.exit(2);
};

const { env } = process;
for (const [variable, file] of Object.entries(env)) {
  const name = /^(\w+)_FILE$/.exec(variable)?.[1];
  if (!name || !file || !(fromFiles.includes(name) || file.startsWith('/run/secrets/'))) continue;
  try {
    const value = readFileSync(file, 'utf8').trim();
    if (value !== '') env[name] = value;
  } catch (error) {
    fail(`${variable}: ${file} cannot be read (${error.code}).`);
  }
  delete env[variable];
}
if (env.REDIS_PASSWORD) {
  if (!URL.canParse(env.REDIS_URL ?? ''))
    fail('REDIS_PASSWORD needs a REDIS_URL to go into, like redis://agent@redis:6379.');
  const url = new URL(env.REDIS_URL);
  url.password = encodeURIComponent(env.REDIS_PASSWORD);
  env.REDIS_URL = url.href;
  delete env.REDIS_PASSWORD;
}

const [service = ''] = process.argv.slice(2);
if (!services.includes(service)) fail(`Say which service to run: ${services.join(', ')}.`);
await import(new URL(`../../services/${service}/dist/main.js`, import.meta.url).href);
