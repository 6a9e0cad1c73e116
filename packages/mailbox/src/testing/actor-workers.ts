import type { ActorAddress, Journal } from '@queueclaw/contracts';
import { expect } from 'vitest';
import type { Lease } from '../lease-types.js';
import type { Mailbox } from '../mailbox.js';
import type { ActorModel, ModelCall } from './actor-model.js';
import type { Op } from './actor-op.js';

type Worker = {
  readonly c: number;
  readonly lease: Lease;
  readonly epoch: number;
  holds: readonly string[];
  calls: readonly ModelCall[];
  step: number;
  deadlineAt: number;
  /** It has answered the command that waited for it. */
  summarised?: boolean;
  /** What it has still to say about the conversation. */
  phase: 'open' | 'suspended' | 'ended';
};
/** A call that went out, whatever became of its turn. */
export type Sent = ModelCall & { readonly c: number };

const usage = { inputTokens: 0, outputTokens: 0 };
const from = { id: 'ada' };

/** What the transcript is to a worker. */
function memoryOf(model: ActorModel): readonly unknown[] {
  const { uncovered, trimmed, transcript, summary, prefs, compact } = model;
  const shown = Math.min(3, uncovered.length);
  const from = trimmed + transcript.length - shown;
  return [from, uncovered.length - shown, summary?.text, prefs, compact];
}

/** Workers that claim, write and die; each may have lost its conversation without knowing. */
export class ActorWorkers {
  readonly sent: Sent[] = [];
  readonly #workers = new Map<number, Worker>();
  readonly #mailboxes: readonly Mailbox[];
  #serial = 0;

  constructor(mailboxes: readonly Mailbox[]) {
    this.#mailboxes = mailboxes;
  }

  mailbox(w: number): Mailbox {
    const mailbox = this.#mailboxes[w % this.#mailboxes.length];
    if (!mailbox) throw new Error('no mailbox');
    return mailbox;
  }

  die(w: number): void {
    this.#workers.delete(w);
  }

  /** The conversation that this worker has or had. */
  of(w: number): number | undefined {
    return this.#workers.get(w)?.c;
  }

  async claim(w: number, c: number, model: ActorModel, address: ActorAddress, twice: boolean): Promise<void> {
    const verdict = model.claim();
    const lease = await this.mailbox(w).claim(address);
    if (verdict !== 'claimed' || twice) {
      this.#workers.delete(w);
      expect(lease).toBe(verdict === 'claimed' ? 'busy' : verdict);
      return;
    }
    if (typeof lease === 'string') throw new Error(`expected a lease, got ${lease}`);
    const ids = (mail: readonly { id: string }[]): string[] => mail.map(({ id }) => id);
    expect({
      ...{ mail: ids(lease.inbox().mail), control: ids(lease.inbox().control), epoch: lease.epoch, tries: lease.tries },
      ...{ turn: lease.turn, holds: lease.journal && ids(lease.journal.answers) },
      history: lease.history.map((entry) => 'id' in entry && entry.id),
      memory: [lease.from, lease.unread, lease.summary?.text, lease.preferences, lease.compact?.id],
      results: lease.results.map(({ call }) => call).toSorted(),
    }).toEqual({
      ...{ mail: model.mb, control: model.ct, epoch: model.epoch, tries: model.tries },
      ...{ turn: model.turn, holds: model.journal?.holds, history: model.uncovered.slice(-3) },
      memory: memoryOf(model),
      results: [...model.wt].flatMap(([call, value]) => (value === 'back' ? [call] : [])).toSorted(),
    });
    const { holds = [], calls = [] } = model.journal ?? {};
    const step = lease.journal?.step ?? 0;
    this.#workers.set(w, { c, lease, epoch: lease.epoch, holds, calls, step, deadlineAt: 0, phase: 'open' });
  }

  /** What a worker that has claimed does. */
  async work(op: Extract<Op, { w: number }>, model: ActorModel): Promise<void> {
    const worker = this.#workers.get(op.w);
    if (!worker) return;
    const { lease, epoch } = worker;
    const current = model.has(epoch);
    switch (op.do) {
      case 'renew': {
        const news = { mail: model.mb.length, control: model.ct.length };
        const shown = lease.inbox();
        if (current) model.renew();
        const got = await lease.renew();
        const came = { mail: news.mail - shown.mail.length, control: news.control - shown.control.length };
        return expect(got).toEqual(current ? came : undefined);
      }
      case 'release':
        // Giving back twice is giving back: the second finds nothing to give.
        expect(await lease.release({ blameless: op.blameless })).toBe(current && !op.twice);
        if (current) model.release(op.blameless);
        worker.phase = 'ended';
        return;
      case 'arm':
        if (worker.phase !== 'suspended') return;
        return expect(await lease.arm(worker.deadlineAt)).toBe(model.arm(epoch));
      case 'checkpoint':
      case 'suspend':
      case 'summarise':
      case 'commit':
        if (worker.phase === 'open') await this.#write(worker, model, op);
        return;
      default:
        return;
    }
  }

  async #write(
    worker: Worker,
    model: ActorModel,
    op: Extract<Op, { do: 'checkpoint' | 'suspend' | 'summarise' | 'commit' }>,
  ): Promise<void> {
    const { lease, epoch, c } = worker;
    const current = epoch === model.epoch;
    if (op.do === 'summarise') return this.#summarise(worker, model, op);
    const { mail, control } = lease.inbox();
    const taken = mail.slice(0, op.take).map(({ id }) => id);
    const holds = [...worker.holds, ...taken];
    if (op.do === 'checkpoint') {
      const take = { mail: taken.length, control: 0 };
      expect(await lease.checkpoint(this.#journal(worker, holds, []), take)).toBe(current);
      if (!current) return;
      model.checkpoint(holds, take);
      Object.assign(worker, { holds, calls: [] });
      const left = lease.inbox();
      return expect([left.mail, left.control].map((list) => list.map(({ id }) => id))).toEqual([model.mb, model.ct]);
    }
    if (op.do === 'suspend') {
      const take = { mail: taken.length, control: 0 };
      if (worker.calls.length === 0 && op.calls > 0) worker.step += 1;
      const calls = worker.calls.length > 0 ? worker.calls : this.#calls(worker, op.calls);
      const deadlineAt = op.overdue ? 5 : Date.now() + 60_000;
      const journal = this.#journal(worker, holds, calls);
      const done = await lease.suspend(journal, take, deadlineAt, [], op.wakeOnMail);
      expect(done).toEqual(current ? model.suspend(holds, calls, take, op) : undefined);
      this.sent.push(...calls.map((call) => ({ c, ...call })));
      Object.assign(worker, { phase: 'suspended', deadlineAt });
      if (op.arm) expect(await lease.arm(deadlineAt)).toBe(model.arm(epoch));
      return;
    }
    const take = { mail: taken.length, control: control.length };
    const answers = [...holds, ...control.map(({ id }) => id)];
    const turn = lease.journal?.turn ?? lease.turn + 1;
    const channel = op.platform ? 'telegram' : 'http';
    const id = `${epoch}:r${turn}`;
    const reply = {
      v: 1 as const,
      id,
      turn,
      text: '',
      answers,
      status: 'answered' as const,
      route: { channel },
      at: 1,
    };
    const done = await lease.commit({
      ...{ take, turn, reset: op.reset },
      entries: holds.map((held) => ({ v: 1, role: 'user', id: held, text: 'words', turn, at: 1 })),
      replies: answers.length > 0 ? [reply] : [],
    });
    worker.phase = 'ended';
    if (!current) return expect(done).toBeUndefined();
    const left = model.commit(turn, take, op.reset, holds, answers.length > 0 ? [{ id, channel, answers }] : []);
    model.listed = true;
    expect(done?.left).toBe(left);
  }

  async #summarise(worker: Worker, model: ActorModel, op: Extract<Op, { do: 'summarise' }>): Promise<void> {
    const { lease, epoch } = worker;
    const current = epoch === model.epoch;
    const done = op.done && lease.compact !== undefined && !worker.summarised;
    if (done) worker.summarised = true;
    const serial = (this.#serial += 1);
    const until = lease.from + lease.history.length;
    const summary = { v: 1 as const, text: `summary ${serial}`, until, turn: 1, usage };
    const channel = op.platform ? 'telegram' : 'http';
    const item = { id: `s${epoch}.${serial}`, channel, answers: done && lease.compact ? [lease.compact.id] : [] };
    const reply = { v: 1 as const, turn: 1, text: '', status: 'answered' as const, route: { channel }, at: 1 };
    const change = { commandDone: done, replies: [{ ...reply, ...item }] };
    expect(await lease.summarise(op.summary ? { ...change, summary } : change)).toBe(current);
    if (!current) return;
    model.summarise(op.summary ? { text: summary.text, until } : undefined, done, [item]);
    const left = lease.inbox();
    expect([left.mail, left.control].map((list) => list.map(({ id }) => id))).toEqual([model.mb, model.ct]);
  }

  #calls(worker: Worker, count: number): ModelCall[] {
    const turn = worker.lease.journal?.turn ?? worker.lease.turn + 1;
    return Array.from({ length: count }, (_, at) => ({
      call: `${turn}.${worker.step}.${at + 1}`,
      ticket: `ticket-of-${worker.epoch}-${(this.#serial += 1)}`.padEnd(16, '-'),
    }));
  }

  #journal(worker: Worker, holds: readonly string[], calls: readonly ModelCall[]): Journal {
    const { lease, step } = worker;
    return {
      ...{ v: 1, turn: lease.journal?.turn ?? lease.turn + 1, step, startedAt: 1, entries: [], toolCalls: 0, usage },
      answers: holds.map((id) => ({ v: 1, kind: 'person', id, from, route: { channel: 'http' }, at: 1 })),
      pending: calls.map((call) => ({ ...call, name: 'shell', args: {}, deadlineAt: 1 })),
    };
  }
}
