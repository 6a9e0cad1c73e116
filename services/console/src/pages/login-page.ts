import type { Visitor } from '../access/visitor.js';
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
  const form = html`<form method="post" action="/login" class="card">
    <label for="token">Operator token</label>
    <input id="token" name="token" type="password" required autocomplete="current-password" autofocus />
    <input type="hidden" name="next" value="${next}" />
    <button>Log in</button>
    ${wrong && html`<p class="bad" role="alert">This token is not known.</p>`}
  </form>`;
  const advice = html`<p>
      No operator is configured: this machine may look, nobody may act. To act, add this line to <code>console</code> in
      the configuration:
    </p>
    <pre>operators: [{ name: admin, token: "$${'{QUEUECLAW_OPERATOR_TOKEN}'}" }]</pre>`;
  return layout({ title: 'Log in', visitor }, possible ? form : advice);
}
