import { readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { errorTable } from '@queueclaw/contracts';
import { expect, test } from 'vitest';
import { errorsPage } from '../../scripts/docs/errors-page.js';
import { isForTests } from './boundaries.js';
import { filesBelow, readText, root, sourceFiles, type SourceFile } from './source-files.js';
import { factsOf } from './syntax.js';

test('docs/errors.md is what "pnpm run docs" writes', () => {
  expect(readText('docs/errors.md')).toBe(errorsPage(errorTable));
});

const pages = (): SourceFile[] => {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  return [...top.map((path) => ({ path, text: readText(path) ?? '' })), ...filesBelow(['docs'], ['.md'])];
};

/** Paths from the root in `code`, and relative links: those without placeholders, made by people, not by the build. */
function deadPaths({ path, text }: SourceFile): string[] {
  const coded = [...text.matchAll(/`((?:packages|services|test|docs|scripts|bench|deploy)\/[\w./-]+)`/g)];
  const linked = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)];
  const named = [
    ...coded.map(([, target]) => target ?? ''),
    ...linked.map(([, target]) => posix.join(posix.dirname(path), target ?? '')),
  ];
  return named.filter((target) => !exists(target) && !/(^|\/)(dist|node_modules|results)(\/|$)/.test(target));
}

function exists(path: string): boolean {
  try {
    readdirSync(join(root, posix.dirname(path)));
    return readdirSync(join(root, posix.dirname(path))).includes(posix.basename(path));
  } catch {
    return false;
  }
}

test('paths in the documentation are alive', () => {
  const found = pages();
  expect(found.length).toBeGreaterThan(2);
  expect(found.flatMap((page) => deadPaths(page).map((path) => `${page.path}: ${path}`))).toEqual([]);
});

test('finds a planted dead path', () => {
  const text = 'See `packages/contracts/src/index.ts`, `packages/nowhere/x.ts` and [this](docs/never.md).';
  expect(deadPaths({ path: 'README.md', text })).toEqual(['packages/nowhere/x.ts', 'docs/never.md']);
});

const settings = /^(QUEUECLAW_[A-Z_]+|OTEL_[A-Z_]+|[A-Z]+_API_KEY|REDIS_URL|PORT|CONSOLE_PORT|OLLAMA_HOST)$/;

test('.env.example lists exactly the variables that are read', () => {
  const product = sourceFiles().filter(({ path }) => !isForTests(path) && !path.startsWith('packages/testing/'));
  const read = new Set(product.flatMap((file) => factsOf(file).strings).filter((text) => settings.test(text)));
  const listed = [...(readText('.env.example') ?? '').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(
    ([, name]) => name ?? '',
  );
  expect(listed.toSorted()).toEqual([...read].toSorted());
});
