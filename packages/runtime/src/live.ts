/**
 * Gets ready for a value that is to come into force, and returns what puts it there (which must not fail). Throwing refuses
 * it: then nobody gets it.
 */
export type Prepare<T> = (next: T) => (() => void) | Promise<() => void>;

/** A value that may be replaced while everything runs. */
export type Live<T> = {
  /** What is in force now. Read it where it is used; a copy is a decision to keep the old one. */
  current(): T;
  /** Takes part in every replacement from now on. */
  onChange(prepare: Prepare<T>): void;
};

/** A live value together with the right to replace it. */
export type LiveCell<T> = Live<T> & {
  /** Replaces the value when everybody is ready for it, else rejects with the first refusal. One at a time. */
  replace(next: T): Promise<void>;
};

/** A live value that starts as `value`. */
export function createLive<T>(value: T): LiveCell<T> {
  let inForce = value;
  const parts: Prepare<T>[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  const swap = async (next: T): Promise<void> => {
    const ready: (() => void)[] = [];
    for (const prepare of parts) ready.push(await prepare(next));
    inForce = next;
    for (const put of ready) put();
  };
  return {
    current: () => inForce,
    onChange: (prepare) => void parts.push(prepare),
    replace: (wanted) => {
      const done = turn.then(() => swap(wanted));
      turn = done.catch(() => undefined);
      return done;
    },
  };
}
