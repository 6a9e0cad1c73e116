import type { Finding } from './checks.js';
import type { Config } from './schema.js';

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

/** What is wrong between the settings of budgets and others. */
export function checkBudgets({ limits, llm }: Config): Finding[] {
  const { tenants, ...all } = limits.budgets;
  const places = [
    { path: ['limits', 'budgets'], budgets: all },
    ...Object.entries(tenants).map(([name, budgets]) => ({ path: ['limits', 'budgets', 'tenants', name], budgets })),
  ];
  const priced = Object.keys(llm.prices).length > 0;
  return places.flatMap(({ path, budgets }): Finding[] => {
    const { timezone, ...scopes } = budgets;
    const money = Object.entries(scopes).filter(([, scope]) => scope?.money !== undefined);
    return [
      ...(timezone === undefined || isTimeZone(timezone)
        ? []
        : [{ path: [...path, 'timezone'], message: 'must be an IANA time zone like Europe/Berlin' }]),
      ...(priced
        ? []
        : money.map(([scope]) => ({
            path: [...path, scope, 'money'],
            message: 'nothing would be counted: llm.prices says what no model costs',
          }))),
    ];
  });
}
