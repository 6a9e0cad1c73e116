import { Lexer, type Token, type Tokens } from 'marked';

/** Slack reads mentions and links in angle brackets: with these three nothing that is quoted can ping anybody. */
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const isAddress = (href: string): boolean => /^(?:https?:|mailto:)[^\s|<>]+$/i.test(href);

const inline = (tokens: readonly Token[] = []): string => tokens.map(span).join('');
const blocks = (tokens: readonly Token[] = []): string => tokens.map(block).filter(Boolean).join('\n\n');

/** A mark of Slack counts only at the border of a word; a space of no width makes one. */
const marked = (mark: string, text: string): string => `\u200b${mark}${text}${mark}\u200b`;
const link = (href: string, text: string): string =>
  isAddress(href) ? `<${escape(href)}|${text.replaceAll('|', '¦')}>` : `${text} (${escape(href)})`;

function span(token: Token): string {
  const it = token as Tokens.Generic;
  switch (it.type) {
    case 'strong':
      return marked('*', inline(it.tokens));
    case 'em':
      return marked('_', inline(it.tokens));
    case 'del':
      return marked('~', inline(it.tokens));
    case 'codespan':
      return `\`${escape(String(it['text']))}\``;
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

const code = (text: string): string => `\`\`\`\n${escape(text)}\n\`\`\``;

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
  return code(text.join('\n'));
}

function block(token: Token): string {
  const it = token as Tokens.Generic;
  switch (it.type) {
    case 'heading':
      return marked('*', inline(it.tokens));
    case 'paragraph':
    case 'text':
      return it.tokens === undefined ? escape(String(it['text'])) : inline(it.tokens);
    case 'code':
      return code(String(it['text']));
    case 'blockquote':
      return blocks(it.tokens)
        .split('\n')
        .map((line) => `> ${line}`)
        .join('\n');
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

/** Markdown as Slack's own markup ("Formatting with mrkdwn"). Raw HTML is shown as it was written. */
export function mrkdwn(markdown: string): string {
  return blocks(new Lexer({ gfm: true }).lex(markdown));
}
