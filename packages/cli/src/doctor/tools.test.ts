import { expect, test } from 'vitest';
import { checkRunnerSandbox } from './tools.js';

const found = (ok: boolean, detail: string): ReturnType<typeof checkRunnerSandbox> =>
  checkRunnerSandbox({ sandbox: { ok, detail } });

test('says that the sandbox holds, holds with weaker limits, or refuses commands', () => {
  expect(found(true, 'containment ok, resources full')).toEqual({
    name: 'Sandbox',
    state: 'ok',
    detail: 'containment ok, resources full',
  });
  const limited = found(true, 'containment ok, resources limited; no control groups: none is delegated');
  expect(limited).toMatchObject({ state: 'warning', detail: expect.stringContaining('none is delegated') });
  expect(limited.hint).toContain('one at a time');
  expect(found(false, 'containment failed')).toMatchObject({ state: 'warning', detail: 'containment failed' });
  expect(checkRunnerSandbox(undefined)).toMatchObject({ state: 'failed' });
});
