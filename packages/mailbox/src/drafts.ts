import { type ActorAddress, keys } from '@queueclaw/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import { row } from './reply-shapes.js';
import type { Shards } from './shards.js';

/** A message of a platform that an answer grows in, and where it stands (`<channel>/<account>/<chat>`). */
export type Draft = { readonly id: string; readonly to: string };

export type DraftOptions = {
  readonly address: ActorAddress;
  readonly turn: number;
  /** Who makes it grow, unique: another one leaves it alone. */
  readonly by: string;
  readonly to: string;
};

/** `wait`: not now; `over`: not in this turn any more. */
export type DraftEntry = 'wait' | 'over' | { readonly id: string | undefined };

/** The drafts of conversations' answers, for who makes them grow. */
export type Drafts = {
  /** Nobody delivers an answer while this one changes the draft, for `forMs` at most. @throws what Redis says */
  begin(options: DraftOptions, forMs: number): Promise<DraftEntry>;
  /** It stands under this id; undefined when nothing came of it. False: nobody knows of it, and it should not stand there. */
  end(options: DraftOptions, id: string | undefined): Promise<boolean>;
};

export function openDrafts(shards: Shards): Drafts {
  return {
    begin: async ({ address, turn, by, to }, forMs) => {
      const { tag, run } = shards.of(address);
      const names = [keys.state(tag, 'replies', address), keys.mailbox(tag, 'replies', address)];
      const [what, id] = row(await run('beginDraft', names, [turn, by, forMs, to]));
      return what === 'ok' ? { id: id === '' ? undefined : String(id) } : (what as 'wait' | 'over');
    },
    end: async ({ address, turn, by }, id) => {
      const { tag, run } = shards.of(address);
      const [what] = row(await run('endDraft', [keys.state(tag, 'replies', address)], [turn, by, id ?? '']));
      return what === 'ok';
    },
  };
}

const lookEveryMs = 40;

/**
 * What stands on the platform of this turn's answer, once nobody changes it any more: a change under way is waited for, as long
 * as it may take. @throws what Redis says
 */
export async function settledDraft(
  { tag, run }: Pick<Shards['all'][number], 'tag' | 'run'>,
  address: ActorAddress,
  turn: number,
): Promise<Draft | undefined> {
  for (;;) {
    const [id, to, busyMs] = row(await run('readDraft', [keys.state(tag, 'replies', address)], [turn]));
    if (Number(busyMs) <= 0) return id === '' ? undefined : { id: String(id), to: String(to) };
    await pause(Math.min(Number(busyMs), lookEveryMs));
  }
}
