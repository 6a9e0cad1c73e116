const known = new Set<string>();

/** Remembers a secret so that `redact` takes it out of every log line and error; values under 6 characters are ignored. */
export function registerSecret(value: string | undefined): void {
  if (value !== undefined && value.length >= 6) known.add(value);
}

/** The text without any registered secret. */
export function redact(text: string): string {
  let clean = text;
  for (const secret of known) clean = clean.replaceAll(secret, '[secret]');
  return clean;
}
