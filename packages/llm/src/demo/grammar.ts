/** What a line to the demo model asks for. */
export type DemoCommand =
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'write'; readonly file: string; readonly text: string }
  | { readonly kind: 'read'; readonly file: string }
  | { readonly kind: 'send'; readonly file: string }
  | { readonly kind: 'slow'; readonly seconds: number }
  | { readonly kind: 'help' }
  | { readonly kind: 'fail' }
  | { readonly kind: 'recall' };

export const slowSecondsMax = 60;

type Rule = { readonly pattern: RegExp; readonly make: (...parts: string[]) => DemoCommand };

const rules: readonly Rule[] = [
  { pattern: /^run\s*[:：]\s*(.+)$/i, make: (command) => ({ kind: 'run', command }) },
  { pattern: /^write\s+([^\s:：]+)\s*[:：]\s?(.*)$/i, make: (file, text) => ({ kind: 'write', file, text }) },
  { pattern: /^read\s+(\S+)$/i, make: (file) => ({ kind: 'read', file }) },
  { pattern: /^send\s+(\S+)$/i, make: (file) => ({ kind: 'send', file }) },
  {
    pattern: /^slow\s+(\d{1,4}(?:\.\d{1,3})?)\s*s?$/i,
    make: (seconds) => ({ kind: 'slow', seconds: Math.min(Number(seconds), slowSecondsMax) }),
  },
  { pattern: /^(?:help|\?|帮助)[.!?。！？]*$/i, make: () => ({ kind: 'help' }) },
  { pattern: /^fail[.!]*$/i, make: () => ({ kind: 'fail' }) },
  { pattern: /^(?:what did i say|我说了什么|我刚才说了什么)\s*[?？]*$/i, make: () => ({ kind: 'recall' }) },
];

const parseLine = (line: string): DemoCommand | undefined => {
  for (const { pattern, make } of rules) {
    const match = pattern.exec(line);
    if (match !== null) return make(...match.slice(1).map((part) => part.trim()));
  }
  return undefined;
};

/**
 * The commands in a message, one a line. Lines after a `write` that are no commands belong to its text. Empty when the
 * message is just talk.
 */
export function parseDemo(message: string): DemoCommand[] {
  const commands: DemoCommand[] = [];
  for (const line of message.split(/\r?\n/)) {
    const command = parseLine(line.trim());
    const last = commands.at(-1);
    if (command !== undefined) commands.push(command);
    else if (last?.kind === 'write') commands.splice(-1, 1, { ...last, text: `${last.text}\n${line}` });
  }
  return commands;
}
