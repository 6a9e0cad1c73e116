import { fenced, inMarkup, type Markup, prefixed } from '../markup.js';

/** Slack reads mentions and links in angle brackets: with these three nothing that is quoted can ping anybody. */
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const isAddress = (href: string): boolean => /^(?:https?:|mailto:)[^\s|<>]+$/i.test(href);
/** A mark of Slack counts only at the border of a word; a space of no width makes one. */
const marked = (mark: string, text: string): string => `\u200b${mark}${text}${mark}\u200b`;

const markup: Markup = {
  escape,
  strong: (text) => marked('*', text),
  em: (text) => marked('_', text),
  del: (text) => marked('~', text),
  code: (text) => `\`${escape(text)}\``,
  block: (text) => fenced(escape(text)),
  quote: (text) => prefixed('> ', text),
  link: (href, text) =>
    isAddress(href) ? `<${escape(href)}|${text.replaceAll('|', '¦')}>` : `${text} (${escape(href)})`,
};

/** Markdown as Slack's own markup ("Formatting with mrkdwn"). */
export const mrkdwn = (markdown: string): string => inMarkup(markdown, markup);
