import { parseEnv } from 'node:util';
import { CommandError } from '../exit-code.js';
import { tell } from '../phrases/index.js';

const written = (value: string): string => {
  if (/^[\w.:/@+=-]+$/.test(value)) return value;
  const quote = ["'", '"', '`'].find((mark) => !value.includes(mark)) ?? "'";
  return `${quote}${value}${quote}`;
};

/**
 * The text of an `.env` file with these variables in it; other lines stay as they were.
 * @throws CommandError when the file's format cannot hold a value
 */
export function withVariables(text: string, variables: Readonly<Record<string, string>>): string {
  let lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  for (const [name, value] of Object.entries(variables)) {
    const line = `${name}=${written(value)}`;
    const mine = (one: string): boolean => new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`).test(one);
    lines = lines.some(mine) ? lines.map((one) => (mine(one) ? line : one)) : [...lines, line];
  }
  const made = `${lines.join('\n')}\n`;
  const read = parseEnv(made);
  for (const [name, value] of Object.entries(variables))
    if (read[name] !== value) throw new CommandError(tell('error.env_value', { name }));
  return made;
}
