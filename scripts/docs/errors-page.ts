type Table = Readonly<Record<string, { readonly status: number; readonly disposition: string; readonly says: string }>>;

const whoCanAct = (status: number): string => (status === 429 ? 'busy' : status < 500 ? 'theirs' : 'ours');

/** The page of all error codes, as Markdown, from the one table in contracts. */
export function errorsPage(table: Table): string {
  const rows = Object.entries(table).map(
    ([code, { status, disposition, says }]) =>
      `| \`${code}\` | ${status} | ${whoCanAct(status)} | ${disposition} | ${says} |`,
  );
  return [
    '# Errors',
    '',
    'Written by `pnpm run docs` from `packages/contracts/src/errors.ts`: change it there.',
    '',
    'Over HTTP an error is `{ "error": { "code", "message", "retry_after_ms"? } }`. *Whose* says who can do something',
    'about it; *job* is what a worker does with a job that ends so.',
    '',
    '| code | HTTP | whose | job | meaning |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
