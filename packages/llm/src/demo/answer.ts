import type { ModelCall, ModelMessage, ModelRequest } from '@queueclaw/contracts';
import { type DemoCommand, parseDemo } from './grammar.js';
import { type DemoLanguage, demoSays, languageOf } from './says.js';

/** What the demo model will do: say something (slowly or not), call tools, or fail. */
export type DemoAnswer = {
  readonly text: string;
  readonly slowSeconds: number;
  readonly calls: readonly ModelCall[];
  readonly failure: string | undefined;
};

const charsMax = 4_000;
const callsMax = 32;
const cut = (text: string): string => (text.length > charsMax ? `${text.slice(0, charsMax).toWellFormed()} ...` : text);
/** The notes that a turn puts before a person's words: who speaks, and that it was sent meanwhile. */
const plain = (text: string): string => text.replace(/^(?:\[(?!attachment:)[^\]\n]*\]\s*)+/, '');

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The tool's own names for its arguments, in the order of `meanings`. */
const fields = (
  request: ModelRequest,
  tool: string,
  meanings: readonly (readonly string[])[],
): string[] | undefined => {
  const spec = request.tools.find(({ name }) => name === tool);
  if (spec === undefined) return undefined;
  const properties = spec.parameters['properties'];
  const known = isObject(properties) ? Object.keys(properties) : [];
  return meanings.map((names, at) => names.find((name) => known.includes(name)) ?? known[at] ?? names[0] ?? '');
};

const toolOf = { run: 'shell', write: 'write_file', read: 'read_file', send: 'send_file' } as const;
const meaningsOf = {
  run: [['command', 'cmd']],
  write: [
    ['path', 'file'],
    ['text', 'content'],
  ],
  read: [['path', 'file']],
  send: [['path', 'file']],
} as const;

type ToolCommand = Extract<DemoCommand, { kind: keyof typeof toolOf }>;

const valuesOf = (command: ToolCommand): string[] => {
  if (command.kind === 'run') return [command.command];
  return command.kind === 'write' ? [command.file, command.text] : [command.file];
};

const report = (messages: readonly ModelMessage[], language: DemoLanguage): string[] =>
  messages.flatMap((message) => {
    if (message.role !== 'tool') return [];
    const head = demoSays(language, message.ok ? 'ok' : 'bad', { tool: message.name });
    const body = message.text.trim() === '' ? demoSays(language, 'silent') : cut(message.text.trimEnd());
    const fence = '`'.repeat(Math.max(3, ...[...body.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
    return [`${head}\n${fence}\n${body}\n${fence}`];
  });

/** Decides the answer from the request alone: results since its last words are reported, then the person's words obeyed. */
export function demoAnswer(request: ModelRequest): DemoAnswer {
  const since = request.messages.slice(request.messages.findLastIndex(({ role }) => role === 'assistant') + 1);
  const people = request.messages.filter(({ role }) => role === 'user').map(({ text }) => plain(text));
  const said = since.filter(({ role }) => role === 'user').map(({ text }) => plain(text));
  const language = languageOf(people.at(-1) ?? '');
  const parts = report(since, language);
  const calls: ModelCall[] = [];
  let slowSeconds = 0;
  let failure: string | undefined;

  const obey = (command: DemoCommand): void => {
    if (command.kind === 'help') parts.push(demoSays(language, 'help'));
    else if (command.kind === 'fail') failure = demoSays(language, 'failing');
    else if (command.kind === 'slow') slowSeconds = Math.max(slowSeconds, command.seconds);
    else if (command.kind === 'recall') {
      const before = people.at(-said.length - 1);
      parts.push(
        before === undefined ? demoSays(language, 'nothing') : demoSays(language, 'before', { text: cut(before) }),
      );
    } else {
      const tool = toolOf[command.kind];
      const names = fields(request, tool, meaningsOf[command.kind]);
      const values = valuesOf(command);
      if (names === undefined) parts.push(demoSays(language, 'noTool', { tool }));
      else if (calls.length < callsMax) {
        const args = Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
        calls.push({ id: `demo_${calls.length + 1}`, name: tool, args });
      }
    }
  };

  for (const text of said) {
    const commands = parseDemo(text);
    commands.forEach(obey);
    if (commands.length === 0) parts.push(demoSays(language, 'echo', { text: cut(text) }));
  }
  if (calls.length > 0) {
    const tools = calls.map(({ name }) => `\`${name}\``).join(language === 'zh' ? '、' : ', ');
    parts.push(demoSays(language, 'calling', { tools }));
  }
  if (parts.length === 0 && slowSeconds === 0 && failure === undefined) parts.push(demoSays(language, 'help'));
  return { text: parts.join('\n\n'), slowSeconds, calls, failure };
}
