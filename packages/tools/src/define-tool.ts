import type { ToolSpec } from '@queueclaw/contracts';
import { z } from 'zod';
import type { Tool, ToolRun } from './contract.js';

export type ToolDefinition<S extends z.ZodType> = {
  readonly name: string;
  readonly description: string;
  readonly args: S;
  readonly idempotent: boolean;
  readonly timeoutMs: number;
  /** What people read about a call, e.g. the command. */
  readonly summary: (args: z.output<S>) => string;
  /** Absent: the agent runs it. */
  readonly run?: () => Promise<{ run: ToolRun<z.output<S>> }>;
} & Pick<ToolSpec, 'needs' | 'effects' | 'secrets'>;

const summaryChars = 120;

/** Makes a tool of its definition: the model's view of the arguments comes from their schema. */
export function defineTool<S extends z.ZodType>(definition: ToolDefinition<S>): Tool {
  const { name, description, args, idempotent, timeoutMs, summary, run, ...more } = definition;
  const { $schema: _, ...parameters } = z.toJSONSchema(args, { io: 'input' });
  return {
    spec: {
      ...more,
      ...{ name, description, parameters, idempotent, timeoutMs, summary: name },
      ...(run === undefined ? { place: 'agent' } : {}),
    },
    schema: args,
    summarise: (given) => {
      const parsed = args.safeParse(given);
      const line = (parsed.success ? summary(parsed.data) : name).replace(/\s+/g, ' ').trim();
      return line.length > summaryChars ? `${line.slice(0, summaryChars - 1)}…` : line;
    },
    ...(run === undefined
      ? {}
      : {
          load: async () => {
            const { run: work } = await run();
            return (given, hands, signal) => work(args.parse(given), hands, signal);
          },
        }),
  };
}
