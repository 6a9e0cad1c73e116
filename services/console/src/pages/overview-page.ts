import type { Survey } from '@queueclaw/mailbox';
import type { Visitor } from '../access/visitor.js';
import type { QueueCounts } from '../board/view-queues.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';
import { count, time } from './written-values.js';

export type OverviewView = {
  readonly visitor: Visitor;
  readonly queues: readonly QueueCounts[];
  readonly survey: Survey;
  readonly now: number;
};

const figure = (value: number, label: string, note: string, bad = false): Html =>
  html`<div class="card figure"><b${bad && html` class="bad"`}>${count(value)}</b><span>${label}</span><small>${note}</small></div>`;

/** How much waits, runs and has failed. */
export function overviewPage({ visitor, queues, survey, now }: OverviewView): Html {
  const { dueConversations, openConversations, dueOutboxes, openOutboxes, results, deadLetters, refusedMail } = survey;
  const rows = queues.map(
    ({ name, waiting, active, completed, failed }) =>
      html`<tr><th scope="row">${name}</th>
<td>${count(waiting)}</td><td>${count(active)}</td><td>${count(completed)}</td><td${failed > 0 && html` class="bad"`}>${count(failed)}</td></tr>`,
  );
  const content = html`<div class="figures">
      ${figure(dueConversations, 'conversations due', `${count(openConversations)} open`)}
      ${figure(dueOutboxes, 'outboxes due', `${count(openOutboxes)} open`)}
      ${figure(results, 'tool results', 'on their way back')}
      ${figure(deadLetters, 'dead letters', 'put aside', deadLetters > 0)}
      ${figure(refusedMail, 'forged mail', 'dropped so far', refusedMail > 0)}
    </div>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Queue</th>
            <th scope="col">Waiting</th>
            <th scope="col">Active</th>
            <th scope="col">Completed, kept</th>
            <th scope="col">Failed</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    <p class="quiet">
      As of ${time(now)} UTC. Loads again every 10 s. Jobs and their logs: <a href="/queues/">Bull Board</a>.
    </p>`;
  return layout({ title: 'Overview', section: '/', visitor, refreshSeconds: 10 }, content);
}
