import { expect, it } from 'vitest';
import { fileLine } from './file-line.js';
import { createTranscriptView } from './transcript-view.js';

const id = `sha256-${'a'.repeat(64)}`;
const file = { id, name: 'my report.pdf', type: 'application/pdf', size: 7 };

it('says of a file where the server gives it', () => {
  expect(fileLine(file, new URL('http://127.0.0.1:8080'))).toBe(
    `[file: my report.pdf, application/pdf, 7 bytes: http://127.0.0.1:8080/api/attachments/${id}?name=my%20report.pdf]`,
  );
});

it('names the files of an answer behind it, and lets no name write to the terminal', () => {
  let out = '';
  const view = createTranscriptView((text) => void (out += text), false);
  const attachments = [file, { ...file, name: 'x\u001b[2Jy' }];
  const base = { type: 'reply', conversation: 'c', id: 'r1', turn: 1 } as const;
  view.reply({ ...base, answers: ['m1'], status: 'answered', text: 'Here.', attachments, cursor: '1-0' });
  expect(out).toMatch(/^Here\.\n\[file: my report\.pdf.*\]\n\[file: /);
  expect(out).not.toContain('\u001b');
});
