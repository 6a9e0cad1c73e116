/** Our call id (`1.2.3`) in letters that every vendor accepts; the same id gives the same result. */
export function vendorCallId(id: string): string {
  return `call_${id.replace(/[^A-Za-z0-9_-]/g, '_')}`.slice(0, 64);
}

/** The arguments of a past call as the object that vendors want back; anything else is wrapped. */
export function argumentsObject(args: unknown): Record<string, unknown> {
  if (typeof args === 'object' && args !== null && !Array.isArray(args))
    return Object.fromEntries(Object.entries(args));
  return { input: args };
}

/**
 * The arguments of a complete call from a vendor's JSON text. Text that is no JSON is handed on as it is, so that the
 * model is told (`tool.arguments`); no text is no arguments.
 */
export function parseArguments(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return text;
  }
}
