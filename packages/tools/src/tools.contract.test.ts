import { expect, it } from 'vitest';
import { tools } from './registry.js';
import { checkArgs, loadTool, summarise, toolSpecs } from './specs.js';

it.each(tools.map((tool) => [tool.spec.name, tool] as const))('%s keeps the contract', async (name, tool) => {
  expect(name).toMatch(/^[a-z][a-z0-9_]{0,63}$/);
  expect(tool.spec.description.length).toBeLessThan(300);
  expect(tool.spec.parameters['type']).toBe('object');
  expect(tool.spec.timeoutMs).toBeLessThanOrEqual(600_000);
  expect(checkArgs(name, 'not an object').ok).toBe(false);
  expect(summarise(name, { path: 'x'.repeat(500), command: 'y'.repeat(500) }).length).toBeLessThanOrEqual(120);
  // What the agent runs may be run by two of them; no runner finds it.
  if (tool.spec.place === 'agent') expect(tool.spec.idempotent).toBe(true);
  expect(typeof (await loadTool(name))).toBe(tool.spec.place === 'agent' ? 'undefined' : 'function');
});

it('offers names once, and only those asked for', () => {
  expect(new Set(toolSpecs().map(({ name }) => name)).size).toBe(tools.length);
  expect(toolSpecs(['shell', 'nonsense']).map(({ name }) => name)).toEqual(['shell']);
});

it('costs the model little: all specs together are under 6 KB', () => {
  const seen = toolSpecs().map(({ name, description, parameters }) => ({ name, description, parameters }));
  expect(JSON.stringify(seen).length).toBeLessThan(6_144);
});

it('says in a sentence what is wrong with arguments, and that a tool does not exist', async () => {
  expect(checkArgs('shell', { command: '' })).toMatchObject({ ok: false, problem: expect.stringContaining('command') });
  expect(checkArgs('nope', {})).toMatchObject({ ok: false });
  expect(await loadTool('nope')).toBeUndefined();
});
