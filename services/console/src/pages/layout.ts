import type { Visitor } from '../access/visitor.js';
import { type PhraseKey, type Words, wordsIn } from '../phrases/index.js';
import { type Content, type Html, html } from './html.js';

export type PageFrame = {
  readonly title: Content;
  /** The address of the entry in the menu that this page belongs to. */
  readonly section?: string;
  readonly visitor: Visitor;
  /** Loads itself again after so many seconds. */
  readonly refreshSeconds?: number;
};

const sections = [
  ['/', 'menu.overview'],
  ['/queues/', 'menu.queues'],
  ['/conversations', 'menu.conversations'],
  ['/usage', 'menu.usage'],
  ['/channels', 'menu.channels'],
  ['/pairing', 'menu.pairing'],
  ['/approvals', 'menu.approvals'],
  ['/schedules', 'menu.schedules'],
  ['/memories', 'menu.memories'],
  ['/dead-letters', 'menu.dead_letters'],
] as const satisfies readonly (readonly [path: string, phrase: PhraseKey])[];

const other = { en: ['zh', '中文'], zh: ['en', 'English'] } as const;

const who = ({ operator, by }: Visitor, words: Words): Html => {
  if (!operator)
    return html`<span class="quiet">${words('who.looking')}</span> <a href="/login">${words('who.login')}</a>`;
  const leave = html`<form method="post" action="/logout"><button class="link">${words('who.logout')}</button></form>`;
  return html`<span>${operator.name}</span> ${by === 'session' && leave}`;
};

/** A whole page: head, menu and content. No scripts. */
export function layout({ title, section, visitor, refreshSeconds }: PageFrame, content: Content): Html {
  const { language } = visitor;
  const words = wordsIn(language);
  const [code, name] = other[language];
  const menu = sections.map(
    ([path, phrase]) => html`<a href="${path}" ${section === path && html` aria-current="page"`}>${words(phrase)}</a>`,
  );
  return html`<!doctype html>
    <html lang="${language === 'zh' ? 'zh-Hans' : 'en'}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        ${refreshSeconds !== undefined && html`<meta http-equiv="refresh" content="${refreshSeconds}" />`}
        <title>${title} · QueueClaw</title>
        <link rel="stylesheet" href="/console.css" />
      </head>
      <body>
        <header>
          <strong>QueueClaw</strong>
          <nav>${menu}</nav>
          <div class="who">
            <a href="?lang=${code}" lang="${code}" hreflang="${code}">${name}</a> ${who(visitor, words)}
          </div>
        </header>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html> `;
}
