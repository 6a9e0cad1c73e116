import { expect, it } from 'vitest';
import { runChaos } from './chaos.js';
import { scenarios } from './scenarios.js';

const seed = Number(process.env['QUEUECLAW_CHAOS_SEED'] ?? 7);
const held = Object.entries(scenarios).filter(([, { naive }]) => naive !== true);

it.each(held.map(([name, { says }]) => [name, says] as const))(
  `%s: loses, repeats, reorders and leaves nothing with %s (seed ${seed})`,
  async (scenario) => {
    const { violations, faults } = await runChaos({ scenario, seed });
    expect(violations).toEqual([]);
    expect(faults).not.toEqual([]);
  },
);

it('the auditor sees what a careless installation loses', async () => {
  const { violations } = await runChaos({ scenario: 'naive', seed, patienceMs: 10_000 });
  expect(violations.map(({ invariant }) => invariant)).toContain('I1');
});
