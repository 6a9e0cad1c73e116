import { Lexer, type Token, type Tokens } from 'marked';

/** How a platform writes what Markdown means. Texts are escaped already, but for `code` and `block`, which escape themselves. */
export type Markup = {
  readonly escape: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly em: (text: string) => string;
  readonly del: (text: string) => string;
  readonly code: (text: string) => string;
  readonly block: (text: string, language: string | undefined) => string;
  readonly quote: (text: string) => string;
  /** `href` as it was written, of any scheme. */
  readonly link: (href: string, text: string) => string;
};

/** Their marks count at the beginning of a line only. */
const ownLines: ReadonlySet<string> = new Set(['code', 'blockquote', 'table']);
const rule = '———';

/**
 * Markdown (GFM) in a platform's own markup. What platforms do not know is shown as plain as it can be: headings strong, lists with
 * bullets, tables as blocks of code, raw HTML as it was written; and as it was written what would show nothing at all.
 */
export function inMarkup(markdown: string, markup: Markup): string {
  const inline = (tokens: readonly Token[] = []): string => tokens.map(span).join('');
  const blocks = (tokens: readonly Token[] = []): string => tokens.map(block).filter(Boolean).join('\n\n');

  const span = (token: Token): string => {
    const it = token as Tokens.Generic;
    switch (it.type) {
      case 'strong':
        return markup.strong(inline(it.tokens));
      case 'em':
        return markup.em(inline(it.tokens));
      case 'del':
        return markup.del(inline(it.tokens));
      case 'codespan':
        return markup.code(String(it['text']));
      case 'br':
        return '\n';
      case 'link':
        return markup.link(String(it['href']), inline(it.tokens));
      case 'image':
        return markup.link(String(it['href']), markup.escape(String(it['text'] || it['href'])));
      case 'escape':
      case 'text':
        return it.tokens === undefined ? markup.escape(String(it['text'])) : inline(it.tokens);
      default:
        return markup.escape(it.raw);
    }
  };

  const list = ({ ordered, start, items }: Tokens.List, indent: string): string =>
    items
      .map((item, at) => {
        const bullet = ordered ? `${Number(start || 1) + at}.` : item.task ? (item.checked ? '☑' : '☐') : '•';
        const parts = item.tokens
          .map((token) => (token.type === 'list' ? list(token as Tokens.List, `${indent}   `) : block(token)))
          .filter(Boolean);
        const apart = ownLines.has(item.tokens[0]?.type ?? '') ? '\n' : ' ';
        return `${indent}${bullet}${apart}${parts.join('\n').trim()}`;
      })
      .join('\n');

  const table = ({ header, rows }: Tokens.Table): string => {
    const lines = [header, ...rows].map((row) => row.map(({ text }) => text));
    const widths = header.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
    const text = lines.map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(' | ')
        .trimEnd(),
    );
    return markup.block(text.join('\n'), undefined);
  };

  const block = (token: Token): string => {
    const it = token as Tokens.Generic;
    switch (it.type) {
      case 'heading':
        return markup.strong(inline(it.tokens));
      case 'paragraph':
      case 'text':
        return it.tokens === undefined ? markup.escape(String(it['text'])) : inline(it.tokens);
      case 'code':
        return markup.block(String(it['text']), it['lang'] as string | undefined);
      case 'blockquote':
        return markup.quote(blocks(it.tokens));
      case 'list':
        return list(it as Tokens.List, '');
      case 'table':
        return table(it as Tokens.Table);
      case 'hr':
        return rule;
      case 'space':
      case 'def':
        return '';
      default:
        return markup.escape(it.raw);
    }
  };
  const made = blocks(new Lexer({ gfm: true }).lex(markdown));
  return made.trim() === '' ? markup.escape(markdown) : made;
}

/** A block of code between marks; where code has the mark in it, spaces of no width keep it from ending the block. */
export const fenced = (text: string, language = ''): string =>
  `\`\`\`${language}\n${text.replaceAll('```', '`\u200b`\u200b`')}\n\`\`\``;

/** Every line with a mark in front. */
export const prefixed = (mark: string, text: string): string =>
  text
    .split('\n')
    .map((line) => `${mark}${line}`)
    .join('\n');
