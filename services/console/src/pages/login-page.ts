import type { Visitor } from '../access/visitor.js';
import { wordsIn } from '../phrases/index.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';

export type LoginView = {
  readonly visitor: Visitor;
  /** Where to go afterwards. */
  readonly next: string;
  /** The token of the last try is not known. */
  readonly wrong: boolean;
  /** An operator is configured. */
  readonly possible: boolean;
};

/** Where an operator enters the token. */
export function loginPage({ visitor, next, wrong, possible }: LoginView): Html {
  const words = wordsIn(visitor.language);
  const form = html`<form method="post" action="/login" class="card">
    <label for="token">${words('login.token')}</label>
    <input id="token" name="token" type="password" required autocomplete="current-password" autofocus />
    <input type="hidden" name="next" value="${next}" />
    <button>${words('login.title')}</button>
    ${wrong && html`<p class="bad" role="alert">${words('login.wrong')}</p>`}
  </form>`;
  const advice = html`<p>${words('login.advice', { section: html`<code>console</code>` })}</p>
    <pre>operators: [{ name: admin, token: "$${'{QUEUECLAW_OPERATOR_TOKEN}'}" }]</pre>`;
  return layout({ title: words('login.title'), visitor }, possible ? form : advice);
}
