import { hash } from 'node:crypto';
import type { JournalCall, ToolEffect, ToolSpec } from '@queueclaw/contracts';
import { commandWords, simpleCommands } from './policy.js';

/** What a rule of `tools.policy` says. `always`: even after something that strangers wrote. */
export type PolicyVerdict = 'allow' | 'ask' | 'deny' | 'always';

/** A rule of `tools.policy`; what it does not name, it is about in every case. `*` stands for anything. */
export type PolicyRule = {
  readonly tool: string;
  /** Of `shell`: each of the commands of a line is looked at alone. */
  readonly command?: string | undefined;
  readonly channel?: string | undefined;
  readonly tenant?: string | undefined;
  readonly do: PolicyVerdict;
};

/** The policy in force. */
export type CallPolicy = {
  readonly enableDangerous: boolean;
  readonly allowedCommands: readonly string[] | undefined;
  /** The first that fits counts. */
  readonly rules: readonly PolicyRule[];
};

/** Where a call comes from. */
export type CallPlace = {
  readonly tenant: string;
  readonly conversation: string;
  readonly channel: string | undefined;
  /** Something that strangers wrote is in the turn. */
  readonly tainted: boolean;
};

/** See `Judgement` of packages/turn. */
export type CallJudgement = {
  readonly verdict: 'allow' | 'ask' | 'deny';
  readonly untrusted: boolean;
  readonly command: string;
  readonly directory: string | undefined;
  readonly network: boolean;
  readonly binding: string;
  readonly approval: string;
};

const outward: ReadonlySet<ToolEffect> = new Set(['sends', 'remembers', 'schedules']);
const strictest = { allow: 0, ask: 1, deny: 2 } as const;

/** Whether a text is as a pattern says, in which `*` stands for anything. No regular expression: patterns cannot be slow. */
export function fits(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([name, one]) => [name, canonical(one)]));
}

const commandOf = (args: unknown): string | undefined =>
  typeof args === 'object' && args !== null && 'command' in args && typeof args.command === 'string'
    ? args.command
    : undefined;

/** What the rules say of a command line: the strictest of what they say of its parts. */
function judgeCommand(line: string, rules: readonly PolicyRule[], policy: CallPolicy): 'allow' | 'ask' | 'deny' {
  const parts = simpleCommands(line);
  const plain = commandWords(line) !== undefined;
  const listed = policy.enableDangerous ? undefined : policy.allowedCommands;
  const ofPart = (part: string): 'allow' | 'ask' | 'deny' => {
    // Variables in front hide nothing that is forbidden, and let nothing through.
    const bare = part.replace(/^(?:[A-Za-z_][A-Za-z0-9_]*=\S*\s+)+/, '');
    const rule = rules.find(
      ({ command, do: says }) =>
        command === undefined || fits(command, part) || (says !== 'allow' && fits(command, bare)),
    );
    if (rule !== undefined) return rule.do === 'always' ? 'allow' : rule.do;
    const [word] = commandWords(part) ?? [];
    return listed === undefined || (word !== undefined && listed.includes(word)) ? 'allow' : 'ask';
  };
  if (plain && parts !== undefined)
    return parts.map(ofPart).reduce((a, b) => (strictest[a] >= strictest[b] ? a : b), 'allow');
  // What cannot be taken apart is never let through by what it begins with.
  const [whole] = rules;
  const denied = rules.find(
    (rule) => rule.command !== undefined && rule.do === 'deny' && fits(`*${rule.command}*`, line),
  );
  if (denied !== undefined) return 'deny';
  if (whole !== undefined && whole.command === undefined) return whole.do === 'always' ? 'allow' : whole.do;
  return rules.length > 0 || listed !== undefined ? 'ask' : 'allow';
}

/** What the policy says of a call whose arguments fit the tool. Never throws. */
export function judgeCall(policy: CallPolicy, spec: ToolSpec, call: JournalCall, place: CallPlace): CallJudgement {
  const { tenant, conversation, channel, tainted } = place;
  const rules = policy.rules.filter(
    (rule) =>
      fits(rule.tool, spec.name) &&
      (rule.tenant === undefined || rule.tenant === tenant) &&
      (rule.channel === undefined || rule.channel === channel),
  );
  const line = spec.name === 'shell' ? commandOf(call.args) : undefined;
  const [first] = rules;
  const byRules =
    line === undefined
      ? (first?.do ?? 'allow')
      : first?.command === undefined && first?.do === 'always'
        ? 'always'
        : judgeCommand(line, rules, policy);
  const outwards = tainted && (spec.effects ?? []).some((effect) => outward.has(effect));
  const untrusted = outwards && byRules !== 'always' && byRules !== 'deny';
  const directory = spec.place === 'agent' ? undefined : '/workspace';
  const network = (spec.needs ?? 'plain') !== 'plain';
  const exactly = JSON.stringify([spec.name, canonical(call.args), directory ?? '', network]);
  const binding = hash('sha256', exactly);
  return {
    verdict: untrusted ? 'ask' : byRules === 'always' ? 'allow' : byRules,
    untrusted,
    command: line ?? `${spec.name} ${JSON.stringify(call.args)}`,
    directory,
    network,
    binding,
    approval: hash('sha256', `${tenant}/${conversation}\n${call.call}\n${binding}`).slice(0, 10),
  };
}
