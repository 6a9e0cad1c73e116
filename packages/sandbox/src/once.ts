/** Work that is done at its first call; every further call gets the same promise. */
export type Once<T> = (() => Promise<T>) & {
  /** The promise, when there was a call. */
  readonly begun: Promise<T> | undefined;
};

export function once<T>(work: () => Promise<T>): Once<T> {
  let begun: Promise<T> | undefined;
  const call = (): Promise<T> => (begun ??= work());
  return Object.defineProperty(call, 'begun', { get: () => begun }) as Once<T>;
}
