import {
  type ActorAddress,
  Journal,
  keys,
  type PendingCall,
  Task,
  taskJobId,
  type TranscriptEntry,
} from '@queueclaw/contracts';
import type { Conversations } from '@queueclaw/conversations';
import { parseJson, redisError, type Shards } from '@queueclaw/mailbox';
import type { QueueView } from '../board/view-queues.js';
import { type Moment, type Timeline, timelineOf, type ToolState } from './timeline.js';

/** Who is to act next in a turn that runs: an agent does, tools do, or it waits for an agent. */
export type Holdup = 'agent' | 'tools' | 'due';

export type TurnView = Timeline & {
  /** Only while it runs. */
  readonly running?: {
    readonly holdup: Holdup;
    /** Claims since anything was written; more than one: workers were lost on the way. */
    readonly tries: number;
  };
};

export type Turns = {
  /** The number of the turn that runs; undefined when none does. */
  running(address: ActorAddress): Promise<number | undefined>;
  /** One turn, or the latest; undefined when it is not there (any more). */
  read(address: ActorAddress, turn: number | 'latest'): Promise<TurnView | undefined>;
};

export type TurnsOptions = {
  readonly shards: Shards;
  readonly conversations: Conversations;
  readonly queues: readonly QueueView[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

type Running = {
  readonly journal: Journal;
  readonly phase: string;
  readonly leaseUntil: number;
  readonly tries: number;
};

/** Opens the turns of all conversations, to be looked at. @throws AppError system.unavailable */
export function openTurns({ shards, conversations, queues, now }: TurnsOptions): Turns {
  const current = async (address: ActorAddress): Promise<Running | undefined> => {
    const { tag, redis } = shards.of(address);
    try {
      const state = keys.state(tag, 'messages', address);
      const [journal, phase, lease, tries] = await redis.hmget(state, 'journal', 'phase', 'lease', 'tries');
      const parsed = Journal.safeParse(parseJson(journal ?? ''));
      if (!parsed.success) return undefined;
      return { journal: parsed.data, phase: phase ?? '', leaseUntil: Number(lease ?? 0), tries: Number(tries ?? 0) };
    } catch (error) {
      throw redisError(error);
    }
  };

  const runningTurn = async (address: ActorAddress, running: Running): Promise<TurnView> => {
    const { journal, phase, leaseUntil, tries } = running;
    const tasks = queues.find(({ name, shard }) => name === 'tasks' && shard === shards.of(address).index);
    const out = await Promise.all(
      journal.pending.map((call) => whereIs(tasks, address, call, { madeAt: journal.startedAt, now: now() })),
    );
    const holdup = leaseUntil > now() ? 'agent' : phase === 'tools' ? 'tools' : 'due';
    return { ...timelineOf(journal.turn, journal.entries, true, out), running: { holdup, tries } };
  };

  return {
    running: async (address) => (await current(address))?.journal.turn,
    read: async (address, turn) => {
      const running = await current(address);
      if (running && (turn === 'latest' || turn === running.journal.turn)) return runningTurn(address, running);
      const entries = await entriesOf(conversations, address, turn);
      const [first] = entries;
      return first && timelineOf(first.turn, entries, false);
    },
  };
}

const Started = Task.pick({ startedAt: true });

/** A call that is out, by the state of its task; nothing of it is changed. */
async function whereIs(
  tasks: QueueView | undefined,
  address: ActorAddress,
  call: PendingCall,
  times: { readonly madeAt: number; readonly now: number },
): Promise<Extract<Moment, { what: 'tool' }>> {
  const job = await tasks?.queue.getJob(taskJobId(address, call)).catch(() => undefined);
  const state = job === undefined ? undefined : await job.getState().catch(() => undefined);
  const { name, deadlineAt } = call;
  const begunAt = Started.safeParse(job?.data).data?.startedAt ?? job?.processedOn;
  const ran = state === 'completed' || state === 'active';
  const ranMs = ran && begunAt !== undefined ? (job?.finishedOn ?? times.now) - begunAt : undefined;
  return {
    ...{ what: 'tool', at: times.madeAt, call: call.call, name, state: toolState(state), deadlineAt },
    ...(ranMs === undefined ? {} : { ms: Math.max(0, ranMs) }),
  };
}

function toolState(state: string | undefined): ToolState {
  switch (state) {
    case 'waiting':
    case 'wait':
    case 'delayed':
    case 'prioritized':
      return 'waiting';
    case 'active':
      return 'running';
    case 'completed':
      return 'returned';
    default:
      return 'out';
  }
}

const pageSize = 500;

/** The entries of one turn of the transcript, or of its last; a page at a time from the newest. */
async function entriesOf(
  conversations: Conversations,
  address: ActorAddress,
  wanted: number | 'latest',
): Promise<readonly TranscriptEntry[]> {
  let found: TranscriptEntry[] = [];
  let turn = wanted;
  for (let before: number | undefined; ;) {
    const page = await conversations.transcript(address, {
      limit: pageSize,
      ...(before === undefined ? {} : { before }),
    });
    if (page === undefined) return found;
    if (turn === 'latest') turn = page.entries.at(-1)?.turn ?? 0;
    const number = turn;
    found = [...page.entries.filter((entry) => entry.turn === number), ...found];
    const [first] = page.entries;
    if (page.next === undefined || first === undefined || first.turn < number) return found;
    before = page.next;
  }
}
