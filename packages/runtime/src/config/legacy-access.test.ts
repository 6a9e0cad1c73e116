import { expect, test } from 'vitest';
import { moveAccess } from './legacy-access.js';

const moved = (config: unknown, access?: unknown): { channels: unknown; warnings: string[] } => {
  const channel = { name: 'telegram', config, ...(access === undefined ? {} : { access }) };
  const { value, warnings } = moveAccess({ channels: [channel] }, (path) => `file:${path.length}`);
  return { channels: (value as { channels: unknown }).channels, warnings };
};

test('who was allowed before still is, and as strictly, and the new place is named', () => {
  expect(moved({ token: 'x', allow: [4711, -5] })).toEqual({
    channels: [
      {
        name: 'telegram',
        config: { token: 'x' },
        access: { direct: 'allowlist', allow: [4711], allow_groups: [-5] },
      },
    ],
    warnings: ['file:4: config.allow of channels[0] belong to its access now: see docs/channels.md'],
  });
});

test.each([
  [{ direct: 'open' }, { direct: 'open', allow: [], allow_groups: ['*'] }],
  [
    { rooms: 'all', channels: ['C7'] },
    { direct: 'allowlist', allow: [], groups: 'all', allow_groups: ['C7'] },
  ],
  [{ groups: 'off' }, { direct: 'allowlist', allow: [], groups: 'off', allow_groups: ['*'] }],
  [
    { groups: ['cid1'], rooms: 'mention' },
    { direct: 'allowlist', allow: [], groups: 'mention', allow_groups: ['cid1'] },
  ],
])('%j becomes %j', (config, access) => {
  expect(moved(config).channels).toEqual([{ name: 'telegram', config: {}, access }]);
});

test('what is written at the new place counts', () => {
  expect(moved({ allow: ['1'] }, { direct: 'pairing', allow: ['2'] }).channels).toMatchObject([
    { access: { direct: 'pairing', allow: ['2'] } },
  ]);
});

test('everything else stays as it is', () => {
  const config = { rooms: ['a@rooms.example'], token: 'x' };
  expect(moved(config)).toEqual({ channels: [{ name: 'telegram', config }], warnings: [] });
  for (const raw of [undefined, [], { channels: 'x' }, { channels: [7, { name: 'x' }] }])
    expect(moveAccess(raw, () => undefined)).toEqual({ value: raw, warnings: [] });
});
