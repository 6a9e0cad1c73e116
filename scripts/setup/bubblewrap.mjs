import { cachedProgram, unpackProgram } from './native.mjs';
import { Interrupted, progress } from './report.mjs';
import { which } from './run.mjs';

/** The sandbox program: named by the operator, on PATH, or unpacked by an earlier set-up; undefined when missing. */
export const findBubblewrap = (env) => env.QUEUECLAW_BWRAP || which('bwrap', env) || cachedProgram('bwrap');

/**
 * Unpacks bubblewrap and returns its path, or undefined where that is impossible: the system then starts without the
 * shell tool, and says so itself. Call it under the lock.
 */
export async function installBubblewrap() {
  if (process.platform !== 'linux') {
    progress('The sandbox needs Linux (bubblewrap): the shell tool will be refused on this machine.');
    return undefined;
  }
  progress('Installing bubblewrap ...');
  try {
    return await unpackProgram({ name: 'bwrap', packageName: 'bubblewrap', program: 'usr/bin/bwrap' });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    progress(
      `bubblewrap could not be installed: the shell tool will be refused. Install it yourself. (${error.message})`,
    );
    return undefined;
  }
}
