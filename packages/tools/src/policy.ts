import type { ToolPolicy } from '@queueclaw/contracts';

/**
 * The first words of every simple command of a shell line; undefined when the line holds what this cannot take apart
 * (substitutions, here-documents, redirected descriptors, unbalanced quotes, escapes). For the policy only: what a command
 * can do is decided by the sandbox.
 */
export function commandWords(line: string): readonly string[] | undefined {
  if (/[`\\\n\r]|\$\(|\$\{|<\(|>\(|<<|\(|\)|\{|\}/.test(line)) return undefined;
  const words: string[] = [];
  for (const part of splitUnquoted(line) ?? []) {
    const word = /^\s*(?:[A-Za-z_][A-Za-z0-9_]*=\S*\s+)*(\S+)/.exec(part)?.[1];
    if (word === undefined || /["'$]/.test(word)) return undefined;
    words.push(word);
  }
  return words.length > 0 && splitUnquoted(line) !== undefined ? words : undefined;
}

/** The simple commands of a line, trimmed; undefined when a quote is left open. */
export function simpleCommands(line: string): readonly string[] | undefined {
  return splitUnquoted(line)?.map((part) => part.trim());
}

/** The line at `;`, `|`, `||`, `&&`, `&` outside of quotes; undefined when a quote is left open. */
function splitUnquoted(line: string): readonly string[] | undefined {
  const parts: string[] = [];
  let part = '';
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (quote !== '') {
      if (char === quote) quote = '';
      part += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      part += char;
    } else if (char === ';' || char === '|' || char === '&') {
      parts.push(part);
      part = '';
      if (line[at + 1] === char) at += 1;
    } else part += char;
  }
  if (quote !== '') return undefined;
  return [...parts, part].filter((one) => one.trim() !== '');
}

/** Why the policy refuses a command; undefined when it allows it. */
export function refusal(command: string, policy: ToolPolicy): string | undefined {
  if (policy.enableDangerous || policy.allowedCommands === undefined) return undefined;
  const allowed = policy.allowedCommands;
  const list = allowed.join(', ') || 'none';
  const words = commandWords(command);
  if (words === undefined) return `Only plain commands are allowed here, and only: ${list}.`;
  const other = words.find((word) => !allowed.includes(word));
  return other === undefined ? undefined : `The command ${other} is not allowed here. Allowed: ${list}.`;
}
