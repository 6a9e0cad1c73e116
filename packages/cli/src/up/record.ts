import type { HomeLock, UpState } from './home-lock.js';
import { identify } from './process-identity.js';

export type UpRecord = {
  /** A process was started, or started again. Told in the order in which they are to be stopped by `order`. */
  child(name: string, pid: number): void;
  health(name: string, port: number): void;
  set(part: Pick<UpState, 'socketFolder' | 'chat' | 'console'>): void;
};

/** Keeps what is written down beside the lock up to date. */
export function keepRecord(lock: HomeLock, order: readonly string[]): UpRecord {
  let state: Omit<UpState, 'owner'> = { children: [], health: {} };
  const write = (part: Partial<Omit<UpState, 'owner'>>): void => {
    state = { ...state, ...part };
    lock.write(state);
  };
  return {
    child: (name, pid) => {
      const identity = identify(pid);
      const others = state.children.filter((child) => child.name !== name);
      const children = identity === undefined ? others : [...others, { name, ...identity }];
      write({ children: children.toSorted((left, right) => order.indexOf(left.name) - order.indexOf(right.name)) });
    },
    health: (name, port) => write({ health: { ...state.health, [name]: port } }),
    set: write,
  };
}
