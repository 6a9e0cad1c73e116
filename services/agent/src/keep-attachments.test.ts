import type { Attachment } from '@queueclaw/contracts';
import { expect, it } from 'vitest';
import { attachmentKeeper } from './keep-attachments.js';

const file = (id: string): Attachment => ({ id, name: 'a', type: 'text/plain', size: 1 });

it('renews each once, each tenant’s for itself, and again after a failure', async () => {
  const touched: string[] = [];
  let broken = false;
  const keep = attachmentKeeper({
    touch: async (tenant, id) => {
      if (broken) throw new Error('away');
      touched.push(`${tenant}/${id}`);
      return true;
    },
  });
  await keep('acme', [file('a'), file('b'), file('a')]);
  await keep('acme', [file('a')]);
  await keep('other', [file('a')]);
  broken = true;
  await keep('acme', [file('c')]);
  broken = false;
  await keep('acme', [file('c')]);
  expect(touched).toEqual(['acme/a', 'acme/b', 'other/a', 'acme/c']);
});
