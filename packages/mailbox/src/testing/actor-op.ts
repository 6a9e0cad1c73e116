/** One thing that happens. `twice`: the connection broke after Redis had done it, and the command was sent again. */
export type Op = { readonly twice: boolean } & (
  | { do: 'ingest'; c: number; again: number | undefined; other: boolean; control: boolean; command: boolean }
  | { do: 'obey'; c: number; which: number; keep: boolean; prefer: boolean; platform: boolean }
  | { do: 'summarise'; w: number; done: boolean; summary: boolean; platform: boolean }
  | { do: 'claim'; w: number; c: number }
  | { do: 'lease lost' | 'outbox lost' | 'forget' | 'deliver'; c: number }
  | { do: 'checkpoint'; w: number; take: number }
  | { do: 'suspend'; w: number; take: number; calls: number; overdue: boolean; wakeOnMail: boolean; arm: boolean }
  | { do: 'arm' | 'renew' | 'die'; w: number }
  | { do: 'release'; w: number; blameless: boolean }
  | { do: 'commit'; w: number; take: number; reset: boolean; platform: boolean }
  | { do: 'result'; which: number; right: boolean }
  | { do: 'claim outbox'; d: number; c: number }
  | { do: 'done' | 'postpone'; d: number }
  | { do: 'dispatch' }
);
