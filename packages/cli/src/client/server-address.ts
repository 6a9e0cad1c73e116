import { homeFolder } from '@queueclaw/runtime/home';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError, exitCode } from '../exit-code.js';
import { tell, languageIn } from '../phrases/index.js';
import { readUpState, type UpState } from '../up/home-lock.js';
import { isRunning } from '../up/process-identity.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the client talks to, and as whom. */
export type ServerAddress = {
  readonly base: URL;
  readonly token: string | undefined;
  /** The variable that holds the token. */
  readonly tokenVariable: string;
  /** How people know it: what to do when it cannot be reached. */
  readonly hint: string;
};

/** The home of this machine: of the environment, else of the configuration when there is one. */
export async function homeOf(env: Environment, cwd: string): Promise<string> {
  const file = resolve(cwd, env['QUEUECLAW_CONFIG'] || 'queueclaw.yaml');
  if (env['QUEUECLAW_HOME'] || !existsSync(file)) return homeFolder(undefined, env);
  // Reading a configuration takes time that most calls of the command line need not spend.
  const { readConfig } = await import('@queueclaw/runtime/settings');
  const reading = readConfig({ env, cwd });
  return homeFolder(reading.ok ? reading.config.state.home : undefined, env);
}

/** What the `up` of this home has written down, when it runs. */
export async function runningUp(env: Environment, cwd: string): Promise<UpState | undefined> {
  const state = readUpState(join(await homeOf(env, cwd), 'run'));
  return state !== undefined && isRunning(state.owner) ? state : undefined;
}

const parse = (text: string, variable: string): URL => {
  const base = URL.parse(text);
  if (base !== null && /^https?:$/.test(base.protocol)) return base;
  throw new CommandError(tell('error.address', { variable, given: text }), exitCode.usage);
};

type Place = { readonly url: string; readonly port: string; readonly usualPort: string; readonly token: string };

const find = async (
  env: Environment,
  place: Place,
  running: () => Promise<string | undefined>,
): Promise<ServerAddress> => {
  const { url, port, usualPort, token: tokenVariable } = place;
  const identity = { token: env[tokenVariable] || undefined, tokenVariable };
  const written = env[url];
  if (written) return { ...identity, base: parse(written, url), hint: tell('hint.variable', { variable: url }) };
  const found = await running();
  if (found !== undefined)
    return {
      ...identity,
      base: parse(found, url),
      hint: tell('hint.running'),
    };
  const hint = tell('hint.nothing_runs', { home: homeFolder(undefined, env), variable: url });
  return { ...identity, base: parse(`http://127.0.0.1:${env[port] || usualPort}`, url), hint };
};

/**
 * The public server: `QUEUECLAW_URL`, else where the running `up` of this home serves, else 127.0.0.1 and `PORT` or 8080.
 * @throws CommandError (usage) for what is no http(s) URL
 */
export async function serverAddress(env: Environment, cwd: string = process.cwd()): Promise<ServerAddress> {
  const place = { url: 'QUEUECLAW_URL', port: 'PORT', usualPort: '8080', token: 'QUEUECLAW_TOKEN' };
  return find(env, place, async () => (await runningUp(env, cwd))?.chat);
}

/** The console, as an operator: `QUEUECLAW_CONSOLE_URL`, else of the running `up`, else 127.0.0.1 and `CONSOLE_PORT` or 3080. */
export async function consoleAddress(env: Environment, cwd: string = process.cwd()): Promise<ServerAddress> {
  const place = {
    ...{ url: 'QUEUECLAW_CONSOLE_URL', port: 'CONSOLE_PORT', usualPort: '3080' },
    token: 'QUEUECLAW_OPERATOR_TOKEN',
  };
  const origin = (address: string | undefined): string | undefined =>
    address === undefined ? undefined : URL.parse(address)?.origin;
  return find(env, place, async () => origin((await runningUp(env, cwd))?.console));
}

/** The headers that say who calls, and in which language to answer. */
export function callerHeaders(
  { token }: Pick<ServerAddress, 'token'>,
  env: Environment = process.env,
): Record<string, string> {
  const language = languageIn(env);
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(language === undefined ? {} : { 'accept-language': language }),
  };
}

/** The conversation of this user's terminal, when none is named. */
export function terminalConversation(user: string): string {
  return `terminal-${user.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 60) || 'user'}`;
}
