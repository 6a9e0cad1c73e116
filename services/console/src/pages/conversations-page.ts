import { parseChannelConversation } from '@queueclaw/contracts';
import type { Visitor } from '../access/visitor.js';
import { wordsIn } from '../phrases/index.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';
import { time } from './written-values.js';

export type ConversationsView = {
  readonly visitor: Visitor;
  readonly tenant: string;
  /** That the configuration names. */
  readonly tenants: readonly string[];
  /** Newest first. */
  readonly list: readonly { readonly conversation: string; readonly at: number }[];
  /** Where the next page starts; absent on the last. */
  readonly next: number | undefined;
};

/** A conversation's address in the console. */
export const conversationPath = (tenant: string, conversation: string): string =>
  `/conversations/${encodeURIComponent(tenant)}/${encodeURIComponent(conversation)}`;

const describe = (conversation: string): string => {
  const place = parseChannelConversation(conversation);
  return place ? `${place.channel}, ${place.peer}${place.thread === undefined ? '' : `, ${place.thread}`}` : '';
};

/** A tenant's conversations, newest activity first. */
export function conversationsPage({ visitor, tenant, tenants, list, next }: ConversationsView): Html {
  const words = wordsIn(visitor.language);
  const others = [...new Set([...tenants, tenant])].map(
    (name) =>
      html`<a href="/conversations?tenant=${encodeURIComponent(name)}" ${name === tenant && html` aria-current="page"`}
        >${name}</a
      >`,
  );
  const rows = list.map(
    ({ conversation, at }) =>
      html`<li>
        <a href="${conversationPath(tenant, conversation)}"
          ><b>${conversation}</b> <small>${describe(conversation)}</small>${time(at)}</a
        >
      </li>`,
  );
  const older =
    next !== undefined &&
    html`<p><a href="/conversations?tenant=${encodeURIComponent(tenant)}&amp;before=${next}">${words('older')}</a></p>`;
  const content = html`<nav class="tabs" aria-label="${words('tenants')}">${others}</nav>
    ${
      rows.length > 0
        ? html`<ul class="list">
            ${rows}
          </ul>`
        : html`<p class="quiet">${words('conversations.none')}</p>`
    }${older}`;
  return layout({ title: words('menu.conversations'), section: '/conversations', visitor }, content);
}
