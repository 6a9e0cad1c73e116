import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ConfigReading, readConfig } from './load.js';
import { formatProblem } from './problem.js';
import { Config } from './schema.js';
import { collectSecrets } from './secrets.js';
import { showConfig } from './show.js';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qc-blobs-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const read = (blobs: string): ConfigReading => {
  writeFileSync(join(cwd, 'queueclaw.yaml'), `state: { blobs: { ${blobs} } }\n`);
  return readConfig({ env: {}, cwd });
};

test.each([
  ['a bucket that is missing', 'provider: s3', 's3 needs a bucket'],
  ['half of a key', 'access_key: abcdefgh', 'access_key and secret_key are set together'],
  ['a folder that means another one in every process', 'path: blobs', 'must be an absolute path'],
  ['a prefix that leads elsewhere', 'prefix: ../other', 'prefix'],
  ['an address that is none', 'endpoint: "file:///etc"', 'endpoint'],
])('%s is refused', (_, blobs, why) => {
  const reading = read(blobs);
  expect(reading.ok ? [] : reading.problems.map(formatProblem)).toEqual([expect.stringContaining(why)]);
});

test('every key of a bucket is a secret: never shown, always redacted', () => {
  const keys = {
    ...{ access_key: 'AKIA-of-the-writer', secret_key: 'secret-of-the-writer' },
    ...{ runner_access_key: 'AKIA-of-the-reader', runner_secret_key: 'secret-of-the-reader' },
  };
  const config = Config.parse({ state: { blobs: { provider: 's3', bucket: 'b', ...keys } } });
  expect(JSON.stringify(showConfig(config))).not.toMatch(/-of-the-/);
  expect(collectSecrets(config, {})).toEqual(expect.arrayContaining(Object.values(keys)));
});
