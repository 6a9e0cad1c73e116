import { expect, it } from 'vitest';
import { linkedFiles } from './linked-files.js';

const id = `sha256-${'a'.repeat(64)}`;

it('files of an answer are links that a name cannot break out of', () => {
  expect(linkedFiles([{ id, name: 'a](https://x) <b>.pdf', type: 'application/pdf', size: 7 }])).toBe(
    `\n\n[a\\](https://x) \\<b\\>.pdf](/api/attachments/${id}?name=a%5D%28https%3A%2F%2Fx%29%20%3Cb%3E.pdf)`,
  );
});

it('an answer without files stays as it is', () => {
  expect([linkedFiles(), linkedFiles([])]).toEqual(['', '']);
});
