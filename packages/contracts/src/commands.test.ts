import { expect, it } from 'vitest';
import { commandIn, commandMenu, menuArgument } from './commands.js';

it('fits the menus of all platforms, in every language', () => {
  for (const { name, description } of [...commandMenu, { name: 'value', description: menuArgument }]) {
    expect(name).toMatch(/^[a-z]{1,32}$/);
    for (const text of Object.values(description)) {
      expect(text.length, text).toBeGreaterThanOrEqual(3);
      expect(text.length, text).toBeLessThanOrEqual(100);
    }
  }
});

it('knows a command by its first word, and nothing else', () => {
  expect(commandIn(' /Model@claw_bot  Fast one\n')).toEqual({ name: 'model', argument: 'Fast one' });
  for (const text of ['/modelling', '/model/fast', 'say /model', '/tmp is full', ''])
    expect(commandIn(text)).toBeUndefined();
});
