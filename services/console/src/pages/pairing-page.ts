import type { PairedPerson, WaitingPerson } from '@queueclaw/mailbox';
import type { Visitor } from '../access/visitor.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';
import { cut, time } from './written-values.js';

export type PairingView = {
  readonly visitor: Visitor;
  readonly waiting: readonly WaitingPerson[];
  readonly people: readonly PairedPerson[];
  /** What was just done. */
  readonly done: string | undefined;
};

const said: Readonly<Record<string, string>> = {
  approve: 'They may write now, and are told so.',
  revoke: 'They may no longer write.',
};
const charsMax = 120;

const table = (names: readonly string[], rows: readonly Html[]): Html =>
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

const asking = (mayAct: boolean, { tenant, account, code, at, ...one }: WaitingPerson): Html =>
  html`<tr>
    ${who(one)}
    <td>${account} <small>${tenant}</small></td>
    <td><code>${code}</code></td>
    <td>${time(at)}</td>
    <td>
      ${mayAct && html`<form method="post" action="/pairing/approve?code=${encodeURIComponent(code)}"><button>Approve</button></form>`}
    </td>
  </tr>`;

const approved = (mayAct: boolean, { tenant, account, at, by, ...one }: PairedPerson): Html => {
  const query = new URLSearchParams({ tenant, account, person: one.person }).toString();
  return html`<tr>
    ${who(one)}
    <td>${account} <small>${tenant}</small></td>
    <td>${by}</td>
    <td>${time(at)}</td>
    <td>
      ${mayAct && html`<form method="post" action="/pairing/revoke?${query}"><button class="bad">Revoke</button></form>`}
    </td>
  </tr>`;
};

/** Who asks to write to the assistant in a messaging app, and who may; for operators what to do about it. */
export function pairingPage({ visitor, waiting, people, done }: PairingView): Html {
  const mayAct = visitor.operator !== undefined;
  const note = done !== undefined && Object.hasOwn(said, done) && html`<p class="good" role="status">${said[done]}</p>`;
  const content = html`${note}
    <h2>Waiting</h2>
    ${
      waiting.length > 0
        ? table(
            ['Person', 'Account', 'Code', 'Since (UTC)', ''],
            waiting.map((one) => asking(mayAct, one)),
          )
        : html`<p class="quiet">Nobody waits. A code is good for an hour.</p>`
    }
    <h2>Approved</h2>
    ${
      people.length > 0
        ? table(
            ['Person', 'Account', 'By', 'Since (UTC)', ''],
            people.map((one) => approved(mayAct, one)),
          )
        : html`<p class="quiet">Nobody was approved yet. Who stands in the configuration is not listed here.</p>`
    }
    <p class="quiet">Compare the code with the one that the person has: a name can be anybody's.</p>`;
  return layout({ title: 'Pairing', section: '/pairing', visitor }, content);
}
