import { Reply } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import type { Capabilities } from './contract.js';
import { pressed } from './pressed.js';
import { renderReply } from './render-reply.js';
import { splitText } from './split-text.js';
import { streamCapabilities } from './stream-capabilities.js';

const buttons = { most: 3, labelMax: 10, textBytesMax: 32, messageMax: 100 };
const choices = [
  { label: 'fast', text: '/model fast' },
  { label: 'clever', text: '/model clever' },
];

const rendered = (reply: Partial<Reply>, can: Partial<Capabilities> = { buttons }) =>
  renderReply(
    { capabilities: { ...streamCapabilities, ...can } },
    { render: ({ text }) => splitText(text, 100, 'characters').map((part) => ({ text: part })) },
    Reply.parse({
      ...{ v: 1, id: 'r1', turn: 1, text: 'Which?', answers: ['m1'], status: 'answered', at: 0 },
      ...{ route: { channel: 'pigeon' }, choices, ...reply },
    }),
  );

describe('choices', () => {
  it('are buttons of the last message', () => {
    const messages = rendered({ text: 'word '.repeat(30) });
    expect(messages.map((one) => one.buttons)).toEqual([...messages.slice(1).map(() => undefined), choices]);
    expect(messages.length).toBeGreaterThan(1);
  });

  it.each([
    ['the platform has none', {}, { buttons: false }],
    ['there are more than it takes', { choices: [...choices, ...choices] }, undefined],
    ['what stands on one is too long', { choices: [{ label: 'a very long one', text: '/model x' }] }, undefined],
    ['what comes back is too long', { choices: [{ label: 'x', text: `/model ${'模'.repeat(10)}` }] }, undefined],
    ['the message is too long for them', {}, { buttons: { ...buttons, messageMax: 5 } }],
  ] as const)('are lines when %s', (_why, reply, can) => {
    const messages = rendered({ ...reply, choices: [...('choices' in reply ? reply.choices : choices)] }, can);
    expect(messages.some((one) => 'buttons' in one)).toBe(false);
    expect(messages.map(({ text }) => text).join('\n')).toMatch(/^Which\?\n\n1\. \/model /);
  });
});

it('takes only commands from what platforms bring back', () => {
  expect(pressed('/queue steer')).toBe('/queue steer');
  for (const other of [undefined, 7, '', 'delete everything', '/unknown', `/model ${'x'.repeat(200)}`, '/model \ud800'])
    expect(pressed(other), String(other)).toBeUndefined();
});
