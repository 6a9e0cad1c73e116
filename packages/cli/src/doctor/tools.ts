import type { Config } from '@queueclaw/runtime/settings';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { packageEntry } from '../program-files.js';
import { type Environment, type Finding, reasonOf } from './finding.js';
import type { Checks } from '../running-system.js';

const name = 'Sandbox';

const Report = z.object({
  provider: z.string(),
  containment: z.enum(['ok', 'failed', 'unavailable']),
  resources: z.enum(['full', 'limited']),
  reasons: z.array(z.string()),
});

const Models = z.object({ default: z.object({ name: z.string(), why: z.string() }) });

const hint = 'Install bubblewrap (npm start fetches it on Debian and Ubuntu), and allow user namespaces.';

const limitedHint =
  'Commands are contained. They run one at a time, bounded by process; docs/sandbox.md says what bounds them as a whole.';

/** What the running tool-runner says about its sandbox. */
export function checkRunnerSandbox(checks: Checks | undefined): Finding {
  if (checks === undefined) return { name, state: 'failed', detail: 'the tool-runner does not answer' };
  const sandbox = checks['sandbox'];
  if (sandbox === undefined) return { name, state: 'warning', detail: 'the tool-runner says nothing about it' };
  const detail = sandbox.detail ?? 'tried by the tool-runner';
  if (sandbox.ok && detail.includes('resources limited')) return { name, state: 'warning', detail, hint: limitedHint };
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
      return { name, state: 'warning', detail: `commands are refused (containment ${containment})${why}`, hint };
    const detail = `${provider}: contained, resources ${resources}${why}`;
    return resources === 'full' ? { name, state: 'ok', detail } : { name, state: 'warning', detail, hint: limitedHint };
  } catch (error) {
    return { name, state: 'warning', detail: `cannot be tried: ${reasonOf(error)}`, hint };
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
    const demo =
      choice.name === 'demo'
        ? { hint: 'Set ANTHROPIC_API_KEY or OPENAI_API_KEY, or configure llm, for a real one.' }
        : {};
    return { name: model, state: 'ok', detail: `${choice.name}: ${choice.why}`, ...demo };
  } catch (error) {
    return { name: model, state: 'failed', detail: reasonOf(error) };
  }
}
