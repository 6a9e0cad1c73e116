import { inMarkup, type Markup } from '../markup.js';

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const attribute = (text: string): string => escape(text).replaceAll('"', '&quot;');
const isAddress = (href: string): boolean => /^(?:https?:|tg:|mailto:)/i.test(href);

const html: Markup = {
  escape,
  strong: (text) => `<b>${text}</b>`,
  em: (text) => `<i>${text}</i>`,
  del: (text) => `<s>${text}</s>`,
  code: (text) => `<code>${escape(text)}</code>`,
  block: (text, language = '') => {
    const [name = ''] = /^[\w+#.-]+/.exec(language) ?? [];
    return name === ''
      ? `<pre>${escape(text)}</pre>`
      : `<pre><code class="language-${attribute(name)}">${escape(text)}</code></pre>`;
  },
  quote: (text) => `<blockquote>${text}</blockquote>`,
  link: (href, text) => (isAddress(href) ? `<a href="${attribute(href)}">${text}</a>` : `${text} (${escape(href)})`),
};

/**
 * Markdown as the HTML that Telegram understands (Bot API, "HTML style"). The text that people see is never longer than the
 * Markdown, but for bullets, rules and tables.
 */
export const telegramHtml = (markdown: string): string => inMarkup(markdown, html);
