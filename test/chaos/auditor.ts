import { readMark } from './marks.js';

/** What was promised and what came of it, as clients and platforms saw it. */
export type Evidence = {
  /** Marks of accepted messages, in the order in which they were said in their conversations. */
  readonly said: readonly string[];
  /** Marks as they were answered, in the order in which they were seen; a reply that is told twice under one id counts once. */
  readonly heard: readonly string[];
  /** Marks whose person was told that they failed. */
  readonly told: readonly string[];
  /** Conversations whose platform knows no idempotence key: one repeat for each fault is allowed there. */
  readonly mayRepeat: (conversation: string) => boolean;
  /** What tool calls left behind. */
  readonly ledger: readonly string[];
  /** Marks whose call was given again by the model after the turn's last words had been given. */
  readonly askedAgain: readonly string[];
  /** What is left in Redis and of processes when all is answered: a description of each. */
  readonly left: readonly string[];
  /** Where a canary was found. */
  readonly leaks: readonly string[];
  readonly faults: number;
};

export type Violation = { readonly invariant: string; readonly what: string };

const count = (all: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
};

/** Checks the invariants of docs/reliability.md from outside. Empty when all of them held. */
export function audit(evidence: Evidence): Violation[] {
  const { said, heard, told, mayRepeat, ledger, left, leaks, faults } = evidence;
  const found: Violation[] = [];
  const heardOf = count(heard);
  const saidOnes = new Set(said);
  const toldOnes = new Set(told);
  let repeats = 0;
  for (const mark of said) {
    const times = heardOf.get(mark) ?? 0;
    if (times === 0 && !toldOnes.has(mark))
      found.push({ invariant: 'I1', what: `${mark} was accepted and has no end` });
    if (times <= 1) continue;
    repeats += times - 1;
    if (!mayRepeat(readMark(mark).conversation))
      found.push({ invariant: 'I2', what: `${mark} was answered ${times} times` });
  }
  if (repeats > faults) found.push({ invariant: 'I2', what: `${repeats} repeats after ${faults} faults` });
  for (const mark of heardOf.keys())
    if (!saidOnes.has(mark)) found.push({ invariant: 'I1', what: `${mark} was answered and never said` });
  const last = new Map<string, number>();
  const seen = new Set<string>();
  for (const mark of heard) {
    if (seen.has(mark)) continue;
    seen.add(mark);
    const { conversation, at } = readMark(mark);
    if (at < (last.get(conversation) ?? -1)) found.push({ invariant: 'I3', what: `${mark} came after a later one` });
    last.set(conversation, Math.max(at, last.get(conversation) ?? -1));
  }
  for (const [mark, times] of count(ledger))
    if (times > 1) found.push({ invariant: 'I4', what: `the tool acted ${times} times for ${mark}` });
  for (const mark of evidence.askedAgain)
    found.push({ invariant: 'I9', what: `an answer of ${mark} that was committed was paid again` });
  for (const what of leaks) found.push({ invariant: 'I5', what });
  for (const what of left) found.push({ invariant: 'I7', what });
  return found;
}
