/** Lines that stand together: those that are there and those that are to be there. */
export type Hunk = {
  readonly old: readonly string[];
  readonly fresh: readonly string[];
  /** A line after which it stands, where the patch names one. */
  readonly after?: string;
  /** The line's number from 0 at which it stood, where the patch says. */
  readonly at?: number;
};

/** What becomes of one file. */
export type Change =
  | { readonly do: 'add'; readonly path: string; readonly lines: readonly string[] }
  | { readonly do: 'update'; readonly path: string; readonly hunks: readonly Hunk[] }
  | { readonly do: 'delete'; readonly path: string };

/** A patch that cannot be read; the message is for the model. */
export class PatchError extends Error {}

const hunksMax = 1_000;
const unifiedHead = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+\d{1,9}(?:,\d{1,9})? @@/;

type Body = { readonly old: string[]; readonly fresh: string[] };

function addLine({ old, fresh }: Body, line: string): void {
  const text = line.slice(1);
  if (line === '' || line.startsWith(' ')) {
    old.push(text);
    fresh.push(text);
  } else if (line.startsWith('-')) old.push(text);
  else if (line.startsWith('+')) fresh.push(text);
  else if (!line.startsWith('\\'))
    throw new PatchError(`A line of a patch begins with a space, + or -: ${line.slice(0, 80)}`);
}

function hunksOf(lines: readonly string[], path: string): readonly Hunk[] {
  const hunks: { head: string | undefined; body: Body }[] = [];
  for (const line of lines) {
    if (line.startsWith('@@')) hunks.push({ head: line, body: { old: [], fresh: [] } });
    else if (line === '*** End of File') continue;
    else {
      if (hunks.length === 0) hunks.push({ head: undefined, body: { old: [], fresh: [] } });
      const last = hunks.at(-1);
      if (last) addLine(last.body, line);
    }
    if (hunks.length > hunksMax) throw new PatchError(`More than ${hunksMax} pieces of ${path} are changed.`);
  }
  const made = hunks.map(({ head = '@@', body: { old, fresh } }): Hunk => {
    const [whole, start, count] = unifiedHead.exec(head) ?? [];
    // Where nothing stood, the number is of the line before.
    if (whole !== undefined) return { old, fresh, at: Math.max(0, Number(start) - (count === '0' ? 0 : 1)) };
    const after = head.replace(/^@@ ?/, '').replace(/ ?@@$/, '');
    return after.trim() === '' ? { old, fresh } : { old, fresh, after };
  });
  const changing = made.filter(({ old, fresh }) => old.join('\n') !== fresh.join('\n') || old.length !== fresh.length);
  if (changing.length === 0) throw new PatchError(`Nothing of ${path} is changed.`);
  return changing;
}

const added = (lines: readonly string[], path: string): Change => {
  const wrong = lines.find((line) => !/^[+\\]|^$|^@@/.test(line));
  if (wrong !== undefined) throw new PatchError(`${path} is new: each of its lines begins with +.`);
  return { do: 'add', path, lines: lines.flatMap((line) => (line.startsWith('+') ? [line.slice(1)] : [])) };
};

/** Lines up to the next one that starts a file. */
function bodyFrom(lines: readonly string[], from: number, ends: (line: string, at: number) => boolean): number {
  let at = from;
  while (at < lines.length && !ends(lines[at] ?? '', at)) at += 1;
  return at;
}

function readMarked(lines: readonly string[]): readonly Change[] {
  const changes: Change[] = [];
  const begin = lines.findIndex((line) => line.trim() === '*** Begin Patch');
  let at = begin + 1;
  while (at < lines.length && lines[at]?.trim() !== '*** End Patch') {
    const line = lines[at] ?? '';
    const [, action, path = ''] = /^\*\*\* (Add|Update|Delete) File: (.+?)\s*$/.exec(line) ?? [];
    if (action === undefined) {
      if (line.trim() !== '') throw new PatchError(`This stands in no file: ${line.slice(0, 80)}`);
      at += 1;
      continue;
    }
    const end = bodyFrom(lines, at + 1, (one) =>
      /^\*\*\* (?:Add|Update|Delete) File: |^\*\*\* End Patch\s*$/.test(one),
    );
    const body = lines.slice(at + 1, end);
    if (body.some((one) => one.startsWith('*** Move to:')))
      throw new PatchError('Files cannot be moved: add and delete.');
    if (action === 'Delete') changes.push({ do: 'delete', path });
    else changes.push(action === 'Add' ? added(body, path) : { do: 'update', path, hunks: hunksOf(body, path) });
    at = end;
  }
  return changes;
}

const pathIn = (line: string): string => {
  const path = line.slice(4).split('\t')[0]?.trim() ?? '';
  return path === '/dev/null' ? '' : path.replace(/^[ab]\//, '');
};

function readUnified(lines: readonly string[]): readonly Change[] {
  const changes: Change[] = [];
  const starts = (line: string, at: number): boolean =>
    line.startsWith('--- ') && (lines[at + 1]?.startsWith('+++ ') ?? false);
  let at = bodyFrom(lines, 0, starts);
  while (at < lines.length) {
    const [from, to] = [pathIn(lines[at] ?? ''), pathIn(lines[at + 1] ?? '')];
    const end = bodyFrom(lines, at + 2, (line, here) => line.startsWith('diff ') || starts(line, here));
    const body = lines
      .slice(at + 2, end)
      .filter((line) => !/^(?:index |new file|deleted file|old mode|new mode)/.test(line));
    if (to === '') changes.push({ do: 'delete', path: from });
    else if (from === '') changes.push(added(body, to));
    else changes.push({ do: 'update', path: to, hunks: hunksOf(withoutEnd(body), to) });
    at = bodyFrom(lines, end, starts);
  }
  return changes;
}

/** What stands between two files, or after the last, is no line of a hunk. */
const withoutEnd = (body: readonly string[]): readonly string[] => {
  const last = body.findLastIndex((line) => line !== '');
  return body.slice(0, last + 1);
};

/**
 * Reads a patch in one of the two forms that models write.
 * @throws PatchError
 */
export function readPatch(patch: string): readonly Change[] {
  const lines = patch.replaceAll('\r\n', '\n').split('\n');
  const marked = lines.some((line) => line.trim() === '*** Begin Patch');
  const changes = marked ? readMarked(lines) : readUnified(lines);
  if (changes.length === 0) throw new PatchError('There is no file in the patch.');
  const paths = changes.map(({ path }) => path);
  const twice = paths.find((path, at) => paths.indexOf(path) !== at);
  if (twice !== undefined) throw new PatchError(`${twice} stands in the patch twice.`);
  return changes;
}
