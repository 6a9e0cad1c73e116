/** A machine whose clock is wrong by so many milliseconds. */
const offsetMs = Number(process.env['QUEUECLAW_CHAOS_CLOCK_MS'] ?? 0);
const Right = Date;
const rightNow = Date.now;

class Wrong extends Right {
  constructor(...given: [] | [number]) {
    if (given.length === 0) super(rightNow() + offsetMs);
    else super(...given);
  }
  static override now(): number {
    return rightNow() + offsetMs;
  }
}

globalThis.Date = Wrong as DateConstructor;

export {};
