import type { Visitor } from '../access/visitor.js';
import type { AccountState } from '../channels.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';
import { time } from './written-values.js';

export type ChannelsView = {
  readonly visitor: Visitor;
  readonly accounts: readonly AccountState[];
  readonly now: number;
};

const rowsOf = ({ parts, ...whole }: AccountState): readonly (AccountState & { readonly part?: string })[] =>
  parts === undefined ? [whole] : parts.map((one) => ({ ...whole, ...one }));

const row = ({ channel, account, part, tenant, enabled, holder }: ReturnType<typeof rowsOf>[number]): Html =>
  html`<tr>
    <th scope="row">${channel}/${account}${part !== undefined && `/${part}`}</th>
    <td>${tenant}</td>
    <td>${enabled ? 'enabled' : html`<span class="quiet">disabled</span>`}</td>
    <td>${holder === undefined ? html`<span class="quiet">nobody</span>` : holder.who}</td>
    <td>${holder !== undefined && time(holder.since)}</td>
    <td>${holder?.trouble !== undefined && html`<span class="bad">${holder.trouble}</span>`}</td>
  </tr>`;

/** The accounts of messaging apps, and which replica holds which connection. */
export function channelsPage({ visitor, accounts, now }: ChannelsView): Html {
  const names = ['Account', 'Tenant', '', 'Held by', 'Since', 'Trouble'];
  const table = html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${names.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${accounts.flatMap(rowsOf).map(row)}
      </tbody>
    </table>
  </div>`;
  const none = html`<p>No messaging app is configured.</p>`;
  const content = html`${accounts.length === 0 ? none : table}
    <p class="quiet">
      As of ${time(now)} UTC. Loads again every 10 s. A connection that only one may have is held by one replica; when
      that one is gone, another takes it within 12 s. Platforms that call by webhook need no holder: every replica
      answers.
    </p>`;
  return layout({ title: 'Channels', section: '/channels', visitor, refreshSeconds: 10 }, content);
}
