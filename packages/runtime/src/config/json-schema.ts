import { z } from 'zod';
import { isPlainObject, type PlainObject } from './paths.js';
import type { ConfigPath } from './problem.js';
import { Config } from './schema.js';

const environmentMark = { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}' };

const allowMarks = (schema: PlainObject): void => {
  const type = schema['type'];
  const plain = type === 'number' || type === 'integer' || type === 'boolean' || Array.isArray(schema['enum']);
  if (!plain) return;
  const { default: fallback, description, ...rest } = schema;
  for (const key of Object.keys(rest)) delete schema[key];
  schema['anyOf'] = [rest, { ...environmentMark }];
};

const build = (marks: boolean): PlainObject =>
  z.toJSONSchema(Config, {
    io: 'input',
    unrepresentable: 'any',
    ...(marks ? { override: ({ jsonSchema }): void => allowMarks(jsonSchema as PlainObject) } : {}),
  }) as PlainObject;

/** The configuration file's JSON Schema (draft 2020-12) for editors: `${ENV}` is allowed where a value is expected. */
export function configJsonSchema(): Record<string, unknown> {
  return { ...build(true), title: 'queueclaw.yaml', description: 'Configuration of QueueClaw' };
}

/** The keys that may stand at a path; empty where any may. */
export function knownKeys(path: ConfigPath): string[] {
  let schema: unknown = build(false);
  for (const part of path) {
    if (!isPlainObject(schema)) return [];
    const properties = schema['properties'];
    if (typeof part === 'number') schema = schema['items'];
    else if (isPlainObject(properties) && part in properties) schema = properties[part];
    else schema = schema['additionalProperties'];
  }
  const properties = isPlainObject(schema) ? schema['properties'] : undefined;
  return isPlainObject(properties) ? Object.keys(properties) : [];
}
