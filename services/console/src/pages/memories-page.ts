import type { ActorAddress, Memory } from '@queueclaw/contracts';
import type { Visitor } from '../access/visitor.js';
import { type PhraseKey, wordsIn } from '../phrases/index.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';
import { cut, time } from './written-values.js';

/** Of a conversation, or of a person as their channel names them. */
export type MemoryPlace = ActorAddress | { readonly tenant: string; readonly channel: string; readonly person: string };

export type MemoriesView = {
  readonly visitor: Visitor;
  readonly place: MemoryPlace | undefined;
  readonly memories: readonly Memory[];
  /** Something was just deleted. */
  readonly done: boolean;
};

const charsMax = 2_000;

/** What is remembered of a person or in a conversation, and a form that asks for another; operators delete. */
export function memoriesPage({ visitor, place, memories, done }: MemoriesView): Html {
  const words = wordsIn(visitor.language);
  const mayAct = visitor.operator !== undefined;
  const given: Readonly<Record<string, string>> = { ...place };
  const field = (name: string, phrase: PhraseKey): Html =>
    html`<label>${words(phrase)} <input name="${name}" value="${given[name] ?? ''}" maxlength="256" /></label>`;
  const drop = (id: string): Html =>
    html`<form method="post" action="/memories/delete?${new URLSearchParams({ ...given, id }).toString()}">
      <button class="bad">${words('memories.delete')}</button>
    </form>`;
  const row = ({ id, text, by, at }: Memory): Html =>
    html`<tr>
      <td dir="auto">${cut(text, charsMax)}</td>
      <td>${by}</td>
      <td>${time(at)}</td>
      <td>${mayAct && drop(id)}</td>
    </tr>`;
  const table = html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">${words('memories.text')}</th>
          <th scope="col">${words('memories.by')}</th>
          <th scope="col">${words('memories.since')}</th>
          <th scope="col"></th>
        </tr>
      </thead>
      <tbody>
        ${memories.map(row)}
      </tbody>
    </table>
  </div>`;
  const content = html`${done && html`<p class="good" role="status">${words('memories.done')}</p>`}
    <form method="get" action="/memories">
      ${field('tenant', 'memories.tenant')} ${field('conversation', 'memories.conversation')}
      <button>${words('memories.show')}</button>
    </form>
    <form method="get" action="/memories">
      ${field('tenant', 'memories.tenant')} ${field('channel', 'memories.channel')}
      ${field('person', 'memories.person')}
      <button>${words('memories.show')}</button>
    </form>
    ${place !== undefined && (memories.length > 0 ? table : html`<p class="quiet">${words('memories.none')}</p>`)}`;
  return layout({ title: words('menu.memories'), section: '/memories', visitor }, content);
}
