import type { DeadLetter } from '@queueclaw/mailbox';
import type { Visitor } from '../access/visitor.js';
import { conversationPath } from './conversations-page.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';
import { cut, time } from './written-values.js';

export type DeadLettersView = {
  readonly visitor: Visitor;
  /** Newest first. */
  readonly list: readonly DeadLetter[];
  /** What was just done. */
  readonly done: string | undefined;
};

const said: Readonly<Record<string, string>> = {
  retry: 'It is tried again.',
  drop: 'It was dropped.',
};
const kinds = { messages: 'message', replies: 'reply', unreadable: 'unreadable' } as const;
const charsMax = 4_000;

const actions = ({ id, retryable }: DeadLetter): Html =>
  html`<div class="actions">
    ${retryable && html`<form method="post" action="/dead-letters/${encodeURIComponent(id)}/retry"><button>Try again</button></form>`}
    <details>
      <summary>Drop</summary>
      <form method="post" action="/dead-letters/${encodeURIComponent(id)}/drop">
        <button class="bad">Drop for good</button>
      </form>
    </details>
  </div>`;

const item = (letter: DeadLetter, mayAct: boolean): Html => {
  const { kind, tenant, conversation, why, tries, at, ids, mail, reply } = letter;
  const texts = [...mail.map(({ text }) => text), ...(reply ? [reply.text] : [])];
  const place =
    conversation !== '' && html` of <a href="${conversationPath(tenant, conversation)}">${tenant}/${conversation}</a>`;
  return html`<li class="card">
    <h2>${kinds[kind]}${place}</h2>
    <p class="facts">
      ${time(at)} ·
      <span class="bad">${why}</span
      >${tries !== undefined && ` · ${tries} tries`}${ids.length > 0 && ` · ${cut(ids.join(', '), 400)}`}
    </p>
    ${texts.map((text) => html`<pre dir="auto">${cut(text, charsMax)}</pre>`)}${mayAct && actions(letter)}
  </li>`;
};

/** What could not be processed or delivered, and for operators what to do about it. */
export function deadLettersPage({ visitor, list, done }: DeadLettersView): Html {
  const mayAct = visitor.operator !== undefined;
  const note = done !== undefined && Object.hasOwn(said, done) && html`<p class="good" role="status">${said[done]}</p>`;
  const content = html`${note}
  ${
    list.length > 0
      ? html`<ul class="cards">
          ${list.map((letter) => item(letter, mayAct))}
        </ul>`
      : html`<p class="quiet">There are none.</p>`
  }`;
  return layout({ title: 'Dead letters', section: '/dead-letters', visitor }, content);
}
