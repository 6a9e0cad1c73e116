import type { AppError } from '@queueclaw/contracts';
import type { Visitor } from '../access/visitor.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';

/** What went wrong, for a browser. */
export function errorPage({ code, status, publicMessage }: AppError, visitor: Visitor): Html {
  const login = status === 401 && html`<p><a href="/login">Log in</a></p>`;
  return layout(
    { title: `Error ${status}`, visitor },
    html`<p>${publicMessage}</p>
      <p class="quiet">${code}</p>
      ${login}`,
  );
}
