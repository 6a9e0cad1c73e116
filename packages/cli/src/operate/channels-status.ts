import { findChannel } from '@queueclaw/channels/names';
import { z } from 'zod';
import { callJson } from '../client/http-call.js';
import { consoleAddress } from '../client/server-address.js';
import { exitCode } from '../exit-code.js';
import { columns, moment, printJson, printLines } from '../print.js';
import { configOf, type InventoryOptions, runningChecks } from './inventory.js';
import { tell } from '../phrases/index.js';

const Holder = z.object({ who: z.string(), since: z.number(), trouble: z.string().optional() });
const Accounts = z.object({
  channels: z.array(
    z.looseObject({
      channel: z.string(),
      account: z.string(),
      holder: Holder.optional(),
      parts: z.array(z.object({ part: z.string(), holder: Holder.optional() })).optional(),
    }),
  ),
});
type Holder = z.infer<typeof Holder>;
type Account = z.infer<typeof Accounts>['channels'][number];

const askMs = 3_000;

/** Who holds an account; of several parts all of them together, and what is wrong with one. */
function holderOf({ holder, parts = [] }: Account): Holder | undefined {
  const holders = parts.flatMap((part) => part.holder ?? []);
  if (holders.length === 0) return holder;
  const missing = parts.filter((part) => part.holder === undefined).map(({ part }) => part);
  const trouble =
    missing.length > 0
      ? tell('status.nobody_part', { parts: missing.join(', ') })
      : holders.find((one) => one.trouble)?.trouble;
  return {
    who: [...new Set(holders.map(({ who }) => who))].join(', '),
    since: Math.max(...holders.map(({ since }) => since)),
    ...(trouble === undefined ? {} : { trouble }),
  };
}

/** Who holds which account's connection, in the whole fleet; undefined when no console says. */
async function fleetHolders(): Promise<ReadonlyMap<string, Holder | undefined> | undefined> {
  try {
    const call = { path: '/api/channels', patienceMs: askMs };
    const { channels } = Accounts.parse(await callJson(await consoleAddress(process.env), call));
    return new Map(channels.map((one) => [`${one.channel}/${one.account}`, holderOf(one)]));
  } catch {
    return undefined;
  }
}

/** For people; programs get the states as they are. */
const stateWords = {
  connected: 'status.connected',
  trouble: 'status.trouble',
  disabled: 'status.disabled',
  'not running': 'status.not_running',
  'left off; the log says why': 'status.left_off',
} as const;
type State = keyof typeof stateWords;

/** What is known about an account: what the processes of this machine say of theirs, and who holds its connection. */
const heldBy = (name: string, called: boolean, holder: Holder | undefined): string => {
  if (holder !== undefined) return tell('status.held', { who: holder.who, since: moment(holder.since) });
  return findChannel(name)?.capabilities.holders === 'one' && !called ? tell('status.nobody') : tell('status.every');
};
/** Whether the platform calls this account by its settings. */
const isCalled = (name: string, config: Readonly<Record<string, unknown>> = {}): boolean => {
  const setting = findChannel(name)?.calledWith;
  return setting !== undefined && config[setting] !== undefined;
};

/**
 * `queueclaw channels status`: the configured accounts, how the running system says they are, and which replica holds which
 * connection. 1 when one has trouble.
 */
export async function channelsStatusCommand(options: InventoryOptions): Promise<number> {
  const { channels } = configOf(options);
  const [checks, holders] = await Promise.all([runningChecks(), channels.length === 0 ? undefined : fleetHolders()]);
  const states = channels.map(({ name, account = 'main', enable, tenant, config }) => {
    const check = checks?.[`channel ${name}/${account}`];
    const holder = holders?.get(`${name}/${account}`);
    const detail = check?.detail ?? holder?.trouble;
    const unknown = checks === undefined && holder === undefined;
    const off: State = !enable ? 'disabled' : unknown ? 'not running' : 'left off; the log says why';
    const well = check === undefined ? holder?.trouble === undefined : check.ok;
    const state: State =
      enable && (check !== undefined || holder !== undefined) ? (well ? 'connected' : 'trouble') : off;
    return {
      ...{ channel: name, account, tenant, enable, state, ...(isCalled(name, config) ? { called: true } : {}) },
      ...(detail === undefined ? {} : { detail }),
      ...(holder === undefined ? {} : { holder }),
    };
  });
  const line = ({ channel, account, state, called, detail = '', holder }: (typeof states)[number]): string[] => [
    `${channel}/${account}`,
    tell(stateWords[state]),
    holders === undefined || !['connected', 'trouble'].includes(state) ? '' : heldBy(channel, called === true, holder),
    detail,
  ];
  if (options.json) printJson({ channels: states });
  else if (states.length === 0) printLines([tell('status.none')]);
  else printLines(columns(states.map(line)));
  return states.some(({ state }) => state === 'trouble') ? exitCode.failed : exitCode.ok;
}
