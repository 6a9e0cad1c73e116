#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './setup/paths.mjs';
import { count, sum } from './setup/test-report.mjs';

const usage = `Usage: pnpm verify [--full]

Everything a change must pass: build and types, format, lint, dead code, and all tests. Build, checks and pure unit tests
are cached by their inputs (turbo); tests on Redis, processes and the sandbox always run. --full adds test/chaos.
`;

const results = join(root, '.turbo', 'results');
const cached = (task) => [
  'turbo',
  'run',
  task,
  '--no-daemon',
  '--ui=stream',
  '--log-prefix=none',
  '--output-logs=full',
];
const real = ['pnpm', '-s', 'run', 'test:real'];

const env = { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) };
const children = new Set();
let interrupted = false;

/** Runs a stage and prints one line about it; a quiet stage shows its output only when it fails. */
async function stage(name, command, { quiet }) {
  if (interrupted) return false;
  if (!quiet) process.stdout.write(`\n${name}\n`);
  const startedAt = Date.now();
  const { code, output } = await execute(command, quiet);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  const how = /FULL TURBO/.test(output) ? 'cached' : `${seconds} s`;
  if (code !== 0 && quiet && !interrupted) process.stdout.write(`\n${withoutFrame(output)}\n\n`);
  process.stdout.write(`${code === 0 ? '✓' : '✗'} ${name} (${how})\n`);
  return code === 0;
}

/** What the tool itself said, without turbo's lines around it. */
function withoutFrame(output) {
  const start = output.search(/^cache (miss|hit|bypass).*$/m);
  const end = output.search(/^\/\/#.* ERROR {2}command/m);
  return (start < 0 || end < 0 ? output : output.slice(output.indexOf('\n', start), end)).trim();
}

function execute([command, ...args], quiet) {
  return new Promise((resolve) => {
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'];
    const child = spawn(command, args, { cwd: root, env, stdio });
    children.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', (error) => resolve({ code: 1, output: `${output}\n${error.message}` }));
    child.once('close', (code) => {
      children.delete(child);
      resolve({ code: code ?? 1, output });
    });
  });
}

async function verify(full) {
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const failed = [];
  const check = async (name, command, quiet = true) => {
    const passed = await stage(name, command, { quiet });
    if (!passed) failed.push(name);
  };
  await check('build and types', cached('check:types'));
  await Promise.all([check('format', cached('check:format')), check('lint', cached('check:lint'))]);
  await Promise.all([check('dead code', cached('check:dead-code')), check('unit tests', cached('test:unit'))]);
  await check('tests on Redis, processes, sandbox, architecture, end to end', real, false);
  if (full) await check('chaos', ['pnpm', '-s', 'run', 'test:chaos'], false);
  return report(failed, full);
}

/** Ends with the true number of tests; a check that failed without a failing test counts as one failure. */
function report(failed, full) {
  const files = { 'unit tests': 'unit', 'tests on Redis, processes, sandbox, architecture, end to end': 'real' };
  if (full) files.chaos = 'chaos';
  const counts = Object.entries(files).map(([name, file]) => {
    const found = count(join(results, `${file}.json`));
    return failed.includes(name) && found.failed === 0 ? { ...found, failed: 1 } : found;
  });
  const others = failed.filter((name) => !(name in files)).length;
  const total = sum([...counts, { passed: 0, failed: others }]);
  if (failed.length > 0) process.stdout.write(`\nFailed: ${failed.join(', ')}\n`);
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0 ? 0 : 1;
}

if (process.argv.includes('--help')) process.stdout.write(usage);
else {
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => {
      interrupted = true;
      for (const child of children) child.kill(signal);
    });
  const code = await verify(process.argv.includes('--full'));
  process.exitCode = interrupted ? 130 : code;
}
