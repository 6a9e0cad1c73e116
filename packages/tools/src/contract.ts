import type { Attachment, ToolOutcome, ToolPolicy, ToolSpec } from '@queueclaw/contracts';
import type { z } from 'zod';

/** How a command ended, as a tool sees it. */
export type CommandEnd = {
  readonly reason: 'exit' | 'deadline' | 'overflow' | 'aborted' | 'signal' | 'memory';
  readonly exitCode: number | undefined;
  /** Standard output and error, as they came. */
  readonly output: Uint8Array;
  readonly truncated: boolean;
  /** Limits that the command met, in sentences for the model. */
  readonly notes?: readonly string[];
  readonly ms: number;
};

/**
 * What a tool may do to the world: all of it inside the conversation's sandbox. A tool asks; it does not do. Problems that
 * the model should read are thrown as Error with a sentence for it; AppError passes through.
 */
export type ToolHands = {
  readonly policy: ToolPolicy;
  exec(command: string, limits: { readonly timeoutMs: number; readonly outputBytesMax: number }): Promise<CommandEnd>;
  readFile(path: string, bytesMax: number): Promise<{ bytes: Uint8Array; size: number; truncated: boolean }>;
  writeFile(path: string, text: string): Promise<void>;
  /** Keeps a copy of a file for the person, under the name and type that it claims. */
  keepFile(path: string, about: { readonly name: string; readonly type: string | undefined }): Promise<Attachment>;
  /** Milliseconds since the epoch. */
  now(): number;
};

/** Does the work. A failure is an outcome with `ok: false`; what is thrown becomes `tool.failed`. */
export type ToolRun<A> = (args: A, hands: ToolHands, signal: AbortSignal) => Promise<Omit<ToolOutcome, 'ms'>>;

/** A tool: what the model sees, how its arguments are checked, and how to load what it does where a runner does it. */
export type Tool = {
  readonly spec: ToolSpec;
  readonly schema: z.ZodType;
  /** One short line about a call, for people. */
  readonly summarise: (args: unknown) => string;
  readonly load?: () => Promise<ToolRun<unknown>>;
};
