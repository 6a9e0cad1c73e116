import { setTimeout as pause } from 'node:timers/promises';

const triesMax = 60;
const waitMs = 250;

/** Calls until it is answered and not with 5xx, as platforms do. Resolves to the last answer's status, 0 when there was none. */
export async function redeliver(call: () => Promise<{ readonly status: number }>): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const status = await call().then(
      (answer) => answer.status,
      () => 0,
    );
    if ((status !== 0 && status < 500) || tries >= triesMax) return status;
    await pause(waitMs);
  }
}
