import type { ActorAddress, Attachment, TranscriptEntry } from '@queueclaw/contracts';
import type { Visitor } from '../access/visitor.js';
import { conversationPath } from './conversations-page.js';
import { type Html, html } from './html.js';
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

const words = (text: string): Html | false => text !== '' && html`<pre dir="auto">${cut(text, charsMax)}</pre>`;
const folded = (title: string, text: string): Html =>
  html`<details>
    <summary>${title}</summary>
    <pre dir="auto">${cut(text, charsMax)}</pre>
  </details>`;

/** Where the turns of a conversation are. */
export const turnPath = ({ tenant, conversation }: ActorAddress, turn: number | 'latest'): string =>
  `${conversationPath(tenant, conversation)}/turns/${turn}`;

const fileLine = ({ name, type, size }: Attachment): Html =>
  html`<p class="facts">${name} · ${type} · ${count(size)} bytes</p>`;

const userEntry = ({ text, attachments = [], from, at, id }: Of<'user'>): Html =>
  html`<li class="user">
    <h2>${from?.name ?? from?.id ?? 'user'}</h2>
    <p class="facts">${time(at)} · ${id}</p>
    ${words(text)}${attachments.map(fileLine)}
  </li>`;

const assistantEntry = (
  { text, calls = [], model, usage, notice, at, turn }: Of<'assistant'>,
  address: ActorAddress,
): Html => {
  const spent = usage && ` · ${count(usage.inputTokens)} tokens in, ${count(usage.outputTokens)} out`;
  const asked = calls.map(({ call, name, args }) => folded(`${name} ${call}`, JSON.stringify(args, null, 2) ?? ''));
  return html`<li class="${notice ? 'notice' : 'assistant'}">
    <h2>${notice ? 'notice' : 'assistant'}</h2>
    <p class="facts">
      ${time(at)} · <a href="${turnPath(address, turn)}">turn ${turn}</a>${model !== undefined && ` · ${model}`}${spent}
    </p>
    ${words(text)}${asked}
  </li>`;
};

const toolEntry = ({ name, call, ok, code, ms, text, at, attachments = [] }: Of<'tool'>): Html =>
  html`<li class="tool">
    <h2>${name} <span class="${ok ? 'good' : 'bad'}">${ok ? 'ok' : 'failed'}</span></h2>
    <p class="facts">
      ${time(at)} · ${call}${ms !== undefined && ` · ${duration(ms)}`}${code !== undefined && ` · ${code}`}
    </p>
    ${folded('result', text)}${attachments.map(fileLine)}
  </li>`;

const entryItem = (entry: TranscriptEntry, address: ActorAddress): Html => {
  switch (entry.role) {
    case 'user':
      return userEntry(entry);
    case 'assistant':
      return assistantEntry(entry, address);
    case 'tool':
      return toolEntry(entry);
    default:
      return entry satisfies never;
  }
};

/** What was said and done in a conversation, as a timeline. */
export function transcriptPage({ visitor, address, entries, next, newest, running }: TranscriptView): Html {
  const { tenant, conversation } = address;
  const path = conversationPath(tenant, conversation);
  const earlier = next !== undefined && html`<a href="${path}?before=${next}">Earlier</a> `;
  const later = !newest && html`<a href="${path}">Newest</a>`;
  const runs =
    running !== undefined &&
    html`<p><a href="${turnPath(address, running)}">Turn ${running} runs at the moment.</a></p>`;
  const content = html`<p class="quiet">
      Tenant <a href="/conversations?tenant=${encodeURIComponent(tenant)}">${tenant}</a>. Times are UTC.
    </p>
    ${runs}
    <p>${earlier}${later}</p>
    ${
      entries.length > 0
        ? html`<ol class="timeline">
            ${entries.map((entry) => entryItem(entry, address))}
          </ol>`
        : html`<p class="quiet">No turn has ended yet.</p>`
    }`;
  return layout({ title: conversation, section: '/conversations', visitor }, content);
}
