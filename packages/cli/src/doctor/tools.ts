import type { Config } from '@queueclaw/runtime/settings';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { packageEntry } from '../program-files.js';
import { type Environment, type Finding, reasonOf } from './finding.js';
import type { Checks } from '../running-system.js';
import { tell } from '../phrases/index.js';
import { whyInWords } from '../phrases/why-in-words.js';

const name = 'Sandbox';

const Report = z.object({
  provider: z.string(),
  containment: z.enum(['ok', 'failed', 'unavailable']),
  resources: z.enum(['full', 'limited']),
  reasons: z.array(z.string()),
});

const Models = z.object({ default: z.object({ name: z.string(), why: z.string() }) });

const hint = (): string => tell('doctor.sandbox.hint');
const limitedHint = (): string => tell('doctor.limited.hint');

/** What the running tool-runner says about its sandbox. */
export function checkRunnerSandbox(checks: Checks | undefined): Finding {
  if (checks === undefined) return { name, state: 'failed', detail: tell('doctor.runner_silent') };
  const sandbox = checks['sandbox'];
  if (sandbox === undefined) return { name, state: 'warning', detail: tell('doctor.runner_untold') };
  const detail = sandbox.detail ?? tell('doctor.runner_tried');
  if (sandbox.ok && detail.includes('resources limited'))
    return { name, state: 'warning', detail, hint: limitedHint() };
  return { name, state: sandbox.ok ? 'ok' : 'warning', detail };
}

/** Tries escapes from the sandbox, as the tool-runner does when it starts. */
export async function probeThisSandbox(env: Environment, home: string): Promise<Finding> {
  try {
    const sandbox = (await import(pathToFileURL(packageEntry('sandbox')).href)) as {
      probeSandbox(options: { env: Environment; home: string }): Promise<unknown>;
    };
    const { provider, containment, resources, reasons } = Report.parse(await sandbox.probeSandbox({ env, home }));
    const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
    if (containment !== 'ok')
      return {
        name,
        state: 'warning',
        detail: `${tell('doctor.refused')} (containment ${containment})${why}`,
        hint: hint(),
      };
    const bounds = resources === 'full' ? '' : `, ${tell('doctor.limited')}`;
    const detail = `${provider}: ${tell('doctor.contained')}${bounds}${why}`;
    return resources === 'full'
      ? { name, state: 'ok', detail }
      : { name, state: 'warning', detail, hint: limitedHint() };
  } catch (error) {
    return { name, state: 'warning', detail: tell('doctor.cannot_try', { reason: reasonOf(error) }), hint: hint() };
  }
}

/** Which model would answer, and why. Asks the network only for a local Ollama, for a moment, and only when nothing is configured. */
export async function checkModel({ llm, agents }: Config, env: Environment): Promise<Finding> {
  const model = 'Model';
  try {
    const { createLogger } = await import('@queueclaw/runtime');
    const door = (await import(pathToFileURL(packageEntry('llm')).href)) as { createModels(options: unknown): unknown };
    const models = await door.createModels({ config: llm, agents, env, logger: createLogger('doctor', 'silent') });
    const choice = Models.parse(models).default;
    const demo = choice.name === 'demo' ? { hint: tell('doctor.demo.hint') } : {};
    return { name: model, state: 'ok', detail: `${choice.name}: ${whyInWords(choice.why)}`, ...demo };
  } catch (error) {
    return { name: model, state: 'failed', detail: reasonOf(error) };
  }
}
