import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { progress } from './report.mjs';

const beatMs = 2_000;
const silentMs = 30_000;

/**
 * Runs `work` while holding the folder `path` as a lock between processes. Waits for a living holder; takes over from
 * one that died (its process is gone, or it has not touched the lock for 30 s).
 */
export async function withLock(path, work) {
  const token = `${process.pid}@${hostname()} ${Date.now()}`;
  await acquire(path, token);
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), beatMs);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if ((await holder(path)) === token) await rm(path, { recursive: true, force: true });
  }
}

async function acquire(path, token) {
  await mkdir(dirname(path), { recursive: true });
  for (let told = false; ;) {
    try {
      await mkdir(path);
      await writeFile(join(path, 'holder'), token);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const seen = await holder(path);
    if (await isAbandoned(path, seen)) {
      await breakLock(path, seen);
      continue;
    }
    if (!told) progress(`Another set-up is running (process ${seen?.split('@')[0] ?? 'unknown'}), waiting for it ...`);
    told = true;
    await pause(200);
  }
}

const holder = (path) => readFile(join(path, 'holder'), 'utf8').catch(() => undefined);

async function isAbandoned(path, seen) {
  const touchedAt = await stat(path).then(
    (entry) => entry.mtimeMs,
    () => Date.now(),
  );
  if (Date.now() - touchedAt > silentMs) return true;
  if (seen === undefined) return false;
  const [pid, host] = seen.split(' ')[0].split('@');
  return host === hostname() && !isAlive(Number(pid));
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Moves the lock away and looks again: whoever was faster may already hold a fresh one, which then goes back. */
async function breakLock(path, seen) {
  const aside = `${path}-${process.pid}-${Date.now()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await holder(aside)) === seen) await rm(aside, { recursive: true, force: true });
  else await rename(aside, path).catch(() => undefined);
}
