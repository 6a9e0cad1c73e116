import type { PairedPerson, WaitingPerson } from '@queueclaw/mailbox';
import type { Visitor } from '../access/visitor.js';
import { type PhraseKey, type Words, wordsIn } from '../phrases/index.js';
import { type Content, type Html, html } from './html.js';
import { layout } from './layout.js';
import { cut, time } from './written-values.js';

export type PairingView = {
  readonly visitor: Visitor;
  readonly waiting: readonly WaitingPerson[];
  readonly people: readonly PairedPerson[];
  /** What was just done. */
  readonly done: string | undefined;
};

const said: Readonly<Record<string, PhraseKey>> = {
  approve: 'pairing.approved.done',
  revoke: 'pairing.revoked.done',
};
const charsMax = 120;

const table = (names: readonly Content[], rows: readonly Html[]): Html =>
  html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${names.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;

const who = ({ person, name = '' }: Pick<PairedPerson, 'person' | 'name'>): Html =>
  html`<th scope="row">${cut(name, charsMax)} <small>${cut(person, charsMax)}</small></th>`;

const asking = (mayAct: boolean, { tenant, account, code, at, ...one }: WaitingPerson, words: Words): Html =>
  html`<tr>
    ${who(one)}
    <td>${account} <small>${tenant}</small></td>
    <td><code>${code}</code></td>
    <td>${time(at)}</td>
    <td>
      ${mayAct && html`<form method="post" action="/pairing/approve?code=${encodeURIComponent(code)}"><button>${words('pairing.approve')}</button></form>`}
    </td>
  </tr>`;

const approved = (mayAct: boolean, { tenant, account, at, by, ...one }: PairedPerson, words: Words): Html => {
  const query = new URLSearchParams({ tenant, account, person: one.person }).toString();
  return html`<tr>
    ${who(one)}
    <td>${account} <small>${tenant}</small></td>
    <td>${by}</td>
    <td>${time(at)}</td>
    <td>
      ${mayAct && html`<form method="post" action="/pairing/revoke?${query}"><button class="bad">${words('pairing.revoke')}</button></form>`}
    </td>
  </tr>`;
};

/** Who asks to write to the assistant in a messaging app, and who may; for operators what to do about it. */
export function pairingPage({ visitor, waiting, people, done }: PairingView): Html {
  const words = wordsIn(visitor.language);
  const columns = (third: PhraseKey): readonly Content[] => [
    ...[words('person'), words('account'), words(third), words('pairing.since')],
    '',
  ];
  const mayAct = visitor.operator !== undefined;
  const told = done !== undefined && Object.hasOwn(said, done) ? said[done] : undefined;
  const note = told !== undefined && html`<p class="good" role="status">${words(told)}</p>`;
  const content = html`${note}
    <h2>${words('pairing.waiting')}</h2>
    ${
      waiting.length > 0
        ? table(
            columns('pairing.code'),
            waiting.map((one) => asking(mayAct, one, words)),
          )
        : html`<p class="quiet">${words('pairing.waiting.none')}</p>`
    }
    <h2>${words('pairing.approved')}</h2>
    ${
      people.length > 0
        ? table(
            columns('pairing.by'),
            people.map((one) => approved(mayAct, one, words)),
          )
        : html`<p class="quiet">${words('pairing.approved.none')}</p>`
    }
    <p class="quiet">${words('pairing.compare')}</p>`;
  return layout({ title: words('menu.pairing'), section: '/pairing', visitor }, content);
}
