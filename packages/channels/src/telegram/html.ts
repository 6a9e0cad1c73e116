import { Lexer, type Token, type Tokens } from 'marked';

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const attribute = (text: string): string => escape(text).replaceAll('"', '&quot;');
const isAddress = (href: string): boolean => /^(?:https?:|tg:|mailto:)/i.test(href);

const inline = (tokens: readonly Token[] = []): string => tokens.map(span).join('');
const blocks = (tokens: readonly Token[] = []): string => tokens.map(block).filter(Boolean).join('\n\n');

const link = (href: string, text: string): string =>
  isAddress(href) ? `<a href="${attribute(href)}">${text}</a>` : `${text} (${escape(href)})`;

function span(token: Token): string {
  const it = token as Tokens.Generic;
  switch (it.type) {
    case 'strong':
      return `<b>${inline(it.tokens)}</b>`;
    case 'em':
      return `<i>${inline(it.tokens)}</i>`;
    case 'del':
      return `<s>${inline(it.tokens)}</s>`;
    case 'codespan':
      return `<code>${escape(String(it['text']))}</code>`;
    case 'br':
      return '\n';
    case 'link':
      return link(String(it['href']), inline(it.tokens));
    case 'image':
      return link(String(it['href']), escape(String(it['text'] || it['href'])));
    case 'escape':
    case 'text':
      return it.tokens === undefined ? escape(String(it['text'])) : inline(it.tokens);
    default:
      return escape(it.raw);
  }
}

const code = (text: string, language = ''): string => {
  const [name = ''] = /^[\w+#.-]+/.exec(language) ?? [];
  return `<pre><code${name === '' ? '' : ` class="language-${attribute(name)}"`}>${escape(text)}</code></pre>`;
};

function list({ ordered, start, items }: Tokens.List, indent: string): string {
  return items
    .map((item, at) => {
      const mark = ordered ? `${Number(start || 1) + at}.` : item.task ? (item.checked ? '☑' : '☐') : '•';
      const parts = item.tokens.map((token) =>
        token.type === 'list' ? `\n${list(token as Tokens.List, `${indent}   `)}` : block(token),
      );
      return `${indent}${mark} ${parts.join('').trim()}`;
    })
    .join('\n');
}

function table({ header, rows }: Tokens.Table): string {
  const lines = [header, ...rows].map((row) => row.map(({ text }) => text));
  const widths = header.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(' | ')
      .trimEnd(),
  );
  return `<pre>${escape(text.join('\n'))}</pre>`;
}

function block(token: Token): string {
  const it = token as Tokens.Generic;
  switch (it.type) {
    case 'heading':
      return `<b>${inline(it.tokens)}</b>`;
    case 'paragraph':
    case 'text':
      return it.tokens === undefined ? escape(String(it['text'])) : inline(it.tokens);
    case 'code':
      return code(String(it['text']), it['lang'] as string | undefined);
    case 'blockquote':
      return `<blockquote>${blocks(it.tokens)}</blockquote>`;
    case 'list':
      return list(it as Tokens.List, '');
    case 'table':
      return table(it as Tokens.Table);
    case 'hr':
      return '———';
    case 'space':
    case 'def':
      return '';
    default:
      return escape(it.raw);
  }
}

/**
 * Markdown as the HTML that Telegram understands (Bot API, "HTML style"). Everything else, raw HTML too, is shown as it was
 * written. The text that people see is never longer than the Markdown, but for bullets and rules.
 */
export function telegramHtml(markdown: string): string {
  return blocks(new Lexer({ gfm: true }).lex(markdown));
}
