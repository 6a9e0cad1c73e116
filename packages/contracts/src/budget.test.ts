import { expect, it } from 'vitest';
import { personOf } from './budget.js';
import { budgetTag, keys } from './keys.js';

const from = { id: 'ada' };

it('is one person, whatever way of our own they come', () => {
  const names = ['http', 'websocket', 'terminal', 'web'].map((channel) => personOf({ from, route: { channel } }));
  expect(new Set(names)).toEqual(new Set(['http.ada']));
});

it('never takes two people for one', () => {
  const people = [
    personOf({ from: { id: 'ada' }, route: { channel: 'telegram' } }),
    personOf({ from: { id: 'ada' }, route: { channel: 'discord' } }),
    personOf({ from: { id: 'ada' }, route: { channel: 'telegram', account: 'a' } }),
    personOf({ from: { id: 'a.ada' }, route: { channel: 'telegram' } }),
    personOf({ from: { id: 'a~2eada' }, route: { channel: 'telegram' } }),
    personOf({ from: { id: '艾达' }, route: { channel: 'telegram' } }),
    personOf({ from: { id: '' }, route: { channel: 'telegram' } }),
  ];
  expect(new Set(people).size).toBe(people.length);
});

it('has a name that no key of another kind or tenant can have', () => {
  const tag = budgetTag({ namespace: 'qc', shards: 1 }, 'acme');
  const evil = personOf({ from: { id: ':budget:{x}\n' }, route: { channel: 'http' } });
  expect(keys.budget(tag, '20261123', 'person', evil)).toMatch(
    /^\{qc\.acme\}:budget:20261123:person:[A-Za-z0-9_.~-]+$/,
  );
});
