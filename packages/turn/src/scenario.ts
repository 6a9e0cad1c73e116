import type {
  ControlMail,
  Journal,
  ModelCall,
  ModelOutcome,
  PersonMail,
  ToolOutcome,
  ToolSpec,
  TranscriptEntry,
} from '@queueclaw/contracts';
import type { AgentProfile, Next, TurnInput } from './turn-input.js';

/** What the tests of this package start from: a Monday in 2026, three tools, generous limits. */
export const now = Date.UTC(2026, 10, 23, 23, 30);

const object = (properties: Record<string, unknown>, required: string[]): Record<string, unknown> => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const path = {
  type: 'string',
  minLength: 1,
  maxLength: 1_024,
  description: 'Path inside the workspace, relative to it, e.g. notes/today.md',
};

export const tools: readonly ToolSpec[] = [
  {
    name: 'shell',
    description:
      'Runs a command with /bin/sh in the workspace of this conversation. No network. Returns the exit code and what it wrote.',
    parameters: object(
      {
        command: { type: 'string', minLength: 1, maxLength: 16_384, description: 'The command line.' },
        timeout_seconds: { type: 'integer', minimum: 1, maximum: 1_800, description: 'Stops it after this time.' },
      },
      ['command'],
    ),
    idempotent: false,
    timeoutMs: 60_000,
    summary: '{command}',
  },
  {
    name: 'read_file',
    description: 'Reads a text file of the workspace, whole or a range of lines. Long files are cut and say so.',
    parameters: object(
      {
        path,
        first_line: { type: 'integer', minimum: 1, description: 'First line to return, from 1.' },
        lines: { type: 'integer', minimum: 1, maximum: 10_000, description: 'How many lines to return.' },
      },
      ['path'],
    ),
    idempotent: true,
    timeoutMs: 10_000,
    summary: 'read {path}',
  },
  {
    name: 'write_file',
    description: 'Writes a text file of the workspace, replacing it when it exists. Folders are made as needed.',
    parameters: object({ path, text: { type: 'string', maxLength: 262_144, description: 'The whole new content.' } }, [
      'path',
      'text',
    ]),
    idempotent: true,
    timeoutMs: 10_000,
    summary: 'write {path}',
  },
];

export const agent: AgentProfile = {
  name: 'default',
  instructions: undefined,
  language: undefined,
  timezone: undefined,
  tools,
  limits: { steps: 20, toolCalls: 60, tokens: 1_000_000, turnMs: 900_000, toolMs: 60_000 },
  maxOutputTokens: 4_096,
  contextTokens: 200_000,
  queueMode: 'collect',
};

export const mail = (id: string, more: Partial<PersonMail> = {}): PersonMail => ({
  v: 1,
  kind: 'person',
  id,
  text: `text of ${id}`,
  from: { id: 'u1' },
  route: { channel: 'web' },
  at: now - 1_000,
  ...more,
});

export const control = (id: string, more: Partial<ControlMail> = {}): ControlMail => ({
  v: 1,
  kind: 'control',
  id,
  action: 'stop',
  from: { id: 'u1' },
  route: { channel: 'web' },
  at: now,
  ...more,
});

/** An input with nothing in it; tickets are t1, t2, ...; arguments fit unless they say `bad`. */
export function input(more: Partial<TurnInput> = {}): TurnInput {
  let tickets = 0;
  return {
    now,
    tenant: 'default',
    conversation: 'c1',
    turn: 7,
    journal: undefined,
    mail: [],
    control: [],
    results: [],
    history: [],
    from: 0,
    unread: 0,
    summary: undefined,
    preferences: {},
    compact: undefined,
    agent,
    newTicket: () => {
      tickets += 1;
      return `ticket-number-${tickets}`;
    },
    checkArgs: (_tool, args) =>
      JSON.stringify(args).includes('bad') ? { ok: false, problem: 'bad is not good' } : { ok: true, args },
    ...more,
  };
}

export const withLimits = (more: Partial<AgentProfile['limits']>): AgentProfile => ({
  ...agent,
  limits: { ...agent.limits, ...more },
});

export const usage = { inputTokens: 10, outputTokens: 5 };

export const says = (text: string, more: Partial<Extract<ModelOutcome, { ok: true }>> = {}): ModelOutcome => ({
  ok: true,
  text,
  calls: [],
  reason: 'stop',
  usage,
  model: 'm1',
  ...more,
});

export const calls = (...made: readonly Omit<ModelCall, 'id'>[]): ModelOutcome =>
  says('', { reason: 'calls', calls: made.map((call, at) => ({ id: `vendor-${at}`, ...call })) });

export const shell = (command: string): Omit<ModelCall, 'id'> => ({ name: 'shell', args: { command } });

export const outcome = (text: string, more: Partial<ToolOutcome> = {}): ToolOutcome => ({
  ok: true,
  text,
  ms: 3,
  ...more,
});

/** Asks about every command that begins with `ask`, refuses those with `deny`. */
export const judge: NonNullable<TurnInput['judge']> = ({ call, args }, { tainted }) => {
  const command = JSON.stringify(args);
  const verdict = command.includes('"ask') || tainted ? 'ask' : command.includes('"deny') ? 'deny' : 'allow';
  const binding = Buffer.from(command).toString('hex').padEnd(64, '0').slice(-64);
  const approval = call.replaceAll('.', '').padStart(10, '0');
  return { verdict, untrusted: tainted, command, directory: '/workspace', network: false, binding, approval };
};

/** The next step as the kind it must be. */
export function as<Kind extends Next['do']>(kind: Kind, next: Next): Extract<Next, { do: Kind }> {
  if (next.do !== kind) throw new Error(`expected ${kind}, got ${JSON.stringify(next).slice(0, 500)}`);
  return next as Extract<Next, { do: Kind }>;
}

/** The only element. */
export function only<Item>(items: readonly Item[]): Item {
  const [item, ...more] = items;
  if (item === undefined || more.length > 0) throw new Error(`expected one, got ${items.length}`);
  return item;
}

/** Roles of entries or messages, one letter each: u, a, A (assistant with calls), n (notice), t. */
export function shape(entries: readonly (TranscriptEntry | { role: string; calls?: unknown })[]): string {
  return entries
    .map((entry) => {
      if (entry.role !== 'assistant') return entry.role[0];
      if ('notice' in entry && entry.notice === true) return 'n';
      return 'calls' in entry && entry.calls !== undefined ? 'A' : 'a';
    })
    .join('');
}

export type Running = TurnInput & { readonly journal: Journal };
