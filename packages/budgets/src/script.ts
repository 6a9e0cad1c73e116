import { redisError } from '@queueclaw/mailbox';
import type { Redis } from 'ioredis';
import { countUsage } from './scripts/count-usage.js';
import { reserve } from './scripts/reserve.js';
import { settle } from './scripts/settle.js';
import { takeCalls } from './scripts/take-calls.js';

const sources = { countUsage, reserve, settle, takeCalls } as const;

/** What belongs to a model's answer that is paid goes through a full Redis too. */
const whenFull: ReadonlySet<string> = new Set<keyof typeof sources>(['settle', 'takeCalls']);

type ScriptName = keyof typeof sources;
type Command = (keyCount: number, ...rest: (string | number)[]) => Promise<unknown>;

/** Runs a script. @throws AppError system.full, system.unavailable */
export type RunScript = (
  name: ScriptName,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

/** Registers the scripts on a connection; each is sent as EVALSHA and loaded when the server does not have it yet. */
export function scriptsOn(redis: Redis): RunScript {
  const commands = new Map<ScriptName, Command>();
  for (const name of Object.keys(sources) as ScriptName[]) {
    const command = `queueclaw_budget_${name}`;
    redis.defineCommand(command, { lua: `${whenFull.has(name) ? '#!lua flags=allow-oom\n' : ''}${sources[name]}` });
    // ioredis adds the method at run time, where its types cannot know it.
    const method = (redis as unknown as Record<string, Command>)[command];
    if (method) commands.set(name, method.bind(redis));
  }
  return async (name, keys, args) => {
    try {
      return await commands.get(name)?.(keys.length, ...keys, ...args);
    } catch (error) {
      throw redisError(error);
    }
  };
}
