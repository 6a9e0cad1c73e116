import { expect, test } from 'vitest';
import { createAutoscaler, placesNeeded, type Reading } from '../../bench/autoscale/autoscaler.js';
import { hastened, rulesOf } from '../../bench/autoscale/rules.js';
import { readText } from './source-files.js';

const manifests = readText('deploy/kubernetes/production.yaml') ?? '';
const agents = rulesOf(manifests, 'queueclaw-agent');
const still: Reading = { inProgress: 0, backlog: 0, oldestSeconds: 0, stepSeconds: 1 };

test('agents and tool-runners scale by the formula of the documentation, and by nothing else', () => {
  expect(agents).toMatchObject({ min: 3, max: 40, perReplica: 200, targetSeconds: 2, oldestSeconds: 6 });
  expect(rulesOf(manifests, 'queueclaw-tool-runner')).toMatchObject({ perReplica: 4, targetSeconds: 10 });
  const other = manifests.replaceAll('max(queueclaw_backlog{queue="messages"', 'max(queueclaw_open{queue="messages"');
  expect(() => rulesOf(other, 'queueclaw-agent')).toThrow('asks for something else');
});

test('what waits needs as many places as begin it within the wait that is aimed at', () => {
  expect(placesNeeded({ ...still, inProgress: 40, backlog: 100, stepSeconds: 0.5 }, 2)).toBe(65);
  expect(placesNeeded({ ...still, inProgress: 40, backlog: 100, stepSeconds: 30 }, 2)).toBe(140);
});

/** Replicas poll by poll, with as many arrivals a second as `rate` says, each holding a place for `step` seconds. */
function simulate(rate: (second: number) => number, seconds: number, step = 4): number[] {
  const scale = createAutoscaler(agents);
  const [placesEach, polling] = [300, agents.pollingSeconds];
  const series: number[] = [];
  let replicas = agents.min;
  let backlog = 0;
  let busy = 0;
  for (let now = 0; now < seconds; now += 1) {
    busy -= Math.min(busy, busy / step);
    backlog += rate(now);
    const begun = Math.min(backlog, Math.max(0, replicas * placesEach - busy));
    backlog -= begun;
    busy += begun;
    if (now % polling !== 0) continue;
    const oldestSeconds = backlog / Math.max(1, rate(now));
    replicas = scale({ inProgress: busy, backlog, oldestSeconds, stepSeconds: step }, replicas, now);
    series.push(replicas);
  }
  return series;
}
const turns = (series: readonly number[]): number => {
  const steps = series.slice(1).map((value, at) => Math.sign(value - (series[at] ?? 0)));
  const moves = steps.filter((move) => move !== 0);
  return moves.filter((move, at) => at > 0 && move !== moves[at - 1]).length;
};

test('a load that comes and goes is followed up once and down once', () => {
  const series = simulate((now) => (now >= 300 && now < 1500 ? 1_000 : 50), 4_500);
  expect(series[10]).toBe(3);
  const most = Math.max(...series);
  expect(most).toBeGreaterThanOrEqual(20);
  expect(most).toBeLessThanOrEqual(40);
  expect(series.at(-1)).toBe(3);
  expect(turns(series)).toBeLessThanOrEqual(2);
});

test('a steady load, and one that comes in waves shorter than the window, are not followed up and down', () => {
  expect(turns(simulate(() => 400, 3_000))).toBeLessThanOrEqual(1);
  expect(turns(simulate((now) => (now % 120 < 60 ? 600 : 200), 3_000).slice(30))).toBe(0);
});

test('replicas at most double in one period, and leave a quarter a minute, a window after they were needed', () => {
  const scale = createAutoscaler(agents);
  const busy = { ...still, inProgress: 8_000 };
  expect([0, 15, 30, 45].map((now, at) => scale(busy, [3, 6, 12, 24][at] ?? 0, now))).toEqual([6, 12, 24, 40]);
  expect(scale(still, 40, 300)).toBe(40);
  expect(scale(still, 40, 350)).toBe(30);
  expect(scale(still, 30, 365)).toBe(30);
  expect(scale(still, 30, 411)).toBe(22);
});

test('the oldest job asks for replicas where the formula sees no need', () => {
  expect(createAutoscaler(agents)({ ...still, oldestSeconds: 9 }, 4, 0)).toBe(6);
});

test('a hastened clock keeps what is aimed at', () => {
  const fast = hastened(agents, 10);
  expect(fast).toMatchObject({ pollingSeconds: 1.5, targetSeconds: 2, oldestSeconds: 6, perReplica: 200 });
  expect(fast.down).toMatchObject({
    stabilizationWindowSeconds: 30,
    policies: [{ periodSeconds: 6 }, { periodSeconds: 6 }],
  });
});
