import {
  type ControlMail,
  type Decision,
  Journal,
  type ModelMessage,
  type ModelOutcome,
  type PersonMail,
  Reply,
  type ToolOutcome,
  TranscriptEntry,
} from '@queueclaw/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { begin } from './begin.js';
import { fail } from './fail.js';
import { proceed } from './proceed.js';
import { agent, calls, control, input, judge, mail, now, outcome, says, shell } from './scenario.js';
import type { AgentProfile, Next, Took, TurnInput } from './turn-input.js';

type Arrival = { do: 'mail' } | { do: 'stop' } | { do: 'reset' };
type Op =
  | Arrival
  | { do: 'result'; which: number; outcome: ToolOutcome }
  | { do: 'decide'; which: number; approved: boolean }
  | { do: 'wait'; ms: number }
  | { do: 'step'; answers: { outcome: ModelOutcome; meanwhile: Arrival[] }[]; crashAfter: number; pops: boolean }
  | { do: 'giveUp' };

/** A mailbox, an agent that may die between any two writes, and what it has made durable. */
class World {
  mailbox: PersonMail[] = [];
  controls: ControlMail[] = [];
  durable: Journal | undefined;
  transcript: TranscriptEntry[] = [];
  replies: Reply[] = [];
  accepted: string[] = [];
  people: string[] = [];
  sent = new Set<string>();
  tickets = 0;
  came = new Map<string, ToolOutcome>();
  decided = new Map<string, Decision>();
  approved = new Set<string>();
  askedOf = new Set<string>();
  turn = 0;
  now = now;

  readonly profile: AgentProfile;
  readonly tail: number;

  constructor(profile: AgentProfile, tail: number) {
    this.profile = profile;
    this.tail = tail;
  }

  arrive(arrival: Arrival): void {
    this.now += 1;
    const id = `m${this.accepted.length}`;
    this.accepted.push(id);
    if (arrival.do === 'mail') {
      this.people.push(id);
      this.mailbox.push(mail(id, { at: this.now, from: { id: `u${this.accepted.length % 2}` } }));
    } else this.controls.push(control(id, { at: this.now, action: arrival.do }));
  }

  input(journal: Journal | undefined, mailbox: PersonMail[]): TurnInput {
    return input({
      now: this.now,
      turn: this.turn + 1,
      journal,
      mail: mailbox,
      control: this.controls,
      results: [...this.came].map(([call, result]) => ({ call, outcome: result })),
      history: this.tail === 0 ? [] : this.transcript.slice(-this.tail),
      agent: this.profile,
      judge,
      decisions: [...this.decided.values()],
      newTicket: () => {
        this.tickets += 1;
        return `ticket-number-${this.tickets}`;
      },
    });
  }

  pop(took: Took): void {
    this.mailbox.splice(0, took.mail);
    this.controls.splice(0, took.control);
  }

  write(next: Next, earlier: number): void {
    const took = { ...next.took, mail: next.took.mail + earlier };
    expect(took.mail).toBeLessThanOrEqual(this.mailbox.length);
    this.pop(took);
    if (next.do === 'commit') {
      const turn = this.durable?.turn ?? this.turn + 1;
      this.transcript = [...(next.reset ? [] : this.transcript), ...next.entries];
      expectWhole(next.entries);
      for (const entry of next.entries) expect(TranscriptEntry.parse(roundTrip(entry))).toEqual(entry);
      for (const reply of next.replies) {
        expect(Reply.parse(roundTrip(reply))).toEqual(reply);
        expect(reply.id).toBe(`r${turn}`);
        expect(reply.text).not.toBe('');
      }
      this.replies.push(...next.replies);
      this.turn = turn;
      this.durable = undefined;
      this.came.clear();
      this.decided.clear();
    } else if (next.do !== 'idle' && next.journal !== undefined) {
      expect(Journal.parse(roundTrip(next.journal))).toEqual(next.journal);
      for (const { call, ticket } of next.journal.pending) {
        const fresh =
          this.durable?.pending.some((pending) => pending.ticket === ticket && pending.call === call) !== true;
        if (fresh) expect(this.sent).not.toContain(call);
        // Only a person's yes sends out what was asked about.
        if (this.askedOf.has(call)) expect(this.approved).toContain(call);
        this.sent.add(call);
      }
      for (const { call } of next.journal.asking ?? []) this.askedOf.add(call);
      this.durable = roundTrip(next.journal);
    }
  }

  /** One step of an agent, until it suspends, commits, has nothing to do, or dies after `crashAfter` model answers. */
  step({ answers, crashAfter, pops }: Extract<Op, { do: 'step' }>): Next['do'] {
    let next = begin(this.input(this.durable, this.mailbox));
    let taken = 0;
    for (let at = 0; next.do === 'ask'; at += 1) {
      expectSound(next.request.messages);
      if (pops) taken += next.took.mail;
      if (at === crashAfter) return 'ask';
      const { outcome: answer, meanwhile } = answers[at] ?? { outcome: says('answer'), meanwhile: [] };
      for (const arrival of meanwhile) this.arrive(arrival);
      this.now += 100;
      // Both ways to count: mail that is taken but still in the mailbox is passed again, or is not.
      const waiting = pops ? this.mailbox.slice(taken) : this.mailbox;
      const { journal } = next;
      next = proceed({ ...this.input(journal, waiting), journal }, answer);
      if (next.do === 'ask') {
        this.write(next, taken);
        taken = 0;
        if (pops) next = { ...next, took: { mail: 0, control: 0 } };
      }
    }
    this.write(next, taken);
    return next.do;
  }

  run(op: Op): void {
    if (op.do === 'step') this.step(op);
    else if (op.do === 'wait') this.now += op.ms;
    else if (op.do === 'giveUp')
      this.write(fail(this.input(this.durable, this.mailbox), 'message.poisoned', 'turn.poisoned'), 0);
    else if (op.do === 'result') {
      const pending = this.durable?.pending ?? [];
      const call = pending[op.which % Math.max(1, pending.length)];
      if (call !== undefined) this.came.set(call.call, op.outcome);
    } else if (op.do === 'decide') {
      const asking = this.durable?.asking ?? [];
      const asked = asking[op.which % Math.max(1, asking.length)];
      if (asked === undefined || this.decided.has(asked.call)) return;
      const { call, approval } = asked;
      this.decided.set(call, { call, approval, approved: op.approved });
      if (op.approved) this.approved.add(call);
    } else this.arrive(op);
  }

  /** Until nothing is left to do; results come, or are lost and time passes. */
  drain(lost: boolean): void {
    for (let rounds = 0; rounds < 1_000; rounds += 1) {
      if (lost || (this.durable?.asking ?? []).length > 0) this.now += 40_000;
      else for (const { call } of this.durable?.pending ?? []) this.came.set(call, outcome('late'));
      if (this.step({ do: 'step', answers: [], crashAfter: -1, pops: false }) === 'idle') return;
    }
    throw new Error('never idle');
  }
}

const roundTrip = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

/** Every call is followed by its results, every result follows its call. */
function expectWhole(entries: readonly TranscriptEntry[]): void {
  let open: string[] = [];
  for (const entry of entries) {
    if (entry.role === 'tool') {
      expect(open).toContain(entry.call);
      open = open.filter((call) => call !== entry.call);
    } else {
      expect(open).toEqual([]);
      open = entry.role === 'assistant' ? (entry.calls ?? []).map(({ call }) => call) : [];
    }
  }
  expect(open).toEqual([]);
}

function expectSound(messages: readonly ModelMessage[]): void {
  expect(messages[0]?.role).toBe('user');
  expect(['user', 'tool']).toContain(messages.at(-1)?.role);
  let open: string[] = [];
  for (const message of messages) {
    if (message.role === 'tool') expect(open.shift()).toBe(message.call);
    else {
      expect(open).toEqual([]);
      open = message.role === 'assistant' ? (message.calls ?? []).map(({ id }) => id) : [];
      for (const { name } of message.role === 'assistant' ? (message.calls ?? []) : []) {
        expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      }
      if (message.role === 'assistant' && open.length === 0) expect(message.text).not.toBe('');
    }
  }
  expect(open).toEqual([]);
}

const arrival: fc.Arbitrary<Arrival> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ do: 'mail' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'stop' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'reset' as const }) },
);

const made = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(shell('ls')) },
    { weight: 2, arbitrary: fc.constantFrom(shell('ask'), shell('deny')) },
    fc.constant({ name: 'shell', args: { command: 'bad' } }),
    fc.record({ name: fc.string(), args: fc.jsonValue() }),
  ),
  { minLength: 1, maxLength: 4 },
);

const failing = fc
  .constantFrom('llm.timeout', 'llm.aborted', 'llm.refused', 'system.internal' as const)
  .map((code): ModelOutcome => ({
    ok: false,
    text: 'half',
    failure: { code, publicMessage: 'Failed.', retryAfterMs: 0.5 },
  }));

const answer: fc.Arbitrary<ModelOutcome> = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => says(text)),
  { weight: 3, arbitrary: made.map((some) => calls(...some)) },
  made.map((some) => says('cut', { reason: 'length', calls: some.map((call) => ({ id: 'x', ...call })) })),
  failing,
);

const result: fc.Arbitrary<ToolOutcome> = fc.record({
  ok: fc.boolean(),
  text: fc.string(),
  code: fc.constantFrom('tool.failed', 'tool.unknown_outcome'),
  ms: fc.nat(),
});

const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 3, arbitrary: arrival },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('result' as const), which: fc.nat(9), outcome: result }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(50, 5_000, 95_000, 900_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'giveUp' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('decide' as const), which: fc.nat(3), approved: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('step' as const),
      answers: fc.array(fc.record({ outcome: answer, meanwhile: fc.array(arrival, { maxLength: 2 }) }), {
        maxLength: 5,
      }),
      crashAfter: fc.integer({ min: -1, max: 3 }),
      pops: fc.boolean(),
    }),
  },
);

const profile: fc.Arbitrary<AgentProfile> = fc
  .record({
    queueMode: fc.constantFrom('collect', 'steer', 'followup', 'interrupt' as const),
    steps: fc.integer({ min: 1, max: 6 }),
    toolCalls: fc.integer({ min: 1, max: 8 }),
  })
  .map(({ queueMode, steps, toolCalls }) => ({ ...agent, queueMode, limits: { ...agent.limits, steps, toolCalls } }));

describe('any interleaving of mail, results, control, model answers and crashes', () => {
  it('ends with each accepted message in exactly one reply, in order, through sound requests and journals', () => {
    fc.assert(
      fc.property(profile, fc.nat(12), fc.array(op, { maxLength: 30 }), fc.boolean(), (someone, tail, ops, lost) => {
        const world = new World(someone, tail);
        for (const each of ops) world.run(each);
        world.drain(lost);
        const answered = world.replies.flatMap(({ answers }) => answers);
        expect(answered.toSorted()).toEqual(world.accepted.toSorted());
        expect(answered.filter((id) => world.people.includes(id))).toEqual(world.people);
        expect(new Set(world.replies.map(({ id }) => id)).size).toBe(world.replies.length);
        const written = world.transcript.filter(({ role }) => role === 'user');
        expect(written.map(({ at }) => at)).toEqual(written.map(({ at }) => at).toSorted((a, b) => a - b));
        expectWhole(world.transcript);
      }),
      { numRuns: 1_500 },
    );
  }, 60_000);

  it('decides the same again when it starts over from what is durable', () => {
    fc.assert(
      fc.property(profile, fc.array(op, { maxLength: 20 }), (someone, ops) => {
        const world = new World(someone, 5);
        for (const each of ops) world.run(each);
        const again = (): Next => {
          // Tickets are random, and those of calls that go out now are new.
          world.tickets = 1_000;
          return begin(world.input(world.durable, world.mailbox));
        };
        expect(again()).toEqual(again());
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
