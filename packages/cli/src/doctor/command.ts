import { collectSecrets, readConfig, redact, registerSecret } from '@queueclaw/runtime/settings';
import { exitCode } from '../exit-code.js';
import { examine } from './examine.js';
import type { Finding } from './finding.js';
import { type PhraseKey, tell } from '../phrases/index.js';
import { padded } from '../print.js';

const signs: Readonly<Record<Finding['state'], string>> = { ok: '✓', warning: '!', failed: '✗' };

/** Names are the same for programs in every language. */
const labels: Readonly<Record<string, PhraseKey>> = {
  Platform: 'doctor.platform',
  Home: 'doctor.home',
  Configuration: 'doctor.configuration',
  Services: 'doctor.services',
  Sandbox: 'doctor.sandbox',
  Model: 'doctor.model',
  Ports: 'doctor.ports',
};
const labelOf = (name: string): string => {
  const key = labels[name];
  return key === undefined ? name : tell(key);
};

const lines = ({ name, state, detail, hint }: Finding): string => {
  const indented = detail.replaceAll('\n', `\n${' '.repeat(18)}`);
  const more = hint === undefined || (state === 'ok' && name !== 'Model') ? '' : `\n${' '.repeat(18)}${hint}`;
  return `${signs[state]} ${padded(labelOf(name), 15)} ${indented}${more}\n`;
};

/** `queueclaw doctor`: 0 when everything needed works, 1 when something does not. */
export async function doctorCommand(options: { readonly config?: string; readonly json?: boolean }): Promise<number> {
  const world = { path: options.config, env: process.env, cwd: process.cwd() };
  const reading = readConfig(world);
  if (reading.ok) for (const secret of collectSecrets(reading.config, process.env)) registerSecret(secret);
  const findings = await examine(world);
  const ok = findings.every(({ state }) => state !== 'failed');
  if (options.json) process.stdout.write(`${redact(JSON.stringify({ ok, findings }, undefined, 2))}\n`);
  else for (const finding of findings) process.stdout.write(redact(lines(finding)));
  // What was imported to look may keep timers; the answer is given.
  return ok ? exitCode.ok : exitCode.failed;
}
