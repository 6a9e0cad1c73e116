import { parseArgs } from 'node:util';
import { runChaos } from './chaos.js';
import { scenarios } from './scenarios.js';

const usage = `Usage: npm run chaos -- [--scenario <name>] [--seed <n>] [--minutes <m>]

Starts the whole system with a Redis of its own, lets people write over HTTP, WebSocket, Telegram and Slack, makes trouble,
and checks from outside that nothing was lost, repeated, reordered or left behind. The same seed makes the same trouble.

${Object.entries(scenarios)
  .map(([name, { says }]) => `  ${name.padEnd(12)} ${says}`)
  .join('\n')}

  --scenario  one of them; all of them, one after the other, without it
  --seed      7
  --minutes   begins again with the next seed until so much time has passed; once without it
  --help

Exit code: 0 everything held (and the naive one did not), 1 something did not, 2 not understood.
`;

const { values } = parseArgs({
  options: {
    ...{ scenario: { type: 'string' }, seed: { type: 'string' } },
    ...{ minutes: { type: 'string' }, help: { type: 'boolean' } },
  },
});
const seed = Number(values.seed ?? 7);
const minutes = Number(values.minutes ?? 0);
const names = values.scenario === undefined ? Object.keys(scenarios) : [values.scenario];
const isKnown = names.every((name) => Object.hasOwn(scenarios, name));

if (values.help === true) process.stdout.write(usage);
else if (!isKnown || !Number.isSafeInteger(seed) || !(minutes >= 0 && minutes <= 10_000)) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  const endsAt = Date.now() + minutes * 60_000;
  let failed = 0;
  for (let round = 0; round === 0 || Date.now() < endsAt; round += 1) {
    for (const name of names) {
      const startedAt = Date.now();
      const onStep = (what: string): void => void process.stderr.write(`  ${what}\n`);
      const report = await runChaos({
        ...{ scenario: name, seed: seed + round, onStep },
        ...(scenarios[name]?.naive === true ? { patienceMs: 10_000 } : {}),
      });
      const held = report.violations.length === 0;
      const asMeant = held !== (scenarios[name]?.naive === true);
      if (!asMeant) failed += 1;
      const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
      process.stdout.write(
        `${asMeant ? 'ok ' : 'BAD'} ${name} (seed ${report.seed}): ${report.said} messages, ${report.faults.length} faults, ${report.told} told of a failure, ${report.paidTwice} answers paid twice, ${report.violations.length} violations, ${seconds} s\n`,
      );
      for (const sentence of report.words) process.stdout.write(`    told: ${sentence.slice(0, 200)}\n`);
      for (const { invariant, what } of report.violations.slice(0, 20))
        process.stdout.write(`    ${invariant} ${what}\n`);
    }
  }
  process.exitCode = failed === 0 ? 0 : 1;
}
