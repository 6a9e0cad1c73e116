import { type AppError, publicMessageIn } from '@queueclaw/contracts';
import type { Visitor } from '../access/visitor.js';
import { wordsIn } from '../phrases/index.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';

/** What went wrong, for a browser. */
export function errorPage(error: AppError, visitor: Visitor): Html {
  const { code, status } = error;
  const words = wordsIn(visitor.language);
  const login = status === 401 && html`<p><a href="/login">${words('who.login')}</a></p>`;
  return layout(
    { title: words('error.title', { status }), visitor },
    html`<p>${publicMessageIn(error, visitor.language)}</p>
      <p class="quiet">${code}</p>
      ${login}`,
  );
}
