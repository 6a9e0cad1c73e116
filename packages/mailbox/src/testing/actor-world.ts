import { type ActorAddress, ControlMail, keys, type PersonMail, type Reply } from '@queueclaw/contracts';
import { expect } from 'vitest';
import { openMailbox } from '../mailbox.js';
import { claimOutbox, type DeliveryLease, deliverToStreams } from '../outbox.js';
import { applyResults, resultsGroup } from '../results.js';
import type { Shard } from '../shards.js';
import { ActorModel, mailboxMax, transcriptMax } from './actor-model.js';
import type { Op } from './actor-op.js';
import { delivered, expected, look } from './actor-probe.js';
import { ActorWorkers } from './actor-workers.js';

const streams = ['http'];
const from = { id: 'ada' };

/** Conversations on a real Redis with their models beside them, workers that may be stale or dead, deliverers too. */
export class ActorWorld {
  readonly addresses: readonly ActorAddress[];
  readonly models: readonly ActorModel[];
  readonly deliverers = new Map<number, { c: number; epoch: number; lease: DeliveryLease }>();
  readonly workers: ActorWorkers;
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
    // Two processes: what one remembers of a transcript, the other may have changed.
    this.workers = new ActorWorkers([1, 2].map(() => openMailbox({ shards, mailKey: 'the key', limits })));
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

  async #do(op: Op): Promise<void> {
    switch (op.do) {
      case 'ingest':
        return this.#ingest(op);
      case 'claim':
        return this.workers.claim(op.w, op.c, this.model(op.c), this.#address(op.c), op.twice);
      case 'lease lost':
        return this.#expire('messages', op.c);
      case 'outbox lost':
        return this.#expire('replies', op.c);
      case 'die':
        return this.workers.die(op.w);
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
      case 'obey':
        return this.#obey(op);
      case 'forget':
        return this.#forget(op.c);
      default: {
        const c = this.workers.of(op.w);
        if (c !== undefined) await this.workers.work(op, this.model(c));
      }
    }
  }

  async #ingest({ c, again, other, control, command }: Extract<Op, { do: 'ingest' }>): Promise<void> {
    const model = this.model(c);
    const known = [...model.texts.keys()];
    const old = again === undefined ? undefined : known[again % Math.max(1, known.length)];
    const letter = command ? 'k' : control ? 's' : 'm';
    const id = old ?? `c${c}-${letter}${(this.#serial += 1)}`;
    const [isControl, isCommand] = [id.includes('-s'), id.includes('-k')];
    const base = { v: 1 as const, id, from, route: { channel: 'http' }, at: 1 };
    const mail: PersonMail | ControlMail = isCommand
      ? { ...base, kind: 'control', action: 'tell', about: other ? 'tools' : 'help' }
      : isControl
        ? { ...base, kind: 'control', action: other ? 'reset' : 'stop' }
        : { ...base, kind: 'person', text: other ? 'other words' : 'words' };
    const { outcome, wake } = model.ingest(id, String(other), isControl, isCommand);
    const done = await this.workers.mailbox(0).ingest(this.#address(c), mail);
    // Sent again, an accepted message is found to be there; what was missed is in `due`.
    const again2 = this.#twice && outcome === 'accepted';
    expect([done.outcome, done.wake]).toEqual(again2 ? ['duplicate', false] : [outcome, wake]);
  }

  async #obey({ c, which, keep, prefer, platform }: Extract<Op, { do: 'obey' }>): Promise<void> {
    const [model, a] = [this.model(c), this.#address(c)];
    const element = await this.shard.redis.lindex(keys.commands(this.shard.tag, a), which);
    if (element === null) return;
    const mail = ControlMail.parse(JSON.parse(element.slice(element.indexOf('.') + 1)));
    const { id } = mail;
    const change = prefer ? { model: `of ${id}`, queueMode: null } : {};
    const channel = platform ? 'telegram' : 'http';
    const item = { id: `c${id}`, channel, answers: [id] };
    const reply: Reply = {
      v: 1,
      turn: 0,
      text: '',
      status: 'answered',
      route: { channel },
      at: 1,
      ...item,
      answers: [id],
    };
    const verdict = model.obey(id, keep, prefer ? { model: `of ${id}`, queueMode: '' } : {}, item);
    const effect = keep ? { keep: mail } : { reply, change };
    const done = await this.workers.mailbox(0).obey(a, { element, mail }, effect);
    const again = keep ? 'taken' : 'gone';
    expect(done).toBe(this.#twice && verdict === 'done' ? again : verdict);
  }

  async #result(which: number, right: boolean): Promise<void> {
    const call = this.workers.sent.at(-1 - (which % Math.max(1, this.workers.sent.length)));
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
    const done = await this.workers.mailbox(1).forget(this.#address(c));
    expect(done).toBe(there && !this.#twice);
  }

  /** Everything that is due, due now: what a dispatcher gets is what the model says. */
  async dispatch(kind: 'messages' | 'replies'): Promise<number[]> {
    const due = keys.due(this.shard.tag, kind);
    for (const member of await this.shard.redis.zrangebyscore(due, '-inf', '+inf'))
      await this.shard.redis.zadd(due, 1, member);
    const found = await this.workers.mailbox(0).dispatch(this.shard, kind, 1_000);
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
        while (this.model(c).cm.length > 0) {
          const keep = this.model(c).compact === undefined && round % 2 === 0;
          await this.#obey({ do: 'obey', c, which: 0, keep, prefer: true, platform: round % 2 === 1, twice: false });
        }
        await this.#do({ do: 'claim', w: 9, c, twice: false });
        await this.#do({ do: 'summarise', w: 9, done: true, summary: true, platform: false, twice: false });
        await this.#do({ do: 'commit', w: 9, take: 100, reset: false, platform: round % 2 === 1, twice: false });
      }
      for (const c of outDue) {
        await this.#deliver(c);
        await this.#claimOutbox(9, c);
        await this.#deliverer('done', 9);
      }
      this.workers.die(9);
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
      expect(ids.filter((id) => id.includes('-k')).toSorted()).toEqual(model.acceptedCommands.toSorted());
      for (const id of [...model.accepted, ...model.acceptedCommands])
        expect((await this.workers.mailbox(0).record(a.tenant, id, a.conversation))?.record.status).toBe('answered');
      const lists = [keys.mailbox(tag, 'messages', a), keys.control(tag, a), keys.mailbox(tag, 'replies', a)];
      lists.push(keys.commands(tag, a));
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
