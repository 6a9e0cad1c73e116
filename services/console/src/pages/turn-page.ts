import type { ActorAddress, Usage } from '@queueclaw/contracts';
import type { Visitor } from '../access/visitor.js';
import type { TurnView } from '../turns/read-turns.js';
import type { Moment, TurnState } from '../turns/timeline.js';
import { conversationPath } from './conversations-page.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';
import { turnPath } from './transcript-page.js';
import { count, cut, duration, money, some, time } from './written-values.js';

export type TurnPageView = {
  readonly visitor: Visitor;
  readonly address: ActorAddress;
  readonly turn: TurnView;
  readonly currency: string;
  readonly now: number;
};

type Of<W extends Moment['what']> = Extract<Moment, { what: W }>;
const charsMax = 20_000;
const refreshSeconds = 3;

const states: Readonly<Record<TurnState, readonly [text: string, look: string]>> = {
  running: ['runs', 'quiet'],
  answered: ['answered', 'good'],
  notice: ['ended by the system', 'bad'],
  unanswered: ['no answer', 'bad'],
};
const holdups = { agent: 'an agent works on it', tools: 'it waits for tools', due: 'it waits for an agent' } as const;
const toolStates: Readonly<Record<Of<'tool'>['state'], readonly [text: string, look: string]>> = {
  waiting: ['waits for a tool-runner', 'quiet'],
  running: ['runs', 'quiet'],
  returned: ['done, its result is on the way', 'quiet'],
  out: ['no result yet', 'quiet'],
  ok: ['ok', 'good'],
  failed: ['failed', 'bad'],
};

const words = (text: string): Html | false => text !== '' && html`<pre dir="auto">${cut(text, charsMax)}</pre>`;
const folded = (title: string, text: string): Html =>
  html`<details>
    <summary>${title}</summary>
    <pre dir="auto">${cut(text, charsMax)}</pre>
  </details>`;

const spent = ({ inputTokens, outputTokens, cachedTokens, costMicros }: Usage, currency: string): string => {
  const cached = cachedTokens === undefined ? '' : ` (${count(cachedTokens)} cached)`;
  const cost = costMicros === undefined ? '' : `, ${money(costMicros, currency)}`;
  return `${count(inputTokens)} tokens in${cached}, ${count(outputTokens)} out${cost}`;
};

const modelItem = ({ at, step, afterMs, model, usage, text, calls }: Of<'model'>, currency: string): Html =>
  html`<li class="assistant">
    <h2>step ${step}${model !== undefined && `, ${model}`}</h2>
    <p class="facts">
      ${time(at)} · after
      ${duration(afterMs)}${usage !== undefined && ` · ${spent(usage, currency)}`}${calls > 0 && ` · ${some(calls, 'call')}`}
    </p>
    ${words(text)}
  </li>`;

const toolItem = (moment: Of<'tool'>, now: number): Html => {
  const { at, call, name, args, state, ms, waitedMs, code, text, deadlineAt } = moment;
  const [says, look] = toolStates[state];
  const left =
    deadlineAt !== undefined && (deadlineAt > now ? ` · lost in ${duration(deadlineAt - now)}` : ' · overdue');
  return html`<li class="tool ${deadlineAt !== undefined && 'out'}">
    <h2>${name} <span class="${look}">${says}</span></h2>
    <p class="facts">
      ${time(at)} ·
      ${call}${ms !== undefined && ` · ran ${duration(ms)}`}${waitedMs !== undefined && ` · waited ${duration(waitedMs)}`}${code !== undefined && ` · ${code}`}${left}
    </p>
    ${args !== undefined && folded('arguments', JSON.stringify(args, null, 2) ?? '')}${text !== undefined && folded('result', text)}
  </li>`;
};

const item = (moment: Moment, currency: string, now: number): Html => {
  switch (moment.what) {
    case 'message':
      return html`<li class="user">
        <h2>${moment.from ?? 'user'}</h2>
        <p class="facts">${time(moment.at)} · ${moment.id}</p>
        ${words(moment.text)}
      </li>`;
    case 'model':
      return modelItem(moment, currency);
    case 'tool':
      return toolItem(moment, now);
    case 'notice':
      return html`<li class="notice">
        <h2>notice</h2>
        <p class="facts">${time(moment.at)}</p>
        ${words(moment.text)}
      </li>`;
    default:
      return moment satisfies never;
  }
};

/** One turn as a timeline: what was asked, the models' steps with their cost, tools with their times, waits, the result. */
export function turnPage({ visitor, address, turn, currency, now }: TurnPageView): Html {
  const { tenant, conversation } = address;
  const [says, look] = states[turn.state];
  const { running } = turn;
  const holdup = running && `: ${holdups[running.holdup]}${running.tries > 1 ? `, try ${running.tries}` : ''}`;
  const earlier = turn.turn > 1 && html`<a href="${turnPath(address, turn.turn - 1)}">Turn ${turn.turn - 1}</a> `;
  const content = html`<p><a href="${conversationPath(tenant, conversation)}">${tenant}/${conversation}</a></p>
    <p>
      <span class="${look}">${says}</span>${holdup} · ${duration(running ? Math.max(0, now - turn.startedAt) : turn.ms)}
      · ${some(turn.steps, 'step')} · ${some(turn.toolCalls, 'tool call')} · ${spent(turn.usage, currency)}
    </p>
    <ol class="timeline">
      ${turn.moments.map((moment) => item(moment, currency, now))}
    </ol>
    <p>${earlier}${!running && html`<a href="${turnPath(address, turn.turn + 1)}">Turn ${turn.turn + 1}</a>`}</p>
    <p class="quiet">Times are UTC.${running && ` Loads again every ${refreshSeconds} s.`}</p>`;
  const frame = { title: `Turn ${turn.turn}`, section: '/conversations', visitor };
  return layout(running ? { ...frame, refreshSeconds } : frame, content);
}
