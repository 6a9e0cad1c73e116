import { type BudgetScope, budgetScopes, type BudgetUnit, budgetUnits } from '@queueclaw/contracts';
import type { Config } from '@queueclaw/runtime';

/** Money is counted in millionths. */
export const micros = 1_000_000;

/** What one tenant's people, conversations and the tenant itself may use up in a day. */
export type BudgetLimits = {
  /** IANA zone whose midnight begins a day; undefined: UTC. */
  readonly timezone: string | undefined;
  readonly currency: string;
  /** Absent: no limit. Money in millionths. */
  readonly of: Readonly<Record<BudgetScope, Readonly<Partial<Record<BudgetUnit, number | undefined>>>>>;
  /** Whether there is any limit at all. */
  readonly any: boolean;
};

const ownOf = (
  { budgets }: Config['limits'],
  tenant: string,
): Config['limits']['budgets']['tenants'][string] | undefined =>
  Object.hasOwn(budgets.tenants, tenant) ? budgets.tenants[tenant] : undefined;

/** The zone whose midnight begins a tenant's day; undefined: UTC. */
export function timezoneFor(limits: Config['limits'], tenant: string): string | undefined {
  return ownOf(limits, tenant)?.timezone ?? limits.budgets.timezone;
}

/** The limits of a tenant: its own where the configuration has some, else those for all. */
export function limitsFor(limits: Config['limits'], tenant: string): BudgetLimits {
  const own = ownOf(limits, tenant);
  const amounts = (scope: BudgetScope): Partial<Record<BudgetUnit, number | undefined>> => {
    const { money, ...rest } = own?.[scope] ?? limits.budgets[scope];
    return { ...rest, ...(money === undefined ? {} : { money: Math.floor(money * micros + 1e-6) }) };
  };
  const of = { person: amounts('person'), conversation: amounts('conversation'), tenant: amounts('tenant') };
  return {
    timezone: timezoneFor(limits, tenant),
    currency: limits.currency,
    of,
    any: budgetScopes.some((scope) => budgetUnits.some((unit) => of[scope][unit] !== undefined)),
  };
}
