import type { ModelMessage, ModelRequest } from './model.js';

const vowels: ReadonlySet<number> = new Set([...'aeiouyAEIOUY'].map((letter) => letter.charCodeAt(0)));
const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWide = (code: number): boolean => code >= 0x3000 && code <= 0x9fff;

/** Letters and digits without meaning to a vocabulary (keys, hashes, consonants): hardly two share a token. */
const denseWeight = 0.85;
/** Longer than words are. */
const wordLettersMax = 18;

type Run = { letters: number; digits: number; vowels: number; capitals: number };

function runWeight(run: Run): number {
  if (run.letters === 0) return run.digits;
  const spelled = run.capitals <= 1 || run.capitals === run.letters;
  const word =
    run.digits === 0 && run.letters <= wordLettersMax && run.vowels * 5 >= run.letters && spelled
      ? run.letters * (run.capitals > 1 ? 0.5 : 0.36)
      : (run.letters + run.digits) * denseWeight;
  return Math.max(1, word);
}

/** Per UTF-16 unit: Chinese and Japanese above Korean and the Indic scripts, rare scripts and symbols by their bytes. */
function otherWeight(code: number): number {
  if (code < 0x80) return code === 32 ? 0.25 : 0.8;
  if (code < 0x800) return 1;
  if (isWide(code) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xff00 && code <= 0xffef)) return 1.6;
  if (code < 0x1000 || (code >= 0xac00 && code <= 0xd7af) || (code >= 0x2010 && code <= 0x2027)) return 1.5;
  return code >= 0xd800 && code <= 0xdfff ? 2 : 3;
}

/**
 * How many tokens a text has at most, for reserving: about 1.6 times what vendors count for English, 1.5 to 2 times for
 * Chinese (1.6 a character). Only text made for it (rare characters, invented words) has more.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  const run: Run = { letters: 0, digits: 0, vowels: 0, capitals: 0 };
  const endRun = (): void => {
    if (run.letters + run.digits === 0) return;
    tokens += runWeight(run);
    run.letters = run.digits = run.vowels = run.capitals = 0;
  };
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isLetter(code)) {
      run.letters += 1;
      if (code < 97) run.capitals += 1;
      if (vowels.has(code)) run.vowels += 1;
    } else if (isDigit(code)) run.digits += 1;
    else {
      endRun();
      tokens += otherWeight(code);
    }
  }
  endRun();
  return Math.ceil(tokens);
}

/** What a vendor adds around a message, a call or a tool, and once around a request that has tools. */
const around = 16;
const aroundTools = 500;
/** A picture of the size that vendors scale to. */
const pictureTokens = 2_000;

const json = (value: unknown): number => estimateTokens(JSON.stringify(value) ?? '');

/** Those of attachments count before they are loaded. */
function picturesIn({ images, attachments = [] }: Extract<ModelMessage, { role: 'user' }>): number {
  return images?.length ?? attachments.filter(({ type }) => type.startsWith('image/')).length;
}

function messageTokens(message: ModelMessage): number {
  const calls = message.role === 'assistant' ? (message.calls ?? []) : [];
  const pictures = message.role === 'user' ? picturesIn(message) : 0;
  return calls.reduce(
    (sum, { name, args }) => sum + around + estimateTokens(name) + json(args),
    around + estimateTokens(message.text) + pictures * pictureTokens,
  );
}

/** How many tokens go into a request at most: text, calls, pictures and tools. See `estimateTokens`. */
export function estimateRequestTokens(request: Pick<ModelRequest, 'system' | 'messages' | 'tools'>): number {
  const { system, messages, tools } = request;
  const specs = tools.reduce((sum, tool) => sum + around + json(tool), tools.length === 0 ? 0 : aroundTools);
  return messages.reduce((sum, message) => sum + messageTokens(message), around + estimateTokens(system) + specs);
}
