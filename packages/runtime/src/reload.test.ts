import { AppError } from '@queueclaw/contracts';
import { eventually } from '@queueclaw/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConfigChange } from './config/compare.js';
import { loadConfig, readConfig } from './config/load.js';
import type { Config } from './config/schema.js';
import { fileMark } from './config/watch-file.js';
import { createLive, type LiveCell } from './live.js';
import { createLogger } from './logger.js';
import { type Reloader, reloadOnChange } from './reload.js';

let folder = '';
let file = '';
let log: string[] = [];
let changes: ConfigChange[] = [];
let settings: LiveCell<Config>;
let reloader: Reloader;

const write = (text: string): void => writeFileSync(file, text);
const steps = (): number => settings.current().limits.steps;
const said = (text: string): Promise<void> => eventually(() => expect(log.join('')).toContain(text));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qc-reload-'));
  file = join(folder, 'queueclaw.yaml');
  [log, changes] = [[], []];
  write('limits: { steps: 1 }\n');
  const mark = fileMark(file);
  const world = { env: {}, cwd: folder };
  settings = createLive(loadConfig(world).config);
  const logger = createLogger('test', 'info', (line) => void log.push(line));
  const read = (): ReturnType<typeof readConfig> => readConfig(world);
  const onReloaded = (change: ConfigChange): void => void changes.push(change);
  reloader = reloadOnChange({ settings, read, file, mark, env: {}, logger, onReloaded, everyMs: 20 });
});
afterEach(() => {
  reloader.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('an edit comes into force and is named; what needs a restart is named too', async () => {
  write('limits: { steps: 2 }\nserver: { port: 81 }\n');
  await said('restart needed for what changed in the configuration: server.port');
  expect(log.join('')).toContain('"changed":["limits.steps"]');
  expect([steps(), settings.current().server.port]).toEqual([2, 8080]);
  expect(changes).toHaveLength(1);
});

test('a file that is not valid changes nothing and is complained about with its lines; the next good one counts', async () => {
  write('limits:\n  stepps: 2\n');
  await said('queueclaw.yaml:2: limits.stepps: unknown key; did you mean steps?');
  expect(steps()).toBe(1);
  write('limits: { steps: 3 }\n');
  await eventually(() => expect(steps()).toBe(3));
});

test('a file that is gone or empty does not mean the defaults', async () => {
  write('');
  await said('queueclaw.yaml is gone or empty');
  rmSync(file);
  await reloader.reload();
  expect(steps()).toBe(1);
});

test('what a part of the service cannot work with is refused whole', async () => {
  settings.onChange((next) => {
    if (next.llm.default === 'nonsense')
      throw new AppError('config.invalid', { publicMessage: 'There is no model nonsense' });
    return () => undefined;
  });
  write('limits: { steps: 2 }\nllm: { default: nonsense }\n');
  await said('There is no model nonsense');
  expect(steps()).toBe(1);
});

test('secrets that come with a reload are taken out of what is said from then on', async () => {
  write('llm: { models: { m: { provider: openai, api_key: sk-a-new-secret-key } } }\n');
  await said('the configuration was reloaded');
  createLogger('test', 'info', (line) => void log.push(line)).info('sk-a-new-secret-key');
  expect(log.join('')).not.toContain('sk-a-new-secret-key');
});

test('nothing is said when nothing has changed', async () => {
  await reloader.reload();
  expect([log, changes]).toEqual([[], []]);
});
