import type { ToolSpec } from '@queueclaw/contracts';
import { z } from 'zod';
import type { Tool, ToolRun } from './contract.js';
import { tools } from './registry.js';

const byName: ReadonlyMap<string, Tool> = new Map(tools.map((tool) => [tool.spec.name, tool]));

/** What a model sees of these tools, or of all; names that no tool has are left out. */
export function toolSpecs(names?: readonly string[]): ToolSpec[] {
  return tools.flatMap(({ spec }) => (names === undefined || names.includes(spec.name) ? [spec] : []));
}

/** Checks a call's arguments against its tool's schema; the problem is a sentence for the model. */
export function checkArgs(tool: string, args: unknown): { ok: true; args: unknown } | { ok: false; problem: string } {
  const known = byName.get(tool);
  if (known === undefined) return { ok: false, problem: `There is no tool ${JSON.stringify(tool.slice(0, 64))}.` };
  const parsed = known.schema.safeParse(args);
  return parsed.success
    ? { ok: true, args: parsed.data }
    : { ok: false, problem: z.prettifyError(parsed.error).slice(0, 2_000) };
}

/** One short line about a call, for people; at most 120 characters. */
export function summarise(tool: string, args: unknown): string {
  return byName.get(tool)?.summarise(args) ?? tool.slice(0, 64);
}

/** True when the same call may run again after a crash. */
export function isIdempotent(tool: string): boolean {
  return byName.get(tool)?.spec.idempotent ?? false;
}

/** Loads what a tool does; undefined when there is no such tool, or the agent runs it. */
export async function loadTool(name: string): Promise<ToolRun<unknown> | undefined> {
  return byName.get(name)?.load?.();
}

/** The agent runs it in its step; no runner does. */
export function runsInAgent(tool: string): boolean {
  return byName.get(tool)?.spec.place === 'agent';
}
