import { budgetTag, keys } from '@queueclaw/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Reservation } from './budgets.js';
import { type ada, openBench } from './testing/bench-budgets.js';
import { sendScriptsTwice } from './testing/twice.js';

const limit = { tokens: 3_800, money: 0.009, tool_calls: 6, turns: 4 };
const budgets = { person: limit, conversation: { ...limit, tokens: 3_500 }, tenant: { ...limit, tokens: 4_000 } };

type Open = { reservation: Reservation; counted: number; forgotten: boolean; payer: string; day: number };

const small = fc.nat({ max: 2 });
const op = fc.oneof(
  fc.record({
    do: fc.constant('reserve' as const),
    who: small,
    where: small,
    input: fc.nat({ max: 900 }),
    output: fc.integer({ min: 1, max: 3_000 }),
    turn: fc.nat({ max: 12 }),
    day: fc.nat({ max: 1 }),
  }),
  fc.record({
    do: fc.constant('settle' as const),
    which: fc.nat({ max: 30 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({ do: fc.constant('forget' as const), which: fc.nat({ max: 30 }) }),
  fc.record({ do: fc.constant('calls' as const), who: small, where: small, step: small, calls: fc.nat({ max: 4 }) }),
);

it('never spends more than the budget, whatever is reserved, settled, forgotten, sent twice, in whatever order', async () => {
  const bench = await openBench(budgets);
  let twice = false;
  sendScriptsTwice(bench.redis, () => twice);
  const replicas = [bench.open(), bench.open()] as const;
  const today = Date.now();
  let world = 0;
  try {
    const property = fc.asyncProperty(
      fc.array(fc.tuple(op, fc.boolean()), { minLength: 10, maxLength: 40 }),
      async (steps) => {
        const tenant = `t${(world += 1)}`;
        const made: Open[] = [];
        const payerOf = (who: number, where: number): typeof ada => ({
          tenant,
          person: `p${who}`,
          conversation: `c${where}`,
        });
        for (const [at, [step, again]] of steps.entries()) {
          twice = again;
          const replica = replicas[at % 2] ?? replicas[0];
          if (step.do === 'reserve') {
            const payer = payerOf(step.who, step.where);
            const verdict = await replica.reserve(
              bench.wish({
                payer,
                now: today + step.day * 86_400_000,
                turn: String(step.turn),
                inputTokens: step.input,
                outputTokensMax: step.output,
              }),
            );
            if (!verdict.ok) continue;
            const { reservation } = verdict;
            expect(reservation.outputTokensMax).toBeLessThanOrEqual(step.output);
            const counted = step.input + reservation.outputTokensMax;
            made.push({ reservation, counted, forgotten: false, payer: payer.person, day: step.day });
          } else if (step.do === 'calls') {
            await replica.takeCalls({ payer: payerOf(step.who, step.where), now: today }, `s${step.step}`, step.calls);
          } else {
            const one = made[step.which % Math.max(1, made.length)];
            if (!one) continue;
            if (step.do === 'forget') {
              await bench.redis.del(keys.reservation(budgetTag(bench.space, tenant), one.reservation.id));
              one.forgotten = true;
            } else {
              const tokens = Math.floor(one.counted * step.part);
              await bench.settled(one.reservation, { tokens, costMicros: tokens });
              if (!one.forgotten) Object.assign(one, { counted: tokens, forgotten: true });
            }
          }
          for (const day of [0, 1]) {
            for (const [who, where] of [
              [0, 0],
              [1, 1],
              [2, 2],
            ] as const) {
              const standing = await bench.standing(payerOf(who, where), today + day * 86_400_000);
              expect(standing.budgets.filter(({ used, limit: most }) => used > most)).toEqual([]);
              const [mine] = standing.budgets.filter(({ scope, unit }) => scope === 'person' && unit === 'tokens');
              const owed = made.filter((one) => one.payer === `p${who}` && one.day === day);
              expect(mine?.used).toBe(owed.reduce((sum, { counted }) => sum + counted, 0));
            }
          }
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  } finally {
    await bench.close();
  }
});
