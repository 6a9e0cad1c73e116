/** A call that is out, as a worker wrote it into its journal. */
export type ModelCall = { readonly call: string; readonly ticket: string };

type Item = { readonly id: string; readonly channel: string; readonly answers: readonly string[] };
type Take = { readonly mail: number; readonly control: number };
/** `expired`: the worker has not renewed; it may still come back unless somebody else claims. */
type Held = 'nobody' | 'live' | 'expired';
/** When somebody looks at it: within seconds, or at the deadline of its tools. */
type Due = false | 'soon' | 'later';

export const mailboxMax = 6;
export const controlMax = 100;
export const transcriptMax = 5;

/**
 * What the scripts promise about one conversation, in words that have nothing to do with Redis. The test runs every
 * operation on both and compares them.
 */
export class ActorModel {
  /** Every id that was ever accepted -> its text. */
  readonly texts = new Map<string, string>();
  /** Of people, in the order of acceptance; of the time since the conversation was last forgotten. */
  accepted: string[] = [];
  acceptedControl: string[] = [];
  acceptedCommands: string[] = [];
  mb: string[] = [];
  ct: string[] = [];
  cm: string[] = [];
  /** The command that waits for a worker. */
  compact: string | undefined;
  prefs: Readonly<Record<string, string>> = {};
  summary: { readonly text: string; readonly until: number } | undefined;
  /** Entries that the transcript had and has no more. */
  trimmed = 0;
  epoch = 0;
  tries = 0;
  turn = 0;
  held: Held = 'nobody';
  scheduled = false;
  journal: { readonly holds: readonly string[]; readonly calls: readonly ModelCall[] } | undefined;
  tools: { armed: boolean; overdue: boolean; wakeOnMail: boolean } | undefined;
  /** call -> its ticket while it is out, `back` afterwards */
  wt = new Map<string, string>();
  transcript: string[] = [];
  due: Due = false;

  outbox: Item[] = [];
  outEpoch = 0;
  outTries = 0;
  outHeld: Held = 'nobody';
  outPostponed = false;
  outDue = false;

  get waiting(): number {
    return [...this.wt.values()].filter((value) => value !== 'back').length;
  }

  ingest(id: string, text: string, control: boolean, command: boolean): { outcome: string; wake: boolean } {
    const known = this.texts.get(id);
    if (known !== undefined) return { outcome: known === text ? 'duplicate' : 'conflict', wake: false };
    const list = command ? this.cm : control ? this.ct : this.mb;
    if (list.length >= (control || command ? controlMax : mailboxMax)) return { outcome: 'full', wake: false };
    this.texts.set(id, text);
    list.push(id);
    (command ? this.acceptedCommands : control ? this.acceptedControl : this.accepted).push(id);
    const wake = !this.scheduled && (this.tools === undefined || control || command || this.tools.wakeOnMail);
    if (wake) this.#wake();
    return { outcome: 'accepted', wake };
  }

  claim(): 'busy' | 'empty' | 'waiting' | 'claimed' {
    if (this.held === 'live') {
      this.due = 'soon';
      return 'busy';
    }
    const news =
      this.ct.length > 0 || this.compact !== undefined || (this.tools?.wakeOnMail === true && this.mb.length > 0);
    if (this.tools && !news && this.tools.armed && this.waiting > 0 && !this.tools.overdue) {
      this.scheduled = false;
      this.due = 'later';
      return 'waiting';
    }
    if (!this.tools && !this.journal && this.compact === undefined && this.mb.length + this.ct.length === 0) {
      if (this.cm.length > 0) return 'empty';
      this.scheduled = this.due = false;
      return 'empty';
    }
    this.epoch += 1;
    this.tries += 1;
    this.held = 'live';
    this.#wake();
    return 'claimed';
  }

  /** True when the worker of this epoch still has the conversation. */
  has(epoch: number): boolean {
    return epoch === this.epoch && this.held !== 'nobody';
  }

  renew(): void {
    this.held = 'live';
    this.due = 'soon';
  }

  release(blameless: boolean): void {
    this.held = 'nobody';
    this.due = 'soon';
    if (blameless) this.tries = Math.max(0, this.tries - 1);
  }

  checkpoint(holds: readonly string[], take: Take): void {
    this.#take(take);
    this.journal = { holds, calls: [] };
    this.tries = 0;
    this.tools = undefined;
    this.wt.clear();
  }

  suspend(
    holds: readonly string[],
    calls: readonly ModelCall[],
    take: Take,
    tools: { overdue: boolean; wakeOnMail: boolean },
  ): { wake: boolean } {
    this.#take(take);
    this.journal = { holds, calls };
    this.wt = new Map(calls.map(({ call, ticket }) => [call, this.wt.get(call) === 'back' ? 'back' : ticket]));
    this.tools = { armed: false, ...tools };
    this.tries = 0;
    this.held = 'nobody';
    const wake =
      this.waiting === 0 ||
      this.ct.length + this.cm.length > 0 ||
      this.compact !== undefined ||
      (tools.wakeOnMail && this.mb.length > 0);
    this.scheduled = wake;
    this.due = 'soon';
    return { wake };
  }

  arm(epoch: number): boolean {
    if (epoch !== this.epoch || !this.tools) return false;
    this.tools.armed = true;
    if (!this.scheduled) this.due = this.tools.overdue ? 'soon' : 'later';
    return true;
  }

  result(call: string, ticket: string): 'refused' | 'taken' | 'wake' {
    if (this.wt.get(call) !== ticket) return 'refused';
    this.wt.set(call, 'back');
    if (this.waiting > 0 || this.scheduled) return 'taken';
    this.#wake();
    return 'wake';
  }

  commit(turn: number, take: Take, reset: boolean, entries: readonly string[], items: readonly Item[]): number {
    this.#take(take);
    if (reset) {
      this.transcript = [];
      this.trimmed = 0;
      this.summary = undefined;
    }
    const all = [...this.transcript, ...entries];
    this.transcript = all.slice(-transcriptMax);
    this.trimmed += all.length - this.transcript.length;
    this.#send(items);
    this.journal = this.tools = undefined;
    this.wt.clear();
    this.turn = turn;
    this.tries = 0;
    this.held = 'nobody';
    const left = this.mb.length + this.ct.length + this.cm.length + (this.compact === undefined ? 0 : 1);
    this.scheduled = left > 0;
    this.due = left > 0 && 'soon';
    return left;
  }

  deliver(streams: readonly string[]): { delivered: number; left: string | undefined } {
    let delivered = 0;
    const lost = this.outHeld === 'expired';
    if (this.outHeld === 'live') {
      this.outDue = true;
      return { delivered, left: undefined };
    }
    for (let head = this.outbox[0]; head && streams.includes(head.channel); head = this.outbox[0]) {
      this.outbox.shift();
      delivered += 1;
    }
    if (delivered > 0 && lost) {
      this.outEpoch += 1;
      this.outHeld = 'nobody';
      this.outTries = 0;
    }
    this.outDue = this.outbox.length > 0;
    return { delivered, left: this.outbox[0]?.channel };
  }

  claimOutbox(): 'busy' | 'empty' | 'later' | 'claimed' {
    if (this.outHeld === 'live') return 'busy';
    this.outDue = this.outbox.length > 0;
    if (!this.outDue) return 'empty';
    if (this.outPostponed) return 'later';
    this.outEpoch += 1;
    this.outTries += 1;
    this.outHeld = 'live';
    return 'claimed';
  }

  done(): number {
    this.outbox.shift();
    this.outHeld = 'nobody';
    this.outTries = 0;
    this.outPostponed = false;
    this.outDue = this.outbox.length > 0;
    return this.outbox.length;
  }

  postpone(): void {
    this.outHeld = 'nobody';
    this.outPostponed = true;
    this.outDue = true;
  }

  /** What the command's list holds decides, no lease. */
  obey(id: string, keep: boolean, change: Readonly<Record<string, string>>, item: Item): 'done' | 'gone' | 'taken' {
    if (keep && this.compact !== undefined) return 'taken';
    const at = this.cm.indexOf(id);
    if (at === -1) return 'gone';
    this.cm.splice(at, 1);
    if (keep) this.compact = id;
    else {
      this.prefs = Object.fromEntries(Object.entries({ ...this.prefs, ...change }).filter(([, value]) => value !== ''));
      this.#send([item]);
    }
    return 'done';
  }

  summarise(summary: ActorModel['summary'], done: boolean, items: readonly Item[]): void {
    if (summary || done) this.tries = 0;
    if (summary) this.summary = summary;
    if (done) this.compact = undefined;
    this.#send(items);
  }

  /** The entries of which a claim brings the last few: those after the summary. */
  get uncovered(): readonly string[] {
    return this.transcript.slice(Math.max(0, (this.summary?.until ?? 0) - this.trimmed));
  }

  forget(): boolean {
    // A conversation that ended a turn stays in the list of conversations until it is forgotten.
    const there =
      this.listed ||
      this.mb.length + this.ct.length + this.cm.length + this.transcript.length > 0 ||
      this.journal !== undefined ||
      this.compact !== undefined ||
      Object.keys(this.prefs).length > 0;
    if (!there) return false;
    const compact = this.compact === undefined ? [] : [this.compact];
    const gone = [...this.mb, ...this.ct, ...this.cm, ...compact, ...(this.journal?.holds ?? []), ...this.transcript];
    for (const id of [...gone, ...this.outbox.flatMap(({ answers }) => answers)]) this.texts.delete(id);
    this.epoch += 1;
    this.turn += 1;
    if (this.outEpoch > 0) this.outEpoch += 1;
    Object.assign(this, {
      accepted: [],
      acceptedControl: [],
      acceptedCommands: [],
      mb: [],
      ct: [],
      cm: [],
      outbox: [],
    });
    Object.assign(this, { transcript: [], trimmed: 0, compact: undefined, prefs: {}, summary: undefined });
    Object.assign(this, { journal: undefined, tools: undefined, wt: new Map(), tries: 0, outTries: 0 });
    Object.assign(this, { scheduled: false, due: false, outDue: false, outPostponed: false, listed: false });
    this.held = this.outHeld = 'nobody';
    return true;
  }

  listed = false;

  #send(items: readonly Item[]): void {
    this.outbox.push(...items);
    if (items.length > 0) this.outDue = true;
  }

  #wake(): void {
    this.scheduled = true;
    this.due = 'soon';
  }

  #take({ mail, control }: Take): void {
    this.mb.splice(0, mail);
    this.ct.splice(0, control);
  }
}
