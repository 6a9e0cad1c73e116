import type { ActorAddress, Usage } from '@queueclaw/contracts';
import type { Visitor } from '../access/visitor.js';
import type { TurnView } from '../turns/read-turns.js';
import type { Moment, TurnState } from '../turns/timeline.js';
import { conversationPath } from './conversations-page.js';
import { type PhraseKey, type Words, wordsIn } from '../phrases/index.js';
import { type Content, type Html, html } from './html.js';
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
/** What every line of the timeline is written with. */
type Scene = { readonly words: Words; readonly currency: string; readonly now: number };
const charsMax = 20_000;
const refreshSeconds = 3;

const looks: Readonly<Record<TurnState, string>> = {
  ...{ running: 'quiet', answered: 'good', notice: 'bad', unanswered: 'bad' },
};
const toolStates: Readonly<Record<Of<'tool'>['state'], readonly [phrase: PhraseKey, look: string]>> = {
  waiting: ['tool.waiting', 'quiet'],
  running: ['tool.running', 'quiet'],
  returned: ['tool.returned', 'quiet'],
  out: ['tool.out', 'quiet'],
  ok: ['entry.ok', 'good'],
  failed: ['entry.failed', 'bad'],
};

const written = (text: string): Html | false => text !== '' && html`<pre dir="auto">${cut(text, charsMax)}</pre>`;
const folded = (title: Content, text: string): Html =>
  html`<details>
    <summary>${title}</summary>
    <pre dir="auto">${cut(text, charsMax)}</pre>
  </details>`;

const spent = (
  { inputTokens, outputTokens, cachedTokens, costMicros }: Usage,
  { words, currency }: Pick<Scene, 'words' | 'currency'>,
): Html => {
  const tokens = (of: 'in' | 'out' | 'cached', value: number): Html => words(`tokens.${of}`, { count: count(value) });
  const cached = cachedTokens !== undefined && html` (${tokens('cached', cachedTokens)})`;
  const cost = costMicros !== undefined && `, ${money(costMicros, currency)}`;
  return html`${tokens('in', inputTokens)}${cached}, ${tokens('out', outputTokens)}${cost}`;
};

const modelItem = ({ at, step, afterMs, model, usage, text, calls }: Of<'model'>, scene: Scene): Html =>
  html`<li class="assistant">
    <h2>${scene.words('turn.step', { step })}${model !== undefined && `, ${model}`}</h2>
    <p class="facts">
      ${time(at)} ·
      ${scene.words('turn.after', { duration: duration(afterMs) })}${usage !== undefined && html` · ${spent(usage, scene)}`}${calls > 0 && html` · ${some(scene.words, calls, 'call')}`}
    </p>
    ${written(text)}
  </li>`;

const toolItem = (moment: Of<'tool'>, { words, now }: Scene): Html => {
  const { at, call, name, args, state, ms, waitedMs, code, text, deadlineAt } = moment;
  const [phrase, look] = toolStates[state];
  const lasted = (key: 'tool.ran' | 'tool.waited' | 'tool.lost', lastMs: number): Html =>
    html` · ${words(key, { duration: duration(lastMs) })}`;
  const left =
    deadlineAt !== undefined &&
    (deadlineAt > now ? lasted('tool.lost', deadlineAt - now) : html` · ${words('tool.overdue')}`);
  return html`<li class="tool ${deadlineAt !== undefined && 'out'}">
    <h2>${name} <span class="${look}">${words(phrase)}</span></h2>
    <p class="facts">
      ${time(at)} ·
      ${call}${ms !== undefined && lasted('tool.ran', ms)}${waitedMs !== undefined && lasted('tool.waited', waitedMs)}${code !== undefined && ` · ${code}`}${left}
    </p>
    ${args !== undefined && folded(words('entry.arguments'), JSON.stringify(args, null, 2) ?? '')}${text !== undefined && folded(words('entry.result'), text)}
  </li>`;
};

const item = (moment: Moment, scene: Scene): Html => {
  switch (moment.what) {
    case 'message':
      return html`<li class="user">
        <h2>${moment.from ?? scene.words('user')}</h2>
        <p class="facts">${time(moment.at)} · ${moment.id}</p>
        ${written(moment.text)}
      </li>`;
    case 'model':
      return modelItem(moment, scene);
    case 'tool':
      return toolItem(moment, scene);
    case 'notice':
      return html`<li class="notice">
        <h2>${scene.words('entry.notice')}</h2>
        <p class="facts">${time(moment.at)}</p>
        ${written(moment.text)}
      </li>`;
    default:
      return moment satisfies never;
  }
};

/** One turn as a timeline: what was asked, the models' steps with their cost, tools with their times, waits, the result. */
export function turnPage({ visitor, address, turn, currency, now }: TurnPageView): Html {
  const { tenant, conversation } = address;
  const words = wordsIn(visitor.language);
  const scene = { words, currency, now };
  const { running } = turn;
  const again = running && running.tries > 1 && html`, ${words('turn.try', { count: running.tries })}`;
  const holdup = running && html`: ${words(`turn.holdup.${running.holdup}`)}${again}`;
  const titled = (number: number): Html => words('turn.title', { turn: number });
  const earlier = turn.turn > 1 && html`<a href="${turnPath(address, turn.turn - 1)}">${titled(turn.turn - 1)}</a> `;
  const content = html`<p><a href="${conversationPath(tenant, conversation)}">${tenant}/${conversation}</a></p>
    <p>
      <span class="${looks[turn.state]}">${words(`turn.${turn.state}`)}</span>${holdup} ·
      ${duration(running ? Math.max(0, now - turn.startedAt) : turn.ms)} · ${some(words, turn.steps, 'step')} ·
      ${some(words, turn.toolCalls, 'tool_call')} · ${spent(turn.usage, scene)}
    </p>
    <ol class="timeline">
      ${turn.moments.map((moment) => item(moment, scene))}
    </ol>
    <p>${earlier}${!running && html`<a href="${turnPath(address, turn.turn + 1)}">${titled(turn.turn + 1)}</a>`}</p>
    <p class="quiet">${words('times')}${running && html` ${words('again', { seconds: refreshSeconds })}`}</p>`;
  const frame = { title: titled(turn.turn), section: '/conversations', visitor };
  return layout(running ? { ...frame, refreshSeconds } : frame, content);
}
