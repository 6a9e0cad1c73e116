import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readText, root, sourceFiles } from './source-files.js';

/** What services export, with labels: every metric is made by one of three functions. */
const exported = new Map(
  sourceFiles()
    .filter(({ path }) => !path.endsWith('.test.ts'))
    .flatMap(({ text }) => [
      ...text.matchAll(
        /\b(counter|gauge|histogram)\(\s*'(queueclaw_\w+)',\s*(?:'(?:[^'\\]|\\.)*'|"[^"]*"),\s*\[([^\]]*)\]/g,
      ),
    ])
    .map(([, kind, name = '', labels = '']) => [
      name,
      { kind, labels: [...labels.matchAll(/'(\w+)'/g)].map(([, label]) => label) },
    ]),
);
const ofScrapes = ['le', 'namespace', 'instance', 'job'];
const text = (path: string): string => readText(path) ?? '';

const findings = (expression: string): string[] =>
  [...expression.matchAll(/\b(queueclaw_\w+?)(_bucket|_sum|_count)?\b(?:\{([^}]*)\})?(?![\w])/g)].flatMap(
    ([whole, name = '', part, selector = '']) => {
      const metric = exported.get(name) ?? exported.get(`${name}${part ?? ''}`);
      if (metric === undefined) return [`nobody exports ${whole}`];
      if (part !== undefined && exported.has(name) && metric.kind !== 'histogram') return [`${name} is no histogram`];
      if (part === undefined && metric.kind === 'histogram') return [`${name} is a histogram`];
      return [...selector.matchAll(/(\w+)\s*[=!]/g)]
        .map(([, label = '']) => label)
        .filter((label) => ![...metric.labels, ...ofScrapes].includes(label))
        .map((label) => `${name} has no label ${label}`);
    },
  );

const Rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.looseObject({ alert: z.string(), expr: z.string(), annotations: z.object({ summary: z.string() }) }),
      ),
    }),
  ),
});
const alerts = Rules.parse(parse(text('deploy/prometheus/alerts.yaml'))).groups.flatMap(({ rules }) => rules);
const Dashboard = z.object({
  uid: z.string(),
  panels: z.array(
    z.looseObject({ id: z.number(), title: z.string(), targets: z.array(z.looseObject({ expr: z.string() })) }),
  ),
});
const dashboards = readdirSync(join(root, 'deploy/grafana')).map((name) =>
  Dashboard.parse(JSON.parse(text(`deploy/grafana/${name}`))),
);

test('the metrics of this repository are found', () => {
  expect(exported.size).toBeGreaterThan(20);
  expect(exported.get('queueclaw_queue_jobs')).toEqual({ kind: 'gauge', labels: ['queue', 'state'] });
  expect(findings('rate(queueclaw_nothing_total[5m])')).toEqual(['nobody exports queueclaw_nothing_total']);
  expect(findings('queueclaw_backlog{color="red"}')).toEqual(['queueclaw_backlog has no label color']);
});

test.each(alerts)('alert $alert asks for metrics that somebody exports, and has a place in the runbooks', (alert) => {
  expect(findings(alert.expr)).toEqual([]);
  expect(text('docs/observability.md')).toContain(`### ${alert.alert}\n`);
});

test.each(dashboards)('dashboard $uid asks for metrics that somebody exports', ({ panels }) => {
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  expect(expressions.flatMap(findings)).toEqual([]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});

test('what scales the fleet is exported', () => {
  const asked = [...text('deploy/kubernetes/production.yaml').matchAll(/^\s+query: ([\s\S]*?)\n\s+threshold:/gm)];
  expect(asked.length).toBe(5);
  for (const [, query = ''] of asked) expect(findings(query)).toEqual([]);
});

test('every metric is in the documentation', () => {
  const page = text('docs/observability.md');
  expect([...exported.keys()].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
