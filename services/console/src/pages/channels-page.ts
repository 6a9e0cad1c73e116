import type { Visitor } from '../access/visitor.js';
import type { AccountState } from '../channels.js';
import { type Words, wordsIn } from '../phrases/index.js';
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

const row = (
  { channel, account, part, tenant, enabled, holder }: ReturnType<typeof rowsOf>[number],
  words: Words,
): Html =>
  html`<tr>
    <th scope="row">${channel}/${account}${part !== undefined && `/${part}`}</th>
    <td>${tenant}</td>
    <td>${enabled ? words('channels.enabled') : html`<span class="quiet">${words('channels.disabled')}</span>`}</td>
    <td>${holder === undefined ? html`<span class="quiet">${words('channels.nobody')}</span>` : holder.who}</td>
    <td>${holder !== undefined && time(holder.since)}</td>
    <td>${holder?.trouble !== undefined && html`<span class="bad">${holder.trouble}</span>`}</td>
  </tr>`;

/** The accounts of messaging apps, and which replica holds which connection. */
export function channelsPage({ visitor, accounts, now }: ChannelsView): Html {
  const words = wordsIn(visitor.language);
  const held = (['holder', 'since', 'trouble'] as const).map((name) => words(`channels.${name}`));
  const names = [words('account'), words('tenant'), '', ...held];
  const table = html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${names.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${accounts.flatMap(rowsOf).map((one) => row(one, words))}
      </tbody>
    </table>
  </div>`;
  const none = html`<p>${words('channels.none')}</p>`;
  const content = html`${accounts.length === 0 ? none : table}
    <p class="quiet">
      ${words('as_of', { time: time(now) })} ${words('again', { seconds: 10 })} ${words('channels.how')}
    </p>`;
  return layout({ title: words('menu.channels'), section: '/channels', visitor, refreshSeconds: 10 }, content);
}
