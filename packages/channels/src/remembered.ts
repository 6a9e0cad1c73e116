const most = 2_000;

/** Some thousand keys of late; forgets them all when there are too many. */
export type Remembered = { has(key: string): boolean; add(key: string): void };

/**
 * Remembers keys, so that a reply that is tried again by this process does not repeat the parts that its platform has. Of use
 * where platforms know no such keys; another process knows nothing of it. A conversation that was forgotten counts its replies
 * from the beginning: whoever remembers a key puts the message that is answered beside it.
 */
export function remembered(): Remembered {
  const keys = new Set<string>();
  return {
    has: (key) => keys.has(key),
    add: (key) => {
      if (keys.size >= most) keys.clear();
      keys.add(key);
    },
  };
}
