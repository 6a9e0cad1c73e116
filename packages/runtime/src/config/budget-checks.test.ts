import { describe, expect, it } from 'vitest';
import { checkConfig } from './checks.js';
import { Config } from './schema.js';

const findings = (limits: unknown, llm: unknown = {}): readonly unknown[] =>
  checkConfig(Config.parse({ limits, llm })).map(({ path }) => path.join('.'));

describe('the configuration of budgets', () => {
  it('sets no limit when it says nothing', () => {
    expect(Config.parse({}).limits.budgets).toEqual({ person: {}, conversation: {}, tenant: {}, tenants: {} });
  });

  it('refuses money that nothing would be counted of', () => {
    const budgets = { person: { money: 2 }, tenants: { acme: { tenant: { money: 100 } } } };
    const paths = ['limits.budgets.person.money', 'limits.budgets.tenants.acme.tenant.money'];
    expect(findings({ budgets })).toEqual(paths);
    expect(findings({ budgets }, { prices: { claude: { input: 3, output: 15 } } })).toEqual([]);
  });

  it('refuses a time zone that does not exist', () => {
    const budgets = { timezone: 'Asia/Shanghai', tenants: { acme: { timezone: 'Mars/Olympus' } } };
    expect(findings({ budgets })).toEqual(['limits.budgets.tenants.acme.timezone']);
  });

  it.each([
    { person: { tokens: 0 } },
    { person: { tokens: 1.5 } },
    { person: { money: -1 } },
    { person: { tokens: 1e13 } },
    { person: { letters: 3 } },
    { tenants: { 'not a tenant': {} } },
  ])('refuses %j', (budgets) => {
    expect(Config.safeParse({ limits: { budgets } }).success).toBe(false);
  });
});
