import type { Visitor } from '../access/visitor.js';
import { type Content, type Html, html } from './html.js';

export type PageFrame = {
  readonly title: string;
  /** The address of the entry in the menu that this page belongs to. */
  readonly section?: string;
  readonly visitor: Visitor;
  /** Loads itself again after so many seconds. */
  readonly refreshSeconds?: number;
};

const sections = [
  ['/', 'Overview'],
  ['/queues/', 'Queues'],
  ['/conversations', 'Conversations'],
  ['/usage', 'Usage'],
  ['/channels', 'Channels'],
  ['/pairing', 'Pairing'],
  ['/dead-letters', 'Dead letters'],
] as const;

const who = ({ operator, by }: Visitor): Html => {
  if (!operator) return html`<span class="quiet">looking only</span> <a href="/login">Log in</a>`;
  const leave = html`<form method="post" action="/logout"><button class="link">Log out</button></form>`;
  return html`<span>${operator.name}</span> ${by === 'session' && leave}`;
};

/** A whole page: head, menu and content. No scripts. */
export function layout({ title, section, visitor, refreshSeconds }: PageFrame, content: Content): Html {
  const menu = sections.map(
    ([path, name]) => html`<a href="${path}" ${section === path && html` aria-current="page"`}>${name}</a>`,
  );
  return html`<!doctype html>
    <html lang="en">
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
          <div class="who">${who(visitor)}</div>
        </header>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html> `;
}
