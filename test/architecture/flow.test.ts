import { expect, test } from 'vitest';
import { filesBelow, readText } from './source-files.js';

/** The `from-*.ts` and `to-*.ts` that a text names, as `<service>/<file>`: a service's name holds until the next one. */
function flowIn(text: string): string[] {
  const words = text.matchAll(/services\/([a-z-]+)|\b((?:from|to)-[a-z-]+\.ts)\b/g);
  let service = '';
  const found = new Set<string>();
  for (const [, named, file] of words) {
    if (named !== undefined) service = named;
    else if (file !== undefined) found.add(`${service}/${file}`);
  }
  return [...found].toSorted();
}

test('the picture of the flow in the README is what is there', () => {
  const section = /^## [^\n]*flow[^\n]*\n([\s\S]*?)(?=^## )/im.exec(readText('README.md') ?? '')?.[1] ?? '';
  const files = filesBelow(['services'], ['.ts'])
    .map(({ path }) => /^services\/([a-z-]+)\/src\/((?:from|to)-[a-z-]+\.ts)$/.exec(path))
    .filter((match) => match !== null)
    .map(([, service, file]) => `${service}/${file}`);
  expect(flowIn(section)).toEqual(files.toSorted());
});

test('reads a picture of the flow', () => {
  const picture = 'services/a   from-x.ts\n             to-y.ts\nservices/b-c  from-y.ts, to-z.ts';
  expect(flowIn(picture)).toEqual(['a/from-x.ts', 'a/to-y.ts', 'b-c/from-y.ts', 'b-c/to-z.ts']);
});
