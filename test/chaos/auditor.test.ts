import { expect, it } from 'vitest';
import { audit, type Evidence } from './auditor.js';

const clean: Evidence = {
  said: ['#http0-0', '#http0-1', '#telegram0-0'],
  heard: ['#http0-0', '#telegram0-0', '#http0-1'],
  told: [],
  mayRepeat: (conversation) => conversation.startsWith('telegram'),
  ledger: ['#http0-1'],
  ...{ askedAgain: [], left: [], leaks: [], faults: 1 },
};
const found = (change: Partial<Evidence>): string[] => audit({ ...clean, ...change }).map(({ invariant }) => invariant);

it('finds nothing where all invariants held', () => {
  expect(audit(clean)).toEqual([]);
});

it('sees what is lost, unless its person was told', () => {
  expect(found({ heard: ['#http0-0', '#telegram0-0'] })).toEqual(['I1']);
  expect(found({ heard: ['#http0-0', '#telegram0-0'], told: ['#http0-1'] })).toEqual([]);
});

it('sees an answer to what nobody said', () => {
  expect(found({ heard: [...clean.heard, '#http9-0'] })).toEqual(['I1']);
});

it('sees what is answered twice, and allows as many repeats as there were faults where no key is known', () => {
  expect(found({ heard: [...clean.heard, '#http0-1'] })).toEqual(['I2']);
  expect(found({ heard: [...clean.heard, '#telegram0-0'] })).toEqual([]);
  expect(found({ heard: [...clean.heard, '#telegram0-0', '#telegram0-0'] })).toEqual(['I2']);
});

it('sees what is out of order within a conversation, and only there', () => {
  expect(found({ heard: ['#http0-1', '#telegram0-0', '#http0-0'] })).toEqual(['I3']);
});

it('sees a tool that acted twice, an answer paid twice, a leak and what is left over', () => {
  expect(found({ ledger: ['#http0-1', '#http0-1'] })).toEqual(['I4']);
  expect(found({ askedAgain: ['#http0-1'] })).toEqual(['I9']);
  expect(found({ leaks: ['a canary in a log'] })).toEqual(['I5']);
  expect(found({ left: ['a lease'] })).toEqual(['I7']);
});
