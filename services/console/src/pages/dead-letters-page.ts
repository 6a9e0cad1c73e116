import type { DeadLetter } from '@queueclaw/mailbox';
import type { Visitor } from '../access/visitor.js';
import { conversationPath } from './conversations-page.js';
import { type PhraseKey, type Words, wordsIn } from '../phrases/index.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';
import { cut, some, time } from './written-values.js';

export type DeadLettersView = {
  readonly visitor: Visitor;
  /** Newest first. */
  readonly list: readonly DeadLetter[];
  /** What was just done. */
  readonly done: string | undefined;
};

const said: Readonly<Record<string, PhraseKey>> = { retry: 'letters.retried', drop: 'letters.dropped' };
const kinds = { messages: 'letters.message', replies: 'letters.reply', unreadable: 'letters.unreadable' } as const;
const charsMax = 4_000;

const actions = ({ id, retryable }: DeadLetter, words: Words): Html =>
  html`<div class="actions">
    ${retryable && html`<form method="post" action="/dead-letters/${encodeURIComponent(id)}/retry"><button>${words('letters.retry')}</button></form>`}
    <details>
      <summary>${words('letters.drop')}</summary>
      <form method="post" action="/dead-letters/${encodeURIComponent(id)}/drop">
        <button class="bad">${words('letters.drop.sure')}</button>
      </form>
    </details>
  </div>`;

const item = (letter: DeadLetter, mayAct: boolean, words: Words): Html => {
  const { kind, tenant, conversation, why, tries, at, ids, mail, reply } = letter;
  const texts = [...mail.map(({ text }) => text), ...(reply ? [reply.text] : [])];
  const name = words(kinds[kind]);
  const place = html`<a href="${conversationPath(tenant, conversation)}">${tenant}/${conversation}</a>`;
  return html`<li class="card">
    <h2>${conversation === '' ? name : words('letters.of', { kind: name, place })}</h2>
    <p class="facts">
      ${time(at)} ·
      <span class="bad">${why}</span
      >${tries !== undefined && html` · ${some(words, tries, 'try')}`}${ids.length > 0 && ` · ${cut(ids.join(', '), 400)}`}
    </p>
    ${texts.map((text) => html`<pre dir="auto">${cut(text, charsMax)}</pre>`)}${mayAct && actions(letter, words)}
  </li>`;
};

/** What could not be processed or delivered, and for operators what to do about it. */
export function deadLettersPage({ visitor, list, done }: DeadLettersView): Html {
  const words = wordsIn(visitor.language);
  const mayAct = visitor.operator !== undefined;
  const told = done !== undefined && Object.hasOwn(said, done) ? said[done] : undefined;
  const note = told !== undefined && html`<p class="good" role="status">${words(told)}</p>`;
  const content = html`${note}
  ${
    list.length > 0
      ? html`<ul class="cards">
          ${list.map((letter) => item(letter, mayAct, words))}
        </ul>`
      : html`<p class="quiet">${words('letters.none')}</p>`
  }`;
  return layout({ title: words('menu.dead_letters'), section: '/dead-letters', visitor }, content);
}
