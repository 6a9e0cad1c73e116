import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { ConfigPath, ConfigProblem } from './problem.js';

/** A YAML text as plain values, with the line of every value. */
export type YamlSource = {
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** The line (from 1) of the key or item at the path, or of the nearest one above it that is written down. */
  lineOf(path: ConfigPath): number | undefined;
};

const aliasesAtMost = 100;

const keyText = (key: unknown): unknown => (isScalar(key) ? key.value : key);

const startOf = (node: unknown): number | undefined =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? (node.range[0] as number)
    : undefined;

const offsetOf = (document: Document, path: ConfigPath): number | undefined => {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => String(keyText(item.key)) === String(part));
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
};

/**
 * Parses YAML 1.2 (the core schema; a key may stand once; at most 100 aliases). Never throws: what is wrong is in `problems`.
 * @param name how the text is called in problems, e.g. `queueclaw.yaml`
 */
export function parseYaml(text: string, name: string): YamlSource {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, prettyErrors: false, merge: false });
  const at = (offset: number): number => counter.linePos(offset).line;
  const problems: ConfigProblem[] = document.errors.map((error) => ({
    where: `${name}:${at(error.pos[0])}`,
    path: '',
    message: `not valid YAML: ${error.message}`,
  }));
  let value: unknown;
  if (problems.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: aliasesAtMost });
    } catch {
      problems.push({ where: name, path: '', message: `not valid YAML: more than ${aliasesAtMost} aliases` });
    }
  }
  const lineOf = (path: ConfigPath): number | undefined => {
    const offset = offsetOf(document, path);
    return offset === undefined ? undefined : at(offset);
  };
  return { value, problems, lineOf };
}
