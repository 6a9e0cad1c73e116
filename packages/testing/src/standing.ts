/** Messages as they stand in chats. */
export type Standing<T> = {
  /** In the order in which they were sent. */
  readonly all: readonly T[];
  add(id: string, message: T): void;
  /** In its place; false when there is none of this id. */
  change(id: string, to: (message: T) => T): boolean;
  remove(id: string): boolean;
  /** How often one was changed. */
  changes(): number;
};

export function standing<T>(): Standing<T> {
  const all: T[] = [];
  const ids: string[] = [];
  let changes = 0;
  return {
    all,
    add: (id, message) => {
      ids.push(id);
      all.push(message);
    },
    change: (id, to) => {
      const at = ids.indexOf(id);
      const known = all[at];
      if (known === undefined) return false;
      all[at] = to(known);
      changes += 1;
      return true;
    },
    remove: (id) => {
      const at = ids.indexOf(id);
      if (at < 0) return false;
      ids.splice(at, 1);
      all.splice(at, 1);
      return true;
    },
    changes: () => changes,
  };
}
