import {
  type Journal,
  keys,
  type PendingCall,
  type TaskResult,
  toAppError,
  type ToolOutcome,
} from '@queueclaw/contracts';
import { redisError, type Shards } from '@queueclaw/mailbox';
import { type Logger, histogram, spanOf, withSpan } from '@queueclaw/runtime';
import { checkArgs, runsInAgent } from '@queueclaw/tools';
import { hash } from 'node:crypto';
import type { ServiceCall, ServiceRun, ServiceTools } from './contract.js';
import { personAlone } from './memory/owners-of.js';

const seconds = histogram('queueclaw_service_tool_seconds', 'Run time of tools that the agent runs itself', ['tool']);

/** What the calls of a turn have in common. */
export type Around = Pick<ServiceCall, 'address' | 'zones' | 'now'>;

/**
 * Runs the calls among these that no runner runs, one after another in the model's order, and appends what came of them to
 * `results`, where a result counts once and with its ticket. Their turn waits for them as for any other.
 * @throws AppError system.full, system.unavailable: those that have no result yet are run again
 */
export type RunServiceCalls = (around: Around, journal: Journal, calls: readonly PendingCall[]) => Promise<void>;

/** The others, which runners run. */
export const forRunners = (calls: readonly PendingCall[]): readonly PendingCall[] =>
  calls.filter(({ name }) => !runsInAgent(name));

/** A ticket is random and in the journal before anything is done. */
const nameOf = ({ ticket }: PendingCall): string => hash('sha256', `service call ${ticket}`).slice(0, 12);

export function serviceCallRunner(shards: Shards, tools: ServiceTools, logger: Logger): RunServiceCalls {
  const outcomeOf = async (call: ServiceCall, { name, args }: PendingCall): Promise<Omit<ToolOutcome, 'ms'>> => {
    const run: ServiceRun<never> | undefined = Object.hasOwn(tools, name) ? tools[name] : undefined;
    const checked = checkArgs(name, args);
    if (run === undefined) return { ok: false, code: 'tool.unknown', text: 'There is no tool of this name.' };
    if (!checked.ok) return { ok: false, code: 'tool.arguments', text: checked.problem };
    try {
      // What the tool's own schema has read.
      return await run(checked.args as never, call);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'system.unavailable' || error.code === 'system.full') throw error;
      logger.error({ err: thrown, tool: name }, 'a tool of the agent failed');
      return { ok: false, code: 'tool.failed', text: 'The tool failed.' };
    }
  };

  const spanned: typeof outcomeOf = (call, pending) => {
    const attributes = {
      ...spanOf(call.address),
      ...{ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': pending.name },
      'gen_ai.tool.call.id': pending.call,
    };
    return withSpan(`execute_tool ${pending.name}`, { attributes }, async ({ fail }) => {
      const outcome = await outcomeOf(call, pending);
      if (!outcome.ok) fail(outcome.code ?? 'tool.failed');
      return outcome;
    });
  };

  return async (around, journal, calls) => {
    const asker = journal.answers.at(-1);
    if (asker === undefined) return;
    const { redis, tag } = shards.of(around.address);
    const askedAt = journal.entries.findLast(({ role }) => role === 'assistant')?.at ?? journal.startedAt;
    for (const pending of calls) {
      if (!runsInAgent(pending.name)) continue;
      // Who was frozen meanwhile finds that others have done it, or that nobody wants it any more.
      const out = await redis.hget(keys.waiting(tag, around.address), pending.call).catch((error: unknown) => {
        throw redisError(error);
      });
      if (out !== `t${pending.ticket}`) continue;
      const startedAt = performance.now();
      const call = { ...around, askedAt, asker, person: personAlone(journal.answers), name: nameOf(pending) };
      const outcome = await spanned(call, pending);
      const ms = Math.round(performance.now() - startedAt);
      seconds.observe({ tool: pending.name }, ms / 1_000);
      const result: TaskResult = {
        ...{ v: 1, ...around.address, call: pending.call, tool: pending.name, ticket: pending.ticket },
        outcome: { ...outcome, ms },
      };
      await redis.xadd(keys.results(tag), '*', 'r', JSON.stringify(result)).catch((error: unknown) => {
        throw redisError(error);
      });
    }
  };
}
