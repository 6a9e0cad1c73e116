import { z } from 'zod';
import { Attachments } from './attachments.js';
import { CallId, ConversationId, TenantId } from './ids.js';

/** Names of tools as models accept them everywhere. */
export const ToolName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,63}$/);

/**
 * What a tool does beyond the conversation's workspace: brings in what strangers wrote, sends something elsewhere, keeps something
 * for later turns, or begins turns at another time.
 */
export type ToolEffect = 'reads-untrusted' | 'sends' | 'remembers' | 'schedules';

/** What a model sees of a tool, and what the turn and runner need to know about it. Data only. */
export type ToolSpec = {
  readonly name: string;
  /** For the model. One or two sentences. */
  readonly description: string;
  /** JSON Schema of the arguments, made from the tool's zod schema. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** True: running the same call again does no harm, so a crash after `started` runs it again. */
  readonly idempotent: boolean;
  /** Hard limit for one call; the configuration can only lower it. */
  readonly timeoutMs: number;
  /** One short line about a call for people (tool activity); it may contain argument values, cut to 120 characters. */
  readonly summary: string;
  /** Who runs it: a runner (usual), or the agent itself, since the tool only touches what the agent keeps. */
  readonly place?: 'runner' | 'agent';
  /** The pool of runners that offers it; usually `plain`. */
  readonly needs?: 'plain' | 'network' | 'browser';
  /** What it does beyond the workspace, for the policy of approvals. */
  readonly effects?: readonly ToolEffect[];
  /** Names of files in the runner's folder of secrets. */
  readonly secrets?: readonly string[];
};

/** What the configuration says about commands. */
export const ToolPolicy = z.object({
  enableDangerous: z.boolean(),
  /** First words of commands; absent: everything sandboxed is allowed. */
  allowedCommands: z.array(z.string().max(256)).max(1_000).optional(),
});
export type ToolPolicy = z.infer<typeof ToolPolicy>;

/** A job on `tasks`: run this tool. */
export const Task = z.object({
  v: z.literal(1),
  tenant: TenantId,
  conversation: ConversationId,
  call: CallId,
  tool: ToolName,
  /** Checked against the tool's schema by the agent and again by the runner. */
  args: z.unknown(),
  /** The newest of the conversation, for its workspace. */
  attachments: Attachments.optional(),
  /** Random, from the journal: the result is accepted only with it, once. */
  ticket: z.string().min(16).max(64),
  /** Milliseconds since the epoch. */
  deadlineAt: z.number().int().nonnegative(),
  policy: ToolPolicy,
  at: z.number().int().nonnegative(),
  /** Set by the runner before it acts (milliseconds since the epoch). */
  startedAt: z.number().int().nonnegative().optional(),
  trace: z.string().max(64).optional(),
});
export type Task = z.infer<typeof Task>;

/** How a tool call ended. A failure is data that the model reads, never an exception. */
export const ToolOutcome = z.object({
  ok: z.boolean(),
  /** What the model reads; at most 32 KiB of UTF-8. */
  text: z.string().max(40_000),
  code: z.string().max(64).optional(),
  /** Files that go to the person with the turn's answer. The runner says so: the agent looks before it believes it. */
  attachments: Attachments.optional(),
  /** It holds what strangers wrote. */
  untrusted: z.literal(true).optional(),
  ms: z.number().int().nonnegative(),
});
export type ToolOutcome = z.infer<typeof ToolOutcome>;

/** An entry of the shard's `results` stream. */
export const TaskResult = z.object({
  v: z.literal(1),
  tenant: TenantId,
  conversation: ConversationId,
  call: CallId,
  tool: ToolName,
  ticket: z.string().min(16).max(64),
  outcome: ToolOutcome,
});
export type TaskResult = z.infer<typeof TaskResult>;
