/** What a check of `doctor` found. `failed` is something the system cannot do without; `warning` works, but less. */
export type Finding = {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** One line of a thrown value. */
export const reasonOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message || thrown.name : String(thrown)).split('\n')[0] ?? '';
