import { type PhraseKey, tell } from './index.js';

const whys: readonly (readonly [pattern: RegExp, key: PhraseKey, ...names: string[]])[] = [
  [/^QUEUECLAW_MODEL is set$/, 'model.forced'],
  [/^llm\.default of the configuration says so$/, 'model.configured'],
  [/^it is the first of llm\.models in the configuration$/, 'model.first'],
  [/^(\w+) is set$/, 'model.key', 'variable'],
  [/^Ollama answers at (\S+) and has it$/, 'model.ollama', 'address'],
  [/^no model is configured, no key is set, and no Ollama answers$/, 'model.demo'],
];

/** Why a model answers by default, as the services say it, in the language of the terminal. */
export function whyInWords(why: string): string {
  for (const [pattern, key, ...names] of whys) {
    const found = pattern.exec(why);
    if (found !== null) return tell(key, Object.fromEntries(names.map((name, at) => [name, found[at + 1] ?? ''])));
  }
  return why;
}
