import { catalogue } from '@queueclaw/channels/names';
import { chooseModel, describeModel } from '@queueclaw/llm/names';
import { type Config, loadConfig } from '@queueclaw/runtime/settings';
import { toolSpecs } from '@queueclaw/tools/names';
import { join } from 'node:path';
import { homeOf } from '../client/server-address.js';
import { exitCode } from '../exit-code.js';
import { columns, printJson, printLines } from '../print.js';
import { type Checks, findRunning } from '../running-system.js';
import { tell } from '../phrases/index.js';
import { whyInWords } from '../phrases/why-in-words.js';

export type InventoryOptions = { readonly config?: string; readonly json?: boolean };

export const configOf = (options: InventoryOptions): Config =>
  loadConfig({ path: options.config, env: process.env, cwd: process.cwd() }).config;

/** What the processes of the running `up` say about themselves. */
export const runningChecks = async (): Promise<Checks | undefined> => {
  const system = await findRunning(join(await homeOf(process.env, process.cwd()), 'run'));
  return system?.checks['all-in-one'];
};

/** `queueclaw models`: the configured ones; the default of the running system, else of this configuration and environment. */
export async function modelsCommand(options: InventoryOptions): Promise<number> {
  const { llm, agents } = configOf(options);
  const [name = '', why = ''] = ((await runningChecks())?.['model']?.detail ?? '').split(/: (.*)/s);
  const choice = name === '' ? await chooseModel(llm, process.env, fetch) : { name, why };
  const names = [...new Set([choice.name, ...Object.keys(llm.models)])];
  const models = names.map((one) => {
    const users = Object.entries(agents).flatMap(([agent, { model }]) => (model === one ? [agent] : []));
    return {
      ...describeModel(one, llm),
      default: one === choice.name,
      fallback: llm.fallbacks.includes(one),
      agents: users,
    };
  });
  if (options.json) printJson({ default: { ...choice, running: name !== '' }, models });
  else {
    const notes = (model: (typeof models)[number]): string =>
      [
        ...(model.default ? [tell('models.default')] : []),
        ...(model.fallback ? [tell('models.fallback')] : []),
        ...model.agents.map((agent) => tell('models.agent', { name: agent })),
      ].join(', ');
    printLines(columns(models.map((model) => [model.name, model.provider, model.model ?? '', notes(model)])));
    printLines(['', tell('models.why', { name: choice.name, why: whyInWords(choice.why) })]);
  }
  return exitCode.ok;
}

/** `queueclaw tools`: what the model is offered, and what the policy says about commands. */
export async function toolsCommand(options: InventoryOptions): Promise<number> {
  const { tools, agents } = configOf(options);
  const restricted = Object.entries(agents).filter(([, agent]) => agent.tools !== undefined);
  const list = toolSpecs().map(({ name, description }) => ({
    name,
    description,
    notFor: restricted.flatMap(([agent, { tools: allowed = [] }]) => (allowed.includes(name) ? [] : [agent])),
  }));
  const policy = {
    enable_dangerous: tools.enable_dangerous,
    timeout: tools.timeout,
    allowed_commands: tools.allowed_commands,
  };
  if (options.json) printJson({ tools: list, policy });
  else {
    const short = (text: string): string => text.split(/(?<=[.;])\s/)[0]?.slice(0, 90) ?? '';
    const note = (agentNames: readonly string[]): string =>
      agentNames.length === 0 ? '' : tell('tools.not_for', { agents: agentNames.join(', ') });
    printLines(columns(list.map(({ name, description, notFor }) => [name, `${short(description)}${note(notFor)}`])));
    const commands = tools.allowed_commands;
    const all = commands === undefined || tools.enable_dangerous;
    printLines([
      '',
      tell('tools.policy', { commands: all ? tell('tools.all') : commands.join(', '), seconds: tools.timeout / 1000 }),
    ]);
  }
  return exitCode.ok;
}

/** `queueclaw channels list`: what there is, with the settings of each. */
export async function channelsListCommand(options: InventoryOptions): Promise<number> {
  const entries = catalogue();
  if (options.json) printJson({ channels: entries });
  else {
    const setting = ({ name, required, secret }: (typeof entries)[number]['settings'][number]): string =>
      `${name}${required ? '' : '?'}${secret ? tell('setting.secret') : ''}`;
    printLines(columns(entries.map(({ name, title, settings }) => [name, title, settings.map(setting).join(', ')])));
  }
  return exitCode.ok;
}
