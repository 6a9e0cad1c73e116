import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const cache = join(import.meta.dirname, '../../node_modules/.cache/chromium');

/**
 * A headless Chromium: the one that `QUEUECLAW_CHROMIUM` names, else the one that comes with the dependencies (Linux on x86-64;
 * unpacked on first use).
 * @throws Error when there is none for this machine
 */
export async function launchBrowser(): Promise<Browser> {
  const named = process.env['QUEUECLAW_CHROMIUM'];
  if (named !== undefined) return chromium.launch({ executablePath: named });
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('Set QUEUECLAW_CHROMIUM to a Chromium or Chrome of this machine.');
  await mkdir(cache, { recursive: true });
  const before = { ...process.env };
  // It unpacks below TMPDIR, and brings the libraries it needs only where it believes to be in the cloud.
  Object.assign(process.env, { TMPDIR: cache, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' });
  try {
    const { default: packed } = await import('@sparticuz/chromium');
    packed.setGraphicsMode = false;
    const executablePath = await packed.executablePath();
    const { LD_LIBRARY_PATH = '', FONTCONFIG_PATH = '' } = process.env;
    const env = { PATH: process.env['PATH'] ?? '', HOME: cache, LD_LIBRARY_PATH, FONTCONFIG_PATH };
    // Its pages are ours; its own sandbox needs what containers and root do not have.
    return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'], env });
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}
