import { expect, test } from 'vitest';
import { parseValidPart } from './parse-valid.js';

test('what is wrong is left out, everything else stays', () => {
  const part = parseValidPart({
    serevr: 1,
    server: { port: 'x', host: '0.0.0.0' },
    limits: { steps: 0, tries: 2 },
    agents: { default: { timezone: 'Nowhere', tools: 7 } },
  });
  expect(part?.config).toMatchObject({
    server: { port: 8080, host: '0.0.0.0' },
    limits: { steps: 20, tries: 2 },
    agents: { default: { timezone: 'Nowhere' } },
  });
});

test('items of lists keep the place where they are written', () => {
  const channels = [{ nam: 'a' }, { name: 'b' }, { name: 7 }, { name: 'c', agent: 'x' }];
  const part = parseValidPart({ channels });
  expect(part?.config.channels.map(({ name }) => name)).toEqual(['b', 'c']);
  expect(part?.written(['channels', 1, 'agent'])).toEqual(['channels', 3, 'agent']);
  expect(part?.written(['agents', 'default'])).toEqual(['agents', 'default']);
});

test.each([[[]], ['text'], [7]])('of %j nothing is left', (raw) => {
  expect(parseValidPart(raw)).toBeUndefined();
});
