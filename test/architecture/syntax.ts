import { parseSync, Visitor } from 'oxc-parser';
import type { SourceFile } from './source-files.js';

/** One import of a file: what it names and whether it is gone after compilation or waits until it is needed. */
export type Import = { from: string; kind: 'static' | 'type' | 'dynamic' };

/** What the checks look at in a file, taken from its syntax tree. Throws when the file does not parse. */
export type Facts = {
  imports: Import[];
  readsEnvironment: boolean;
  strings: string[];
};

/** Reads a file's imports (static, type-only, dynamic, `import('x').T`, re-exports), its strings and `process.env`. */
export function factsOf({ path, text }: SourceFile): Facts {
  const { program, errors } = parseSync(path, text);
  if (errors[0]) throw new Error(`${path} does not parse: ${errors[0].message}`);
  const facts: Facts = { imports: [], readsEnvironment: false, strings: [] };
  const add = (from: unknown, kind: Import['kind']): void => {
    if (typeof from === 'string') facts.imports.push({ from, kind });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source.value, node.importKind === 'type' ? 'type' : 'static'),
    ExportNamedDeclaration: (node) => add(node.source?.value, node.exportKind === 'type' ? 'type' : 'static'),
    ExportAllDeclaration: (node) => add(node.source.value, node.exportKind === 'type' ? 'type' : 'static'),
    ImportExpression: (node) => add(node.source.type === 'Literal' ? node.source.value : undefined, 'dynamic'),
    TSImportType: (node) => add(node.source.value, 'type'),
    CallExpression: (node) => {
      const [first] = node.arguments;
      const isRequire = node.callee.type === 'Identifier' && node.callee.name === 'require';
      if (isRequire && first?.type === 'Literal') add(first.value, 'static');
    },
    MemberExpression: (node) => {
      const { object, property } = node;
      if (object.type !== 'Identifier' || object.name !== 'process') return;
      if (property.type === 'Identifier' && property.name === 'env') facts.readsEnvironment = true;
    },
    Literal: (node) => {
      if (typeof node.value === 'string') facts.strings.push(node.value);
    },
  }).visit(program);
  return facts;
}
