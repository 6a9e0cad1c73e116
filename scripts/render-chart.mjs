#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup/paths.mjs';

const usage = `Usage: node scripts/render-chart.mjs

Copies what the chart shares with Docker Compose into deploy/helm/queueclaw/files, and renders the chart into
deploy/kubernetes, for those without Helm. Needs helm 3.14 or newer on the PATH, or its path in HELM.
`;

const chart = join(root, 'deploy/helm/queueclaw');

/** Files of the chart that are written elsewhere: a chart can only read what is in its folder. */
export const shared = {
  'redis.conf': 'deploy/redis/redis.conf',
  'start.sh': 'deploy/redis/start.sh',
  'users.acl': 'deploy/redis/users.acl',
  'alerts.yaml': 'deploy/prometheus/alerts.yaml',
  ...Object.fromEntries(dashboards().map((name) => [name, `deploy/grafana/${name}`])),
};

/** The committed renderings, each with the values that it is made of. */
export const renderings = { 'queueclaw.yaml': 'ci/trial-values.yaml', 'production.yaml': 'ci/production-values.yaml' };

function dashboards() {
  return readdirSync(join(root, 'deploy/grafana')).filter((name) => name.endsWith('.json'));
}

/** A digest of everything that a rendering depends on; it stands in the rendering's first line. */
export function chartDigest() {
  const files = readdirSync(chart, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.slice(chart.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 16);
}

function render() {
  const helm = process.env.HELM || 'helm';
  for (const [name, from] of Object.entries(shared)) copyFileSync(join(root, from), join(chart, 'files', name));
  const digest = chartDigest();
  for (const [name, values] of Object.entries(renderings)) {
    const args = ['template', 'queueclaw', chart, '--namespace', 'queueclaw', '--kube-version', '1.34.0'];
    const text = execFileSync(helm, [...args, '--values', join(chart, values)], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    const head = `# Made by scripts/render-chart.mjs from deploy/helm/queueclaw with ${values}; chart ${digest}.\n`;
    writeFileSync(join(root, 'deploy/kubernetes', name), head + text);
    process.stdout.write(`deploy/kubernetes/${name}\n`);
  }
}

if (process.argv.includes('--help')) process.stdout.write(usage);
else if (import.meta.main) {
  try {
    render();
  } catch (error) {
    const missing = error.code === 'ENOENT' && error.syscall?.startsWith('spawn');
    process.stderr.write(
      missing ? 'There is no helm: install Helm 3, or set HELM to its path.\n' : `${error.message}\n`,
    );
    process.exitCode = 1;
  }
}
