import {
  type ActorAddress,
  actorMember,
  askedMark,
  ControlMail,
  Decision,
  Journal,
  keys,
  type PersonMail,
  Preferences,
  Summary,
  ToolOutcome,
  TranscriptEntry,
} from '@queueclaw/contracts';
import type { z } from 'zod';
import type { Claim, Lease, Take } from './lease-types.js';
import type { HistoryCache } from './history-cache.js';
import type { Obey, WaitingCommand } from './commands.js';
import { type Inbox, openCommands, openControl, openInbox } from './inbox.js';
import { armMs, leaseMs, liveKeep, liveTtlMs, type MailboxLimits, mailShown } from './limits.js';
import { outboxItem } from './outbox.js';
import { parseJson } from './record.js';
import { countRefused } from './refused-mail.js';
import { pairs, row, strings } from './reply-shapes.js';
import type { Shard } from './shards.js';

type Context = {
  readonly shard: Shard;
  readonly address: ActorAddress;
  readonly mailKey: string | undefined;
  readonly limits: MailboxLimits;
  readonly histories: HistoryCache;
};

const pastMax = 2_000;

/**
 * Claims a conversation for one step. See scripts/claim.ts.
 * @param obey does what the commands say that wait first of all; absent: they stay
 */
export async function claimConversation(context: Context, obey?: Obey): Promise<Claim> {
  for (let round = 0; round < 10; round += 1) {
    const answer = await tryToClaim(context, obey !== undefined);
    if (typeof answer === 'string' || !('commands' in answer)) return answer;
    await obey?.(answer.commands);
  }
  // They come faster than they are obeyed; `due` knows the conversation.
  return 'busy';
}

async function tryToClaim(
  context: Context,
  obeys: boolean,
): Promise<Claim | { readonly commands: readonly WaitingCommand[] }> {
  const { shard, address, limits } = context;
  const { tag } = shard;
  const known = context.histories.get(address);
  const st = keys.state(tag, 'messages', address);
  const mb = keys.mailbox(tag, 'messages', address);
  const ct = keys.control(tag, address);
  const wt = keys.waiting(tag, address);
  const due = keys.due(tag, 'messages');
  const answer = row(
    await shard.run(
      'claim',
      [st, mb, ct, wt, keys.transcript(tag, address), due, keys.commands(tag, address)],
      [actorMember(address), leaseMs, limits.historyMax, known?.version ?? '', obeys ? 1 : 0],
    ),
  );
  if (answer[0] === 'commands') return { commands: openCommands(context.mailKey, address, strings(answer[1])) };
  if (answer[0] !== 'claimed') return answer[0] as 'busy' | 'empty' | 'waiting';
  const turn = Number(answer[4]);
  // What was known may have been dropped from the cache since, but not from this step.
  const history = answer[9] === 'known' ? (known?.entries ?? []) : readEntries(strings(answer[9]));
  if (answer[9] !== 'known')
    context.histories.set(address, { version: `${turn}.${String(answer[15])}`, entries: history });
  return leaseFrom(context, answer, { st, mb, ct, wt, due }, history);
}

type Names = {
  readonly st: string;
  readonly mb: string;
  readonly ct: string;
  readonly wt: string;
  readonly due: string;
};

function leaseFrom(
  context: Context,
  answer: readonly unknown[],
  names: Names,
  tail: readonly TranscriptEntry[],
): Lease {
  const { shard, address, mailKey, limits, histories } = context;
  const { st, mb, ct, wt, due } = names;
  const [total, trimmed] = [Number(answer[10]), Number(answer[11])];
  const summary = read(Summary, answer[12]);
  const until = Math.max(summary?.until ?? 0, trimmed);
  const covered = Math.max(0, until - (total - tail.length));
  const history = tail.slice(covered);
  const from = total - history.length;
  const { tag } = shard;
  const member = actorMember(address);
  const live = keys.live(tag, address);
  const epoch = Number(answer[1]);
  let control: Inbox<ControlMail> = openControl(mailKey, address, strings(answer[6]));
  let mail: Inbox<PersonMail> = openInbox(mailKey, address, strings(answer[7]));
  const journalText = String(answer[5]);
  const journal = journalText === '' ? undefined : Journal.safeParse(parseJson(journalText));
  const ok = (value: unknown): boolean => row(value)[0] === 'ok';
  const pops = (take: Take): [number, number] => [mail.pop(take.mail), control.pop(take.control)];
  const noteRefused = (take: Take): void =>
    countRefused(shard, { person: mail.refused(take.mail), control: control.refused(take.control) });
  const refreshed = (back: readonly unknown[]): boolean => {
    if (back[0] !== 'ok') return false;
    control = openControl(mailKey, address, strings(back[1]));
    mail = openInbox(mailKey, address, strings(back[2]));
    return true;
  };
  let writes = 0;
  /** Names a write, so that one which the connection sends again is recognised. */
  const write = (): string => `${epoch}.${(writes += 1)}`;

  return {
    epoch,
    tries: Number(answer[3]),
    now: Number(answer[2]),
    turn: Number(answer[4]),
    journal: journal?.success === false ? salvage(journalText) : journal?.data,
    damaged: journal?.success === false ? journalText : undefined,
    results: outcomes(pairs(answer[8])),
    decisions: decisionsIn(pairs(answer[8])),
    grants: String(answer[16]).split(' ').filter(Boolean),
    history,
    from,
    unread: Math.max(0, from - until),
    summary,
    preferences: read(Preferences, answer[13]) ?? {},
    compact: read(ControlMail, answer[14]),
    past: async (start, end) => {
      const first = Math.max(start, end - pastMax) - trimmed;
      if (end - trimmed <= Math.max(0, first)) return [];
      return readEntries(
        await shard.redis.lrange(keys.transcript(tag, address), Math.max(0, first), end - trimmed - 1),
      );
    },
    summarise: async ({ summary: fresh, commandDone, replies }) => {
      const back = row(
        await shard.run(
          'summarise',
          [st, mb, ct, keys.mailbox(tag, 'replies', address), keys.due(tag, 'replies')],
          [
            ...[epoch, write(), member, fresh === undefined ? '' : JSON.stringify(fresh), fresh?.until ?? 0],
            ...[commandDone ? 1 : 0, ...replies.map(outboxItem)],
          ],
        ),
      );
      return refreshed(back);
    },
    inbox: () => ({ mail: mail.mail, control: control.mail }),
    renew: async () => {
      const [verdict, mails, controls] = row(await shard.run('renew', [st, due, mb, ct], [epoch, member, leaseMs]));
      if (verdict !== 'ok') return undefined;
      // Behind a full page nobody can tell what is new.
      return { mail: mail.size < mailShown ? Number(mails) - mail.size : 0, control: Number(controls) - control.size };
    },
    release: async ({ delayMs = 0, blameless = false } = {}) =>
      ok(await shard.run('release', [st, due], [epoch, member, delayMs, blameless ? 1 : 0])),
    checkpoint: async (journal, take) => {
      const back = row(
        await shard.run('checkpoint', [st, mb, ct, wt], [epoch, write(), JSON.stringify(journal), ...pops(take)]),
      );
      if (back[0] === 'ok') noteRefused(take);
      return refreshed(back);
    },
    suspend: async (journal, take, deadlineAt, events, mailWakes = false, replies = []) => {
      const asked = (journal.asking ?? []).map(({ call, approval }) => [call, askedMark(approval)]);
      const calls = [...journal.pending.map(({ call, ticket }) => [call, `t${ticket}`]), ...asked];
      const back = row(
        await shard.run(
          'suspend',
          [
            ...[st, mb, ct, wt, due, live, keys.commands(tag, address)],
            ...[keys.mailbox(tag, 'replies', address), keys.due(tag, 'replies')],
          ],
          [
            ...[epoch, write(), member, JSON.stringify(journal), ...pops(take), armMs, deadlineAt],
            ...[mailWakes ? 1 : 0, liveKeep, liveTtlMs],
            ...[calls.length, ...calls.flat(), events.length, ...events.map((event) => JSON.stringify(event))],
            ...replies.map(outboxItem),
          ],
        ),
      );
      if (back[0] !== 'ok') return undefined;
      noteRefused(take);
      return { wake: back[1] === 1 };
    },
    arm: async (deadlineAt) => ok(await shard.run('arm', [st, due], [epoch, member, deadlineAt])),
    commit: async (end) => {
      const back = row(
        await shard.run(
          'commit',
          [
            ...[st, mb, ct, wt, keys.transcript(tag, address), due, keys.conversations(tag, address.tenant)],
            ...[keys.mailbox(tag, 'replies', address), keys.due(tag, 'replies'), live, keys.dead(tag)],
            keys.commands(tag, address),
          ],
          [
            ...[
              epoch,
              write(),
              member,
              ...pops(end.take),
              end.turn,
              (end.reset ? 1 : 0) + (end.dropCompact === true ? 2 : 0),
            ],
            ...[limits.retentionMs, limits.transcriptMax, liveKeep, liveTtlMs],
            end.deadLetter === undefined ? '' : JSON.stringify(end.deadLetter),
            ...[end.entries.length, ...end.entries.map((entry) => JSON.stringify(entry))],
            ...[end.replies.length, ...end.replies.map(outboxItem)],
            ...(end.live ?? []).map((event) => JSON.stringify(event)),
          ],
        ),
      );
      if (back[0] !== 'ok') {
        histories.delete(address);
        return undefined;
      }
      noteRefused(end.take);
      const entries = [...(end.reset ? [] : history), ...end.entries].slice(-limits.historyMax);
      histories.set(address, { version: `${end.turn}.${String(answer[15])}`, entries });
      return { left: Number(back[1]), outbox: Number(back[2]) };
    },
    appendLive: async (events) => {
      const lines = events.map((event) => JSON.stringify(event));
      return ok(await shard.run('appendLive', [st, live], [epoch, liveKeep, liveTtlMs, ...lines]));
    },
  };
}

const read = <T>(schema: z.ZodType<T>, text: unknown): T | undefined =>
  text === '' ? undefined : schema.safeParse(parseJson(String(text))).data;

/** Whom a turn was to answer, when that is all that can be read of its journal. */
function salvage(text: string): Journal | undefined {
  const found = Journal.pick({ turn: true, answers: true }).safeParse(parseJson(text));
  if (!found.success) return undefined;
  const usage = { inputTokens: 0, outputTokens: 0 };
  return { v: 1, ...found.data, step: 0, startedAt: 0, entries: [], pending: [], toolCalls: 0, usage };
}

const outcomes = (waiting: ReadonlyMap<string, string>): Lease['results'] =>
  [...waiting].flatMap(([call, value]) => {
    if (!value.startsWith('r')) return [];
    const parsed = ToolOutcome.safeParse(parseJson(value.slice(1)));
    const outcome = parsed.success
      ? parsed.data
      : { ok: false, text: 'The result could not be read.', code: 'tool.failed', ms: 0 };
    return [{ call, outcome }];
  });

/** What people decided, of what lies in `waiting`. */
export function decisionsIn(waiting: ReadonlyMap<string, string>): readonly Decision[] {
  return [...waiting.values()].flatMap((value) =>
    value.startsWith('d') ? (Decision.safeParse(parseJson(value.slice(1))).data ?? []) : [],
  );
}

/** Transcript lines as entries; a line that does not parse is left out. */
export function readEntries(lines: readonly string[]): TranscriptEntry[] {
  return lines.flatMap((line) => {
    const parsed = TranscriptEntry.safeParse(parseJson(line));
    return parsed.success ? [parsed.data] : [];
  });
}
