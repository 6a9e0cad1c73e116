import { type ActorAddress, type Attachment, type TranscriptEntry, wordsHeard } from '@queueclaw/contracts';
import type { Visitor } from '../access/visitor.js';
import { conversationPath } from './conversations-page.js';
import { type Words, wordsIn } from '../phrases/index.js';
import { type Content, type Html, html } from './html.js';
import { layout } from './layout.js';
import { count, cut, duration, time } from './written-values.js';

export type TranscriptView = {
  readonly visitor: Visitor;
  readonly address: ActorAddress;
  /** Oldest first. */
  readonly entries: readonly TranscriptEntry[];
  /** `before` of the page before this one; absent on the first. */
  readonly next?: number;
  /** This is the last page. */
  readonly newest: boolean;
  /** The number of the turn that runs. */
  readonly running: number | undefined;
};

type Of<R extends TranscriptEntry['role']> = Extract<TranscriptEntry, { role: R }>;
const charsMax = 20_000;

const written = (text: string): Html | false => text !== '' && html`<pre dir="auto">${cut(text, charsMax)}</pre>`;
const folded = (title: Content, text: string): Html =>
  html`<details>
    <summary>${title}</summary>
    <pre dir="auto">${cut(text, charsMax)}</pre>
  </details>`;

/** Where the turns of a conversation are. */
export const turnPath = ({ tenant, conversation }: ActorAddress, turn: number | 'latest'): string =>
  `${conversationPath(tenant, conversation)}/turns/${turn}`;

const fileLine = ({ name, type, size }: Attachment, words: Words): Html =>
  html`<p class="facts">${name} · ${type} · ${words('bytes', { count: count(size) })}</p>`;

const userEntry = ({ text, attachments = [], from, at, id }: Of<'user'>, words: Words): Html =>
  html`<li class="user">
    <h2>${from?.name ?? from?.id ?? words('user')}</h2>
    <p class="facts">${time(at)} · ${id}</p>
    ${written(text)}${attachments.map((file) => fileLine(file, words))}${written(wordsHeard(attachments))}
  </li>`;

const assistantEntry = (
  { text, calls = [], model, usage, notice, at, turn }: Of<'assistant'>,
  address: ActorAddress,
  words: Words,
): Html => {
  const spent =
    usage &&
    html` · ${words('tokens.in', { count: count(usage.inputTokens) })},
    ${words('tokens.out', { count: count(usage.outputTokens) })}`;
  const asked = calls.map(({ call, name, args }) => folded(`${name} ${call}`, JSON.stringify(args, null, 2) ?? ''));
  return html`<li class="${notice ? 'notice' : 'assistant'}">
    <h2>${words(notice ? 'entry.notice' : 'entry.assistant')}</h2>
    <p class="facts">
      ${time(at)} ·
      <a href="${turnPath(address, turn)}">${words('transcript.turn', { turn })}</a
      >${model !== undefined && ` · ${model}`}${spent}
    </p>
    ${written(text)}${asked}
  </li>`;
};

const toolEntry = ({ name, call, ok, code, ms, text, at, attachments = [] }: Of<'tool'>, words: Words): Html =>
  html`<li class="tool">
    <h2>${name} <span class="${ok ? 'good' : 'bad'}">${words(ok ? 'entry.ok' : 'entry.failed')}</span></h2>
    <p class="facts">
      ${time(at)} · ${call}${ms !== undefined && ` · ${duration(ms)}`}${code !== undefined && ` · ${code}`}
    </p>
    ${folded(words('entry.result'), text)}${attachments.map((file) => fileLine(file, words))}
  </li>`;

const entryItem = (entry: TranscriptEntry, address: ActorAddress, words: Words): Html => {
  switch (entry.role) {
    case 'user':
      return userEntry(entry, words);
    case 'assistant':
      return assistantEntry(entry, address, words);
    case 'tool':
      return toolEntry(entry, words);
    default:
      return entry satisfies never;
  }
};

/** What was said and done in a conversation, as a timeline. */
export function transcriptPage({ visitor, address, entries, next, newest, running }: TranscriptView): Html {
  const words = wordsIn(visitor.language);
  const { tenant, conversation } = address;
  const path = conversationPath(tenant, conversation);
  const earlier = next !== undefined && html`<a href="${path}?before=${next}">${words('earlier')}</a> `;
  const later = !newest && html`<a href="${path}">${words('newest')}</a>`;
  const runs =
    running !== undefined &&
    html`<p><a href="${turnPath(address, running)}">${words('transcript.runs', { turn: running })}</a></p>`;
  const content = html`<p class="quiet">
      ${words('transcript.tenant', { tenant: html`<a href="/conversations?tenant=${encodeURIComponent(tenant)}">${tenant}</a>` })}
    </p>
    ${runs}
    <p>${earlier}${later}</p>
    ${
      entries.length > 0
        ? html`<ol class="timeline">
            ${entries.map((entry) => entryItem(entry, address, words))}
          </ol>`
        : html`<p class="quiet">${words('transcript.none')}</p>`
    }`;
  return layout({ title: conversation, section: '/conversations', visitor }, content);
}
