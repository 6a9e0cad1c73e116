import type { Survey } from '@queueclaw/mailbox';
import type { Visitor } from '../access/visitor.js';
import type { QueueCounts } from '../board/view-queues.js';
import { wordsIn } from '../phrases/index.js';
import { type Content, type Html, html } from './html.js';
import { layout } from './layout.js';
import { count, time } from './written-values.js';

export type OverviewView = {
  readonly visitor: Visitor;
  readonly queues: readonly QueueCounts[];
  readonly survey: Survey;
  readonly now: number;
};

const figure = (value: number, label: Content, note: Content, bad = false): Html =>
  html`<div class="card figure"><b${bad && html` class="bad"`}>${count(value)}</b><span>${label}</span><small>${note}</small></div>`;

const columns = ['queue', 'waiting', 'active', 'completed', 'failed'] as const;

/** How much waits, runs and has failed. */
export function overviewPage({ visitor, queues, survey, now }: OverviewView): Html {
  const words = wordsIn(visitor.language);
  const open = (value: number): Html => words('overview.open', { count: count(value) });
  const { dueConversations, openConversations, dueOutboxes, openOutboxes, results, deadLetters, refusedMail } = survey;
  const rows = queues.map(
    ({ name, waiting, active, completed, failed }) =>
      html`<tr><th scope="row">${name}</th>
<td>${count(waiting)}</td><td>${count(active)}</td><td>${count(completed)}</td><td${failed > 0 && html` class="bad"`}>${count(failed)}</td></tr>`,
  );
  const content = html`<div class="figures">
      ${figure(dueConversations, words('overview.due'), open(openConversations))}
      ${figure(dueOutboxes, words('overview.outboxes'), open(openOutboxes))}
      ${figure(results, words('overview.results'), words('overview.results.note'))}
      ${figure(deadLetters, words('overview.dead_letters'), words('overview.dead_letters.note'), deadLetters > 0)}
      ${figure(refusedMail, words('overview.forged'), words('overview.forged.note'), refusedMail > 0)}
    </div>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            ${columns.map((name) => html`<th scope="col">${words(`overview.${name}`)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    <p class="quiet">
      ${words('as_of', { time: time(now) })} ${words('again', { seconds: 10 })}
      ${words('overview.jobs', { board: html`<a href="/queues/">Bull Board</a>` })}
    </p>`;
  return layout({ title: words('menu.overview'), section: '/', visitor, refreshSeconds: 10 }, content);
}
