import type { ApprovalAction, ApprovalRow } from '../approval-desk.js';
import type { Visitor } from '../access/visitor.js';
import { type Words, wordsIn } from '../phrases/index.js';
import { conversationPath } from './conversations-page.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';
import { cut, time } from './written-values.js';

export type ApprovalsView = {
  readonly visitor: Visitor;
  readonly approvals: readonly ApprovalRow[];
  /** Something was just decided. */
  readonly done: boolean;
};

/** As much as a command may have: who decides sees all of it. */
const charsMax = 16_384;

/** Nothing in a command hides or turns it around. */
const visibly = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    char === '\n' ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );

const button = (action: ApprovalAction, approval: string, words: Words): Html =>
  html`<form method="post" action="/approvals/${action}?approval=${approval}">
    <button ${action === 'deny' && html`class="bad"`}>${words(`approvals.${action}`)}</button>
  </form>`;

const row = (mayAct: boolean, one: ApprovalRow, words: Words): Html =>
  html`<tr>
    <th scope="row"><code>${one.approval}</code></th>
    <td dir="ltr"><code>${cut(visibly(one.command), charsMax)}</code> <small>${one.tool}</small></td>
    <td>
      <a href="${conversationPath(one.tenant, one.conversation)}">${one.conversation}</a> <small>${one.person}</small>
    </td>
    <td>${time(one.askedAt)}</td>
    <td>${time(one.expiresAt)}</td>
    <td>
      ${
        mayAct &&
        html`${button('approve', one.approval, words)} ${button('always', one.approval, words)}
        ${button('deny', one.approval, words)}`
      }
    </td>
  </tr>`;

/** Calls that wait for a person; for operators what to decide. */
export function approvalsPage({ visitor, approvals, done }: ApprovalsView): Html {
  const words = wordsIn(visitor.language);
  const mayAct = visitor.operator !== undefined;
  const names = [
    ...[words('approvals.name'), words('approvals.command'), words('schedules.conversation')],
    ...[words('approvals.asked'), words('approvals.expires'), ''],
  ];
  const content = html`${done && html`<p class="good" role="status">${words('approvals.done')}</p>`}
  ${
    approvals.length === 0
      ? html`<p class="quiet">${words('approvals.none')}</p>`
      : html`<div class="scroll">
          <table>
            <thead>
              <tr>
                ${names.map((name) => html`<th scope="col">${name}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${approvals.map((one) => row(mayAct, one, words))}
            </tbody>
          </table>
        </div>`
  }`;
  return layout({ title: words('menu.approvals'), section: '/approvals', visitor }, content);
}
