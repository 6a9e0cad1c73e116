import { type ActorAddress, type ControlMail, type Journal, keys, type PersonMail } from '@queueclaw/contracts';
import { expect } from 'vitest';
import type { Lease } from '../lease.js';
import { type Mailbox, openMailbox } from '../mailbox.js';
import { claimOutbox, type DeliveryLease, deliverToStreams } from '../outbox.js';
import { applyResults, resultsGroup } from '../results.js';
import type { Shard } from '../shards.js';
import { ActorModel, mailboxMax, type ModelCall, transcriptMax } from './actor-model.js';
import { delivered, expected, look } from './actor-probe.js';

/** One thing that happens. `twice`: the connection broke after Redis had done it, and the command was sent again. */
export type Op = { readonly twice: boolean } & (
  | { do: 'ingest'; c: number; again: number | undefined; other: boolean; control: boolean }
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

type Worker = {
  readonly c: number;
  readonly lease: Lease;
  readonly epoch: number;
  holds: readonly string[];
  calls: readonly ModelCall[];
  step: number;
  deadlineAt: number;
  /** What it has still to say about the conversation. */
  phase: 'open' | 'suspended' | 'ended';
};
type Sent = ModelCall & { readonly c: number };

const streams = ['http'];
const usage = { inputTokens: 0, outputTokens: 0 };
const from = { id: 'ada' };

/** Conversations on a real Redis with their models beside them, workers that may be stale or dead, deliverers too. */
export class ActorWorld {
  readonly addresses: readonly ActorAddress[];
  readonly models: readonly ActorModel[];
  readonly workers = new Map<number, Worker>();
  readonly deliverers = new Map<number, { c: number; epoch: number; lease: DeliveryLease }>();
  readonly sent: Sent[] = [];
  /** Two processes: what one remembers of a transcript, the other may have changed. */
  readonly mailboxes: readonly Mailbox[];
  readonly shard: Shard;
  #twice = false;
  #serial = 0;

  constructor(shard: Shard, name: string, size: number) {
    this.shard = {
      ...shard,
      run: async (...call) => {
        const answer = await shard.run(...call);
        return this.#twice ? shard.run(...call) : answer;
      },
    };
    const shards = { space: { namespace: 'unused', shards: 1 }, all: [this.shard], of: () => this.shard };
    const limits = { mailboxMax, transcriptMax, historyMax: 3, retentionMs: 3_600_000 };
    this.mailboxes = [1, 2].map(() => openMailbox({ shards, mailKey: 'the key', limits }));
    this.addresses = Array.from({ length: size }, (_, at) => ({ tenant: 'default', conversation: `${name}-${at}` }));
    this.models = this.addresses.map(() => new ActorModel());
  }

  async run(op: Op): Promise<void> {
    this.#twice = op.twice;
    await this.#do(op);
    this.#twice = false;
  }

  async check(): Promise<void> {
    for (const c of this.addresses.keys())
      expect(await look(this.shard, this.#address(c))).toEqual(expected(this.model(c)));
  }

  model(c: number): ActorModel {
    const model = this.models[c];
    if (!model) throw new Error(`no conversation ${c}`);
    return model;
  }

  #address(c: number): ActorAddress {
    const address = this.addresses[c];
    if (!address) throw new Error(`no conversation ${c}`);
    return address;
  }

  #mailbox(w: number): Mailbox {
    const mailbox = this.mailboxes[w % this.mailboxes.length];
    if (!mailbox) throw new Error('no mailbox');
    return mailbox;
  }

  async #do(op: Op): Promise<void> {
    switch (op.do) {
      case 'ingest':
        return this.#ingest(op);
      case 'claim':
        return this.#claim(op.w, op.c);
      case 'lease lost':
        return this.#expire('messages', op.c);
      case 'outbox lost':
        return this.#expire('replies', op.c);
      case 'die':
        return void this.workers.delete(op.w);
      case 'result':
        return this.#result(op.which, op.right);
      case 'deliver':
        return this.#deliver(op.c);
      case 'claim outbox':
        return this.#claimOutbox(op.d, op.c);
      case 'done':
      case 'postpone':
        return this.#deliverer(op.do, op.d);
      case 'dispatch':
        return void (await this.dispatch('messages'));
      case 'forget':
        return this.#forget(op.c);
      default:
        return this.#work(op);
    }
  }

  async #ingest({ c, again, other, control }: Extract<Op, { do: 'ingest' }>): Promise<void> {
    const model = this.model(c);
    const known = [...model.texts.keys()];
    const old = again === undefined ? undefined : known[again % Math.max(1, known.length)];
    const id = old ?? `c${c}-${control ? 's' : 'm'}${(this.#serial += 1)}`;
    const isControl = old === undefined ? control : old.includes('-s');
    const base = { v: 1 as const, id, from, route: { channel: 'http' }, at: 1 };
    const mail: PersonMail | ControlMail = isControl
      ? { ...base, kind: 'control', action: other ? 'reset' : 'stop' }
      : { ...base, kind: 'person', text: other ? 'other words' : 'words' };
    const { outcome, wake } = model.ingest(id, String(other), isControl);
    const done = await this.#mailbox(0).ingest(this.#address(c), mail);
    // Sent again, an accepted message is found to be there; what was missed is in `due`.
    const again2 = this.#twice && outcome === 'accepted';
    expect([done.outcome, done.wake]).toEqual(again2 ? ['duplicate', false] : [outcome, wake]);
  }

  async #claim(w: number, c: number): Promise<void> {
    const model = this.model(c);
    const verdict = model.claim();
    const lease = await this.#mailbox(w).claim(this.#address(c));
    if (verdict !== 'claimed' || this.#twice) {
      this.workers.delete(w);
      expect(lease).toBe(verdict === 'claimed' ? 'busy' : verdict);
      return;
    }
    if (typeof lease === 'string') throw new Error(`expected a lease, got ${lease}`);
    const ids = (mail: readonly { id: string }[]): string[] => mail.map(({ id }) => id);
    expect({
      ...{ mail: ids(lease.inbox().mail), control: ids(lease.inbox().control), epoch: lease.epoch, tries: lease.tries },
      ...{ turn: lease.turn, holds: lease.journal && ids(lease.journal.answers) },
      history: lease.history.map((entry) => 'id' in entry && entry.id),
      results: lease.results.map(({ call }) => call).toSorted(),
    }).toEqual({
      ...{ mail: model.mb, control: model.ct, epoch: model.epoch, tries: model.tries },
      ...{ turn: model.turn, holds: model.journal?.holds, history: model.transcript.slice(-3) },
      results: [...model.wt].flatMap(([call, value]) => (value === 'back' ? [call] : [])).toSorted(),
    });
    const { holds = [], calls = [] } = model.journal ?? {};
    const step = lease.journal?.step ?? 0;
    this.workers.set(w, { c, lease, epoch: lease.epoch, holds, calls, step, deadlineAt: 0, phase: 'open' });
  }

  async #work(op: Extract<Op, { w: number }>): Promise<void> {
    const worker = this.workers.get(op.w);
    if (!worker) return;
    const { c, lease, epoch } = worker;
    const model = this.model(c);
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
        expect(await lease.release({ blameless: op.blameless })).toBe(current && !this.#twice);
        if (current) model.release(op.blameless);
        worker.phase = 'ended';
        return;
      case 'arm':
        if (worker.phase !== 'suspended') return;
        return expect(await lease.arm(worker.deadlineAt)).toBe(model.arm(epoch));
      case 'checkpoint':
      case 'suspend':
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
    op: Extract<Op, { do: 'checkpoint' | 'suspend' | 'commit' }>,
  ): Promise<void> {
    const { lease, epoch, c } = worker;
    const current = epoch === model.epoch;
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
    const reply = { v: 1 as const, id, turn, text: '', answers, status: 'answered' as const, route: { channel }, at: 1 };
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

  async #result(which: number, right: boolean): Promise<void> {
    const call = this.sent.at(-1 - (which % Math.max(1, this.sent.length)));
    if (!call) return;
    const ticket = right ? call.ticket : 'a ticket that nobody gave';
    const outcome = { ok: true, text: 'done', ms: 1 };
    const stream = keys.results(this.shard.tag);
    const result = { v: 1 as const, ...this.#address(call.c), call: call.call, tool: 'shell', ticket, outcome };
    const entry = (await this.shard.redis.xadd(stream, '*', 'r', JSON.stringify(result))) ?? '';
    const verdict = this.model(call.c).result(call.call, ticket);
    expect(await applyResults(this.shard, [{ entry, result }])).toEqual([this.#twice ? 'refused' : verdict]);
    expect(await this.shard.redis.xlen(stream)).toBe(0);
  }

  async #expire(kind: 'messages' | 'replies', c: number): Promise<void> {
    const model = this.model(c);
    const held = kind === 'messages' ? model.held : model.outHeld;
    if (held === 'nobody') return;
    await this.shard.redis.hset(keys.state(this.shard.tag, kind, this.#address(c)), 'lease', '1');
    if (kind === 'messages') model.held = 'expired';
    else model.outHeld = 'expired';
  }

  async #deliver(c: number): Promise<void> {
    const verdict = this.model(c).deliver(streams);
    const [done] = await deliverToStreams(this.shard, [this.#address(c)], streams);
    expect(done).toEqual(this.#twice ? { ...verdict, delivered: 0 } : verdict);
  }

  async #claimOutbox(d: number, c: number): Promise<void> {
    const model = this.model(c);
    const verdict = model.claimOutbox();
    const lease = await claimOutbox(this.shard, this.#address(c));
    this.deliverers.delete(d);
    if (verdict !== 'claimed' || this.#twice) return expect(lease).toBe(verdict === 'claimed' ? 'busy' : verdict);
    if (typeof lease === 'string') throw new Error(`expected an outbox, got ${lease}`);
    expect([lease.reply?.id, lease.tries, lease.waiting]).toEqual([
      ...[model.outbox[0]?.id, model.outTries, model.outbox.length],
    ]);
    this.deliverers.set(d, { c, lease, epoch: model.outEpoch });
  }

  async #deliverer(what: 'done' | 'postpone', d: number): Promise<void> {
    const one = this.deliverers.get(d);
    if (!one) return;
    this.deliverers.delete(d);
    const model = this.model(one.c);
    const current = model.outHeld !== 'nobody' && one.epoch === model.outEpoch;
    if (what === 'done') expect(await one.lease.done()).toBe(current ? model.done() : undefined);
    else {
      expect(await one.lease.postpone(60_000)).toBe(current);
      if (current) model.postpone();
    }
  }

  async #forget(c: number): Promise<void> {
    const there = this.model(c).forget();
    const done = await this.#mailbox(1).forget(this.#address(c));
    expect(done).toBe(there && !this.#twice);
  }

  /** Everything that is due, due now: what a dispatcher gets is what the model says. */
  async dispatch(kind: 'messages' | 'replies'): Promise<number[]> {
    const due = keys.due(this.shard.tag, kind);
    for (const member of await this.shard.redis.zrange(due, 0, -1)) await this.shard.redis.zadd(due, 1, member);
    const found = await this.#mailbox(0).dispatch(this.shard, kind, 1_000);
    const conversations = found.map(({ conversation }) => conversation);
    const all = this.addresses.flatMap((address, c) => (conversations.includes(address.conversation) ? [c] : []));
    const wanted = this.models.flatMap((model, c) => ((kind === 'messages' ? model.due : model.outDue) ? [c] : []));
    if (!this.#twice) expect(all).toEqual(wanted);
    if (kind === 'messages') for (const model of this.models) if (model.due) model.due = 'soon';
    return all;
  }

  /**
   * Time passes and the clock alone wakes: leases, deadlines and postponements run out, somebody does the work and
   * nobody dies. Throws when that does not end.
   */
  async drain(): Promise<void> {
    this.#twice = false;
    for (let round = 0; round < 40; round += 1) {
      for (const c of this.addresses.keys()) await this.#timeRunsOut(c);
      const [due, outDue] = [await this.dispatch('messages'), await this.dispatch('replies')];
      if (due.length + outDue.length === 0) return;
      for (const c of due) {
        await this.#claim(9, c);
        await this.#do({ do: 'commit', w: 9, take: 100, reset: false, platform: round % 2 === 1, twice: false });
      }
      for (const c of outDue) {
        await this.#deliver(c);
        await this.#claimOutbox(9, c);
        await this.#deliverer('done', 9);
      }
      this.workers.clear();
      await this.check();
    }
    throw new Error('it never ends');
  }

  async #timeRunsOut(c: number): Promise<void> {
    await this.#expire('messages', c);
    await this.#expire('replies', c);
    const model = this.model(c);
    const { tag, redis } = this.shard;
    if (model.tools) {
      model.tools.overdue = true;
      await redis.hset(keys.state(tag, 'messages', this.#address(c)), 'deadline', '1');
    }
    if (model.outPostponed) {
      model.outPostponed = false;
      await redis.hset(keys.state(tag, 'replies', this.#address(c)), 'notBefore', '1');
    }
  }

  /** What people may rely on, whatever happened; after `drain`. */
  async checkPromises(): Promise<void> {
    const { tag, redis } = this.shard;
    for (const c of this.addresses.keys()) {
      const a = this.#address(c);
      const model = this.model(c);
      const ids = await delivered(this.shard, a);
      const people = ids.filter((id) => id.includes('-m'));
      expect(people).toEqual(model.accepted);
      expect(ids.filter((id) => id.includes('-s'))).toEqual(model.acceptedControl);
      for (const id of model.accepted)
        expect((await this.#mailbox(0).record(a.tenant, id, a.conversation))?.record.status).toBe('answered');
      const lists = [keys.mailbox(tag, 'messages', a), keys.control(tag, a), keys.mailbox(tag, 'replies', a)];
      expect(await redis.exists(...lists, keys.waiting(tag, a))).toBe(0);
      const st = await redis.hgetall(keys.state(tag, 'messages', a));
      expect([st['journal'], st['phase'], st['scheduled'] ?? '0']).toEqual([undefined, undefined, '0']);
    }
    expect(await redis.zcard(keys.due(tag, 'messages'))).toBe(0);
    expect(await redis.zcard(keys.due(tag, 'replies'))).toBe(0);
  }

  async open(): Promise<void> {
    const stream = keys.results(this.shard.tag);
    await this.shard.redis.xgroup('CREATE', stream, resultsGroup, '0', 'MKSTREAM').catch(() => undefined);
  }
}
