import { catalogue, type Channel, findChannel } from '@queueclaw/channels/names';
import { chooseModel, keyedProviders } from '@queueclaw/llm/names';
import { configFile, type Environment, loadConfig, registerSecret } from '@queueclaw/runtime/settings';
import { withAccount } from '../channels/with-account.js';
import { CommandError, exitCode } from '../exit-code.js';
import { nameChecks } from '../name-checks.js';
import { tell, type Words, wordsFor } from '../phrases/index.js';
import { printJson, printLines } from '../print.js';
import type { Asker } from './asker.js';
import { save } from './save.js';

export type OnboardOptions = {
  readonly config?: string;
  readonly json?: boolean;
  readonly channel?: string;
  readonly account?: string;
  /** `setting=value`, several. */
  readonly set?: readonly string[];
  /** Write without asking the platform. */
  readonly check?: boolean;
};

/** Where it runs; `asker` is undefined where nobody can be asked. */
export type OnboardPlace = { readonly env: Environment; readonly cwd: string; readonly asker: Asker | undefined };

const usual = 'main';

const variableOf = (channel: string, account: string, setting: string): string =>
  [channel, ...(account === usual ? [] : [account]), setting].join('_').toUpperCase().replaceAll(/\W/g, '_');

const platforms = (): readonly { value: string; label: string }[] =>
  catalogue()
    .filter(({ name }) => findChannel(name)?.capabilities.delivery === 'platform')
    .map(({ name, title }) => ({ value: name, label: title }));

function given(set: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    set.map((one) => {
      const at = one.indexOf('=');
      if (at < 1) throw new CommandError(tell('error.set', { given: one.slice(0, 32) }), exitCode.usage);
      return [one.slice(0, at), one.slice(at + 1)];
    }),
  );
}

/** The value as the setting wants it, or what is wrong with it. */
function checked(channel: Channel, name: string, value: string): { value: unknown } | { problem: string } {
  const problemOf = (tried: unknown): string | undefined =>
    channel.config.safeParse({ [name]: tried }).error?.issues.find(({ path }) => path[0] === name)?.message;
  const problem = problemOf(value);
  if (problem === undefined) return { value };
  for (const other of [
    ...(/^-?\d{1,15}$/.test(value) ? [Number(value)] : []),
    ...(value === 'true' || value === 'false' ? [value === 'true'] : []),
  ])
    if (problemOf(other) === undefined) return { value: other };
  return { problem };
}

/**
 * `queueclaw onboard`: asks for a messaging app and its credentials, has the platform check them, and writes the configuration
 * and `.env`. Nothing is written before everything is known; what is given by flags or the environment is not asked for.
 * @throws CommandError when something is missing and nobody can be asked; AppError `channel.rejected`, `channel.failed`
 */
export async function onboard(options: OnboardOptions, { env, cwd, asker }: OnboardPlace): Promise<number> {
  const words = wordsFor(env);
  const missing = (what: string): never => {
    throw new CommandError(words('onboard.missing', { what }), exitCode.usage);
  };
  const where = { path: options.config, env, cwd };
  const file = configFile(where);
  const name =
    options.channel ?? (await asker?.choose(words('onboard.channel'), platforms())) ?? missing('--channel <name>');
  const channel = findChannel(name);
  if (channel === undefined || channel.capabilities.delivery !== 'platform') {
    const known = platforms().map(({ value }) => value);
    throw new CommandError(words('onboard.unknown', { name, known: known.join(', ') }), exitCode.usage);
  }
  const account = options.account ?? usual;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(account)) throw new CommandError(words('onboard.account'), exitCode.usage);

  const config: Record<string, unknown> = {};
  const stands: Record<string, unknown> = {};
  const variables: Record<string, string> = {};
  const flags = given(options.set ?? []);
  const settings = catalogue([channel]).flatMap((entry) => entry.settings);
  for (const flag of flags.keys())
    if (!settings.some((setting) => setting.name === flag))
      throw new CommandError(words('onboard.no_setting', { name, setting: flag }), exitCode.usage);
  for (const { name: setting, required, secret, description = '' } of settings) {
    if (!required && !flags.has(setting)) continue;
    const variable = variableOf(name, account, setting);
    const known = flags.get(setting) ?? (secret ? env[variable] : undefined);
    const problem = (value: string): string | undefined => {
      const tried = checked(channel, setting, value);
      return 'problem' in tried ? tried.problem : undefined;
    };
    const flag = `--set ${setting}=…${secret ? ` (${variable})` : ''}`;
    const value = known ?? (await asker?.ask(`${setting}: ${description}`, secret, problem)) ?? missing(flag);
    const tried = checked(channel, setting, value);
    if ('problem' in tried) throw new CommandError(`${setting}: ${tried.problem}`, exitCode.usage, 'config.invalid');
    config[setting] = tried.value;
    if (secret) {
      registerSecret(value);
      variables[variable] = value;
    }
    stands[setting] = secret ? `\${${variable}}` : tried.value;
  }

  const asked = await withAccount(channel, account, config, async ({ who, connection }) => ({
    who,
    webhook: connection.webhook !== undefined,
  })).catch((error: unknown) => {
    if (options.check !== false) throw error;
    return { who: undefined, webhook: false };
  });
  asker?.say(words('onboard.good', { who: asked.who ?? channel.title }));
  Object.assign(variables, await modelKey(where, asker, words));
  save({ file, cwd, env, checks: nameChecks, entry: { name, account, config: stands }, variables });

  const path = `/channels/${name}/${account}`;
  if (options.json)
    printJson({ ok: true, file, channel: name, account, who: asked.who, ...(asked.webhook ? { webhook: path } : {}) });
  else
    printLines([
      words('onboard.written', { file }),
      ...(asked.webhook ? [words('onboard.webhook', { path })] : []),
      words('onboard.next', { name }),
    ]);
  return exitCode.ok;
}

/** The key of a model's vendor, when only the demo model would answer and the person wants another one. */
async function modelKey(
  where: { readonly path: string | undefined; readonly env: Environment; readonly cwd: string },
  asker: Asker | undefined,
  words: Words,
): Promise<Record<string, string>> {
  if (asker === undefined) return {};
  const { llm } = loadConfig(where).config;
  const { name } = await chooseModel(llm, where.env, fetch);
  if (name !== 'demo') return {};
  const none = { value: '', label: words('onboard.model.none') };
  const vendors = keyedProviders.map((vendor) => ({ value: vendor.keyVariable, label: vendor.name }));
  const variable = await asker.choose(words('onboard.model'), [...vendors, none]);
  if (variable === '') return {};
  const key = await asker.ask(variable, true, (value) =>
    /^\S{8,}$/.test(value) ? undefined : words('onboard.model.key'),
  );
  registerSecret(key);
  return { [variable]: key };
}

/** `queueclaw onboard` at a terminal, or without one by flags alone. */
export async function onboardCommand(options: OnboardOptions): Promise<number> {
  const people = process.stdin.isTTY && process.stdout.isTTY && options.json !== true;
  const words = wordsFor(process.env);
  const asker = people ? (await import('./asker.js')).terminalAsker(words('onboard.left')) : undefined;
  return onboard(options, { env: process.env, cwd: process.cwd(), asker });
}
