const charsMin = 6;
const mark = '[secret]';

const forms = new Set<string>();
let pattern: RegExp | undefined;
let stale = false;

const jsonText = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Base64 of a value that stands anywhere inside a longer text: one core for each of the three alignments. */
const base64Cores = (bytes: Buffer): string[] =>
  [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The characters at both ends also hold bits of the neighbours.
    const lead = shift === 0 ? 0 : shift + 1;
    const tail = (shift + bytes.length) % 3 === 0 ? 0 : 1;
    return encoded.slice(lead, encoded.length - tail);
  });

const formsOf = (secret: string): string[] => {
  const bytes = Buffer.from(secret, 'utf8');
  const hex = bytes.toString('hex');
  let url = secret;
  try {
    url = encodeURIComponent(secret);
  } catch {
    // A lone surrogate has no URL form.
  }
  const strictUrl = url.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const lowerUrl = url.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
  const cores = base64Cores(bytes);
  return [
    secret,
    jsonText(secret),
    jsonText(jsonText(secret)),
    hex,
    hex.toUpperCase(),
    url,
    strictUrl,
    lowerUrl,
    strictUrl.replaceAll('%20', '+'),
    ...cores,
    ...cores.map((core) => core.replaceAll('+', '-').replaceAll('/', '_')),
  ];
};

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const compile = (): RegExp | undefined => {
  // Longest first: a secret that contains another one is taken out whole.
  const all = [...forms].sort((left, right) => right.length - left.length);
  return all.length === 0 ? undefined : new RegExp(all.map(escapePattern).join('|'), 'g');
};

/**
 * Remembers a secret so that `redact` takes it out of every log line and error, also where it is written in base64, hex,
 * URL- or JSON-encoded. Values under 6 characters are ignored: they would be found everywhere.
 */
export function registerSecret(value: string | undefined): void {
  if (value === undefined || value.length < charsMin || forms.has(value)) return;
  for (const form of formsOf(value)) if (form.length >= charsMin) forms.add(form);
  stale = true;
}

/** The text without any registered secret. */
export function redact(text: string): string {
  if (stale) {
    pattern = compile();
    stale = false;
  }
  return pattern === undefined ? text : text.replace(pattern, mark);
}
