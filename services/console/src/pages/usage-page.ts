import type { UsageCounts } from '@queueclaw/budgets';
import type { Visitor } from '../access/visitor.js';
import type { DayOfUsage } from '../usage.js';
import { wordsIn } from '../phrases/index.js';
import { type Content, type Html, html } from './html.js';
import { layout } from './layout.js';
import { count, money, some } from './written-values.js';

export type UsageView = {
  readonly visitor: Visitor;
  /** That the configuration names. */
  readonly tenants: readonly string[];
  readonly report: DayOfUsage;
};

const written = (day: string): string => `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
const path = (tenant: string, day?: string): string =>
  `/usage?tenant=${encodeURIComponent(tenant)}${day === undefined ? '' : `&day=${day}`}`;

const row = (name: Content, counts: UsageCounts, currency: string): Html =>
  html`<tr>
    <th scope="row">${name}</th>
    <td>${count(counts.requests)}</td>
    <td>${count(counts.inputTokens)}</td>
    <td>${count(counts.cachedTokens)}</td>
    <td>${count(counts.outputTokens)}</td>
    <td>${money(counts.costMicros, currency)}</td>
  </tr>`;

const head = (names: readonly Content[]): Html =>
  html`<thead>
    <tr>
      ${names.map((name) => html`<th scope="col">${name}</th>`)}
    </tr>
  </thead>`;

const columns = ['model', 'requests', 'in', 'cached', 'out', 'cost'] as const;

/** What a tenant used on one day: in all, by model, and who used most. */
export function usagePage({ visitor, tenants, report }: UsageView): Html {
  const words = wordsIn(visitor.language);
  const { tenant, day, total, models, people, currency, before, after } = report;
  const others = [...new Set([...tenants, tenant])].map(
    (name) => html`<a href="${path(name, day)}" ${name === tenant && html` aria-current="page"`}>${name}</a>`,
  );
  const byModel = Object.entries(models)
    .toSorted(([, a], [, b]) => b.costMicros - a.costMicros || b.inputTokens - a.inputTokens)
    .map(([name, counts]) => row(name, counts, currency));
  const byPerson = people.map(
    ({ person, tokens }) =>
      html`<tr>
        <th scope="row">${person}</th>
        <td>${count(tokens)}</td>
      </tr>`,
  );
  const content = html`<nav class="tabs" aria-label="${words('tenants')}">${others}</nav>
    <p>
      <a href="${path(tenant, before)}">${words('earlier')}</a> <b>${written(day)}</b>
      ${after !== undefined && html`<a href="${path(tenant, after)}">${words('later')}</a>`}
    </p>
    <p>${some(words, total.turns, 'turn')} · ${some(words, total.toolCalls, 'tool_call')}</p>
    <div class="scroll">
      <table>
        ${head(columns.map((name) => words(`usage.${name}`)))}
        <tbody>
          ${byModel}${row(words('usage.all'), total, currency)}
        </tbody>
      </table>
    </div>
    ${
      byPerson.length > 0 &&
      html`<h2>${words('usage.people')}</h2>
        <div class="scroll">
          <table>
            ${head([words('person'), words('usage.tokens')])}
            <tbody>
              ${byPerson}
            </tbody>
          </table>
        </div>`
    }
    <p class="quiet">${words('usage.days')}</p>`;
  return layout({ title: words('menu.usage'), section: '/usage', visitor }, content);
}
