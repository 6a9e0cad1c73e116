import { AppError } from '@queueclaw/contracts';

const ofProcess = 32;
const ofCaller = 8;

/** Counts uploads under way, so that nobody fills the disk with halves. */
export type UploadsAtOnce = {
  /**
   * Runs an upload of a caller.
   * @throws AppError `rate.limited` when too many run already
   */
  run<T>(caller: string, upload: () => Promise<T>): Promise<T>;
};

/** At most 32 uploads of a process and 8 of one caller. */
export function uploadsAtOnce(): UploadsAtOnce {
  const running = new Map<string, number>();
  let all = 0;
  return {
    run: async (caller, upload) => {
      const own = running.get(caller) ?? 0;
      if (all >= ofProcess || own >= ofCaller) throw new AppError('rate.limited', { retryAfterMs: 1_000 });
      all += 1;
      running.set(caller, own + 1);
      try {
        return await upload();
      } finally {
        all -= 1;
        const left = (running.get(caller) ?? 1) - 1;
        if (left === 0) running.delete(caller);
        else running.set(caller, left);
      }
    },
  };
}
