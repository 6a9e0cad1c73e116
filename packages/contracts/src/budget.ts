import { escapePart } from './ids.js';
import { type PersonMail, streamChannels } from './mail.js';

/** What a budget counts. `money` in millionths of the configured currency. */
export const budgetUnits = ['tokens', 'money', 'tool_calls', 'turns'] as const;
export type BudgetUnit = (typeof budgetUnits)[number];

/** Whose budget. A person is one of one tenant: see `personOf`. */
export const budgetScopes = ['person', 'conversation', 'tenant'] as const;
export type BudgetScope = (typeof budgetScopes)[number];

/** A budget that is used up, as people are told of it. */
export type BudgetHit = {
  readonly scope: BudgetScope;
  readonly unit: BudgetUnit;
  /** The limit of the day, in the unit's own counting. */
  readonly limit: number;
  /** The label of money. */
  readonly currency: string;
  /** When the next day begins, milliseconds since the epoch. */
  readonly resetsAt: number;
};

/**
 * The name of a person inside a tenant by channel and the channel's own id of them, whatever the account: for finding what
 * belongs to them. Whoever comes by HTTP, WebSocket, terminal or the chat page with the same token is one person.
 */
export function personIn(channel: string, id: string): string {
  return [streamChannels.includes(channel) ? 'http' : channel, id].map(escapePart).join('.');
}

/**
 * The name of a person inside a tenant, for budgets and usage: `<channel>.[<account>.]<sender's id>`, each part encoded.
 * Whoever comes by HTTP, WebSocket, terminal or the chat page with the same token is one person. At most 3 KB.
 */
export function personOf(mail: Pick<PersonMail, 'from' | 'route'>): string {
  const { channel, account } = mail.route;
  const way = streamChannels.includes(channel) ? 'http' : channel;
  return [way, ...(account === undefined ? [] : [account]), mail.from.id].map(escapePart).join('.');
}
