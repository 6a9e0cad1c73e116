import { AccessConfig } from '@queueclaw/runtime';
import { describe, expect, it } from 'vitest';
import { admit, type Facts, type Verdict } from './admit.js';

type Setting = Parameters<typeof AccessConfig.parse>[0];
type Said = Partial<Facts> & { readonly paired?: boolean };

const verdict = (setting: Setting, { paired = false, ...said }: Said): Promise<Verdict> =>
  admit(AccessConfig.parse(setting), { person: '4711', ...said }, async () => paired);

const alone: Said = { place: { kind: 'direct', id: '4711' }, addressed: true };
const group: Said = { place: { kind: 'group', id: '-5', within: '77' }, addressed: true };
const aside: Said = { ...group, addressed: false };

describe('alone with the bot', () => {
  it('is heard who is allowed or approved; others may ask for it', async () => {
    expect(await verdict({}, alone)).toBe('code');
    expect(await verdict({ allow: [4711] }, alone)).toBe('hear');
    expect(await verdict({}, { ...alone, paired: true })).toBe('hear');
  });

  it('is heard only who is allowed, where that is set, whoever was approved before', async () => {
    expect(await verdict({ direct: 'allowlist' }, { ...alone, paired: true })).toBe('id');
    expect(await verdict({ direct: 'allowlist', allow: ['4711'] }, alone)).toBe('hear');
  });

  it('is heard everybody, or nobody, where that is set', async () => {
    expect(await verdict({ direct: 'open' }, alone)).toBe('hear');
    expect(await verdict({ direct: 'off', allow: ['4711'] }, { ...alone, paired: true })).toBe('ignore');
  });

  it('a telephone number is the same with and without a plus, and nothing else is', async () => {
    expect(await verdict({ allow: ['+16505551234'] }, { ...alone, person: '16505551234' })).toBe('hear');
    expect(await verdict({ allow: ['+ada'] }, { ...alone, person: 'ada' })).toBe('code');
    expect(await verdict({ allow: ['471'] }, alone)).toBe('code');
  });
});

describe('in a group', () => {
  it('is heard what speaks to the bot, or all of it, or nothing', async () => {
    const listed = { allow_groups: ['-5'] };
    expect(await verdict(listed, group)).toBe('hear');
    expect(await verdict(listed, aside)).toBe('ignore');
    expect(await verdict({ ...listed, groups: 'all' }, aside)).toBe('hear');
    expect(await verdict({ ...listed, groups: 'off' }, group)).toBe('ignore');
  });

  it('that is not listed is heard who may write to the bot alone; others are told whom to ask, if they speak to it', async () => {
    expect(await verdict({}, group)).toBe('group');
    expect(await verdict({ groups: 'all' }, aside)).toBe('ignore');
    expect(await verdict({ allow: ['4711'] }, group)).toBe('hear');
    expect(await verdict({}, { ...group, paired: true })).toBe('hear');
    expect(await verdict({ direct: 'open' }, group)).toBe('hear');
    expect(await verdict({ direct: 'off', allow: ['4711'] }, group)).toBe('hear');
    expect(await verdict({ direct: 'off' }, { ...group, paired: true })).toBe('group');
  });

  it('is listed by its own id, by the place around it, or with all others', async () => {
    for (const id of ['-5', '77', '*']) expect(await verdict({ allow_groups: [id] }, group)).toBe('hear');
    for (const id of ['-6', ''])
      expect(await verdict({ allow_groups: ['-6'], per_group: { [id || 'x']: {} } }, group)).toBe('group');
  });

  it('has settings of its own: what is heard, and of whom', async () => {
    expect(await verdict({ per_group: { '-5': {} } }, group)).toBe('hear');
    expect(await verdict({ per_group: { '-5': { hears: 'all' } } }, aside)).toBe('hear');
    expect(await verdict({ groups: 'all', per_group: { '77': { hears: 'off' } } }, group)).toBe('ignore');
    expect(await verdict({}, { ...group, place: { kind: 'group', id: 'constructor' } })).toBe('group');
    const few = { allow: ['4711'], per_group: { '-5': { allow: ['42'] } } };
    expect(await verdict(few, group)).toBe('ignore');
    expect(await verdict(few, { ...group, person: '42' })).toBe('hear');
  });
});

it('nobody is heard who does not say where', async () => {
  expect(await verdict({ direct: 'open', groups: 'all', allow_groups: ['*'] }, { addressed: true })).toBe('ignore');
});
