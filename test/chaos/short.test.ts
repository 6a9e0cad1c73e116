import { afterAll, beforeAll, expect, it } from 'vitest';
import { runChaos } from './chaos.js';
import { type Fleet, startFleet } from './fleet.js';

/** The storms of every day: one small fleet goes through them one after the other, and the last one sinks it. */
let fleet: Fleet;
let orphans: readonly string[] | undefined;
let first = 0;
const few = { seed: 7, conversations: 1, messages: 6 };

beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(async () => {
  if (orphans === undefined) await fleet.stop();
});

it.each(['kills', 'redis'])('%s: loses, repeats, reorders and leaves nothing', async (scenario) => {
  const { violations, faults } = await runChaos({ ...few, scenario, fleet, first: (first += 1) });
  expect(violations).toEqual([]);
  expect(faults).not.toEqual([]);
});

it('the auditor sees what a careless installation loses', async () => {
  const { violations } = await runChaos({ ...few, scenario: 'naive', fleet, first: (first += 1), patienceMs: 5_000 });
  expect(violations.map(({ invariant }) => invariant)).toContain('I1');
});

it('no process is left', async () => {
  orphans = await fleet.stop();
  expect(orphans).toEqual([]);
});
