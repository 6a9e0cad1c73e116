import type { Redis } from 'ioredis';
import { appendLive } from './scripts/append-live.js';
import { checkpoint } from './scripts/checkpoint.js';
import { claim } from './scripts/claim.js';
import { commit } from './scripts/commit.js';
import { decide } from './scripts/decide.js';
import { dispatch } from './scripts/dispatch.js';
import { beginDraft, endDraft, readDraft } from './scripts/draft.js';
import { forget } from './scripts/forget.js';
import { hold, letGo } from './scripts/hold.js';
import { ingest } from './scripts/ingest.js';
import { notify } from './scripts/notify.js';
import { obey } from './scripts/obey.js';
import {
  claimDelivery,
  commitDelivery,
  deliver,
  postponeDelivery,
  recordDelivery,
  renewDelivery,
} from './scripts/outbox.js';
import { keepPace } from './scripts/pace.js';
import { approvePairing, askPairing } from './scripts/pairing.js';
import { readLive } from './scripts/read-live.js';
import { cutOff, redact } from './scripts/redact.js';
import { redeliver } from './scripts/redeliver.js';
import { recall } from './scripts/recall.js';
import { remember } from './scripts/remember.js';
import { release, renew } from './scripts/renew.js';
import { results } from './scripts/results.js';
import { addSchedule, dropSchedule, markSchedule } from './scripts/schedules.js';
import { maySend, toldBySend } from './scripts/send-gate.js';
import { summarise } from './scripts/summarise.js';
import { arm, suspend } from './scripts/suspend.js';

const sources = {
  addSchedule,
  dropSchedule,
  markSchedule,
  appendLive,
  approvePairing,
  arm,
  askPairing,
  beginDraft,
  checkpoint,
  claim,
  claimDelivery,
  commit,
  commitDelivery,
  cutOff,
  decide,
  deliver,
  dispatch,
  endDraft,
  forget,
  hold,
  ingest,
  keepPace,
  letGo,
  maySend,
  notify,
  obey,
  postponeDelivery,
  readDraft,
  readLive,
  recordDelivery,
  redact,
  redeliver,
  release,
  recall,
  remember,
  renew,
  renewDelivery,
  results,
  summarise,
  suspend,
  toldBySend,
} as const;

/**
 * What ends or keeps work that was accepted goes through a full Redis too: it frees memory, or saves a model's answer that is
 * paid. What begins work is refused then.
 */
const whenFull: ReadonlySet<string> = new Set<keyof typeof sources>([
  ...(['checkpoint', 'suspend', 'arm', 'commit', 'renew', 'release', 'results', 'forget', 'hold', 'letGo'] as const),
  ...([
    'obey',
    'decide',
    'summarise',
    'dropSchedule',
    'cutOff',
    'redact',
    'deliver',
    'claimDelivery',
    'commitDelivery',
    'postponeDelivery',
    'recordDelivery',
    'renewDelivery',
    'endDraft',
    'readDraft',
    'maySend',
    'toldBySend',
  ] as const),
]);

export type ScriptName = keyof typeof sources;
export type RunScript = (
  name: ScriptName,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

type Command = (keyCount: number, ...rest: (string | number)[]) => Promise<unknown>;

/** Registers the scripts on a connection; each is sent as EVALSHA and loaded when the server does not have it yet. */
export function scriptsOn(redis: Redis): RunScript {
  const commands = new Map<ScriptName, Command>();
  for (const name of Object.keys(sources) as ScriptName[]) {
    const command = `queueclaw_${name}`;
    redis.defineCommand(command, { lua: `${whenFull.has(name) ? '#!lua flags=allow-oom\n' : ''}${sources[name]}` });
    // ioredis adds the method at run time, where its types cannot know it.
    const method = (redis as unknown as Record<string, Command>)[command];
    if (method) commands.set(name, method.bind(redis));
  }
  return async (name, keys, args) => {
    const command = commands.get(name);
    if (!command) throw new Error(`no script ${name}`);
    return command(keys.length, ...keys, ...args);
  };
}
