const tags = /^(?:b|i|s|u|code|pre|blockquote|a)$/;

/** Why Telegram would not read this HTML; undefined when it would. */
export function markupProblem(html: string): string | undefined {
  const open: string[] = [];
  for (const [, slash, name = ''] of html.matchAll(/<(\/?)([a-z]*)[^>]*>/gi)) {
    if (!tags.test(name)) return `Unsupported start tag "${name}"`;
    if (slash === '') open.push(name);
    else if (open.pop() !== name) return `Unmatched end tag "${name}"`;
  }
  return open.length > 0 || /&(?!(?:lt|gt|amp|quot);)/.test(html) ? "Can't find end of the entity" : undefined;
}

/** What people see of it. */
export const plain = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
