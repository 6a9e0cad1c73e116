import { ruleText } from '@queueclaw/conversations';
import type { Visitor } from '../access/visitor.js';
import { type Words, wordsIn } from '../phrases/index.js';
import type { ScheduleAction, ScheduleRow } from '../schedule-desk.js';
import { conversationPath } from './conversations-page.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';
import { cut, time } from './written-values.js';

export type SchedulesView = {
  readonly visitor: Visitor;
  readonly schedules: readonly ScheduleRow[];
  /** Something was just changed. */
  readonly done: boolean;
};

const charsMax = 500;

const button = (action: ScheduleAction, id: string, words: Words): Html =>
  html`<form method="post" action="/schedules/${action}?id=${id}">
    <button ${action === 'delete' && html`class="bad"`}>${words(`schedules.${action}`)}</button>
  </form>`;

const row = (mayAct: boolean, one: ScheduleRow, words: Words): Html =>
  html`<tr>
    <th scope="row"><code>${one.id}</code></th>
    <td dir="auto">${cut(one.text, charsMax)}</td>
    <td>${ruleText(one.rule, 'UTC')}</td>
    <td>${one.paused ? words('schedules.paused') : time(one.next ?? 0)}</td>
    <td>${time(one.last ?? 0)}</td>
    <td>
      <a href="${conversationPath(one.tenant, one.conversation)}">${one.conversation}</a> <small>${one.person}</small>
    </td>
    <td>
      ${mayAct && html`${button(one.paused ? 'resume' : 'pause', one.id, words)} ${button('delete', one.id, words)}`}
    </td>
  </tr>`;

/** What comes to conversations at other times; for operators what to do about it. */
export function schedulesPage({ visitor, schedules, done }: SchedulesView): Html {
  const words = wordsIn(visitor.language);
  const mayAct = visitor.operator !== undefined;
  const names = [
    ...[words('schedules.id'), words('schedules.text'), words('schedules.rule'), words('schedules.next')],
    ...[words('schedules.last'), words('schedules.conversation'), ''],
  ];
  const content = html`${done && html`<p class="good" role="status">${words('schedules.done')}</p>`}
  ${
    schedules.length === 0
      ? html`<p class="quiet">${words('schedules.none')}</p>`
      : html`<div class="scroll">
          <table>
            <thead>
              <tr>
                ${names.map((name) => html`<th scope="col">${name}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${schedules.map((one) => row(mayAct, one, words))}
            </tbody>
          </table>
        </div>`
  }`;
  return layout({ title: words('menu.schedules'), section: '/schedules', visitor }, content);
}
