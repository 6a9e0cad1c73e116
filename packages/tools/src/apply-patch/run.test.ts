import { expect, it } from 'vitest';
import type { ToolHands } from '../contract.js';
import { run } from './run.js';

const apply = async (
  before: Readonly<Record<string, string>>,
  patch: string,
): Promise<{ files: Record<string, string>; ok: boolean; text: string }> => {
  const files: Record<string, string> = { ...before };
  const hands: Pick<ToolHands, 'readFile' | 'writeFile' | 'exec'> = {
    readFile: async (path) => {
      const text = files[path];
      if (text === undefined) throw new Error('There is no such file.');
      const bytes = new TextEncoder().encode(text);
      return { bytes, size: bytes.length, truncated: false };
    },
    writeFile: async (path, text) => void (files[path] = text),
    exec: async (command) => {
      delete files[/^rm -- '(.*)'$/.exec(command)?.[1] ?? ''];
      return { reason: 'exit', exitCode: 0, output: new Uint8Array(), truncated: false, ms: 1 };
    },
  };
  const { ok, text } = await run({ patch }, hands as ToolHands, new AbortController().signal).catch((error: Error) => ({
    ok: false,
    text: error.message,
  }));
  return { files, ok, text };
};
const marked = (...lines: readonly string[]): string => ['*** Begin Patch', ...lines, '*** End Patch'].join('\n');
const a = 'one\ntwo\nthree\nfour\n';

it('changes, adds and deletes files by a marked patch', async () => {
  const patch = marked(
    ...['*** Update File: a', '@@', ' one', '-two', '+2', ' three', '@@ three', '-four', '+4', '+5'],
    ...['*** Add File: new/b', '+eins', '+', '+zwei', '*** Delete File: old'],
  );
  const { files, text } = await apply({ a, old: 'x' }, patch);
  expect(files).toEqual({ a: 'one\n2\nthree\n4\n5\n', 'new/b': 'eins\n\nzwei\n' });
  expect(text).toBe('changed a\nadded new/b\ndeleted old');
});

it('changes, adds and deletes files by a unified diff, with what git writes around it', async () => {
  const patch = `diff --git a/a b/a
index 1..2 100644
--- a/a
+++ b/a
@@ -1,2 +1,3 @@
+zero
 one
 two
@@ -3,2 +4,1 @@ somewhere
-three
 four
diff --git a/b b/b
new file mode 100644
--- /dev/null
+++ b/b
@@ -0,0 +1,1 @@
+only
--- a/old
+++ /dev/null
@@ -1 +0,0 @@
-x
`;
  const { files, ok } = await apply({ a, old: 'x\n' }, patch);
  expect(ok).toBe(true);
  expect(files).toEqual({ a: 'zero\none\ntwo\nfour\n', b: 'only\n' });
});

it('finds the place that a unified diff means although lines have moved, the nearest where there are several', async () => {
  const text = `x\nend\n${'y\n'.repeat(10)}x\nend\n`;
  const { files } = await apply({ a: text }, '--- a\n+++ a\n@@ -11,2 +11,2 @@\n-x\n+z\n end\n');
  expect(files['a']).toBe(`x\nend\n${'y\n'.repeat(10)}z\nend\n`);
});

it('keeps the line ends of a file, its last one too', async () => {
  expect((await apply({ a: 'one\r\ntwo\r\n' }, marked('*** Update File: a', '-two', '+2'))).files['a']).toBe(
    'one\r\n2\r\n',
  );
  expect((await apply({ a: 'one\ntwo' }, marked('*** Update File: a', '-two', '+2'))).files['a']).toBe('one\n2');
});

it('adds at the end, or after a named line', async () => {
  expect((await apply({ a }, marked('*** Update File: a', '+five'))).files['a']).toBe(`${a}five\n`);
  expect((await apply({ a }, marked('*** Update File: a', '@@ two', '+2.5'))).files['a']).toBe(
    'one\ntwo\n2.5\nthree\nfour\n',
  );
});

it.each([
  ['lines are not there', marked('*** Update File: a', '-nine', '+9'), 'these lines are not there:\nnine'],
  ['lines are there twice', marked('*** Update File: twice', '-x', '+y'), 'there 2 times'],
  ['a named line is not there', marked('*** Update File: a', '@@ nine', '+9'), 'no line "nine"'],
  ['a file is not there', marked('*** Update File: nope', '-x', '+y'), 'There is no file nope'],
  ['a new file is there', marked('*** Add File: a', '+x'), 'a is there already'],
  ['a deleted file is not there', marked('*** Delete File: nope'), 'There is no file nope'],
  ['a file stands in it twice', marked('*** Delete File: a', '*** Delete File: a'), 'twice'],
  ['nothing changes', marked('*** Update File: a', ' one'), 'Nothing of a is changed'],
  ['a line has no sign', marked('*** Update File: a', 'one'), 'begins with a space, + or -'],
  ['a file moves', marked('*** Update File: a', '*** Move to: b', '-one'), 'cannot be moved'],
  ['it is none', 'please change two to 2', 'no file in the patch'],
])('changes nothing when %s, also of what fits', async (_what, patch, problem) => {
  const good = '*** Update File: good\n-g\n+G';
  const before = { a, good: 'g\n', twice: 'x\nx\n' };
  const { files, ok, text } = await apply(before, patch.replace('*** End Patch', `${good}\n*** End Patch`));
  expect(ok).toBe(false);
  expect(text).toContain(problem);
  expect(files).toEqual(before);
});
