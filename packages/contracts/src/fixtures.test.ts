import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as contracts from './index.js';

/*
 * What crosses a process, as it was written once: a newer process must be able to read what an older one has left in Redis, in
 * a client or in a file. A fixture is never changed; a new field or form gets a new one (`<schema>.<what>.json`), and its line in
 * the list of checksums.
 */
const folder = join(import.meta.dirname, '../fixtures/v1');

const schemas: Readonly<Record<string, z.ZodType>> = {
  attachment: contracts.Attachment,
  'client-frame': contracts.ClientFrame,
  'delivery-round': contracts.DeliveryRound,
  'error-body': contracts.ErrorBody,
  firing: contracts.Firing,
  journal: contracts.Journal,
  'live-event': contracts.LiveEvent,
  mail: contracts.Mail,
  memory: contracts.Memory,
  'message-request': contracts.MessageRequest,
  'message-status': contracts.MessageStatus,
  'pairing-request': contracts.PairingRequest,
  preferences: contracts.Preferences,
  reply: contracts.Reply,
  schedule: contracts.Schedule,
  'server-frame': contracts.ServerFrame,
  summary: contracts.Summary,
  task: contracts.Task,
  'task-result': contracts.TaskResult,
  'transcript-entry': contracts.TranscriptEntry,
  wake: contracts.Wake,
};

const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const textOf = (file: string): string => readFileSync(join(folder, file), 'utf8');
const schemaName = (file: string): string => file.split('.')[0] ?? '';

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The branch of a union that a value belongs to: the one whose constants it has. */
const branchesOf = (schema: Json): readonly Json[] =>
  ((schema['anyOf'] ?? schema['oneOf']) as Json[] | undefined) ?? [];
const belongs = (schema: Json, value: unknown): boolean =>
  Object.entries((schema['properties'] as Json | undefined) ?? {}).every(
    ([name, property]) =>
      !isObject(property) ||
      typeof property['const'] !== 'string' ||
      (isObject(value) && value[name] === property['const']),
  );
const label = (schema: Json): string =>
  Object.values((schema['properties'] as Json | undefined) ?? {})
    .flatMap((property) => (isObject(property) && typeof property['const'] === 'string' ? [property['const']] : []))
    .join(',');

/** Every field that a schema knows, as paths; a union's by their branch. */
function fields(schema: Json, path: string): string[] {
  const branches = branchesOf(schema);
  if (branches.length > 0) return branches.flatMap((branch) => fields(branch, `${path}<${label(branch)}>`));
  const items = schema['items'];
  if (isObject(items)) return fields(items, `${path}[]`);
  return Object.entries((schema['properties'] as Json | undefined) ?? {}).flatMap(([name, property]) => [
    `${path}.${name}`,
    ...(isObject(property) ? fields(property, `${path}.${name}`) : []),
  ]);
}

/** The fields that a value has, in the same words. */
function present(schema: Json, value: unknown, path: string): string[] {
  const branches = branchesOf(schema);
  if (branches.length > 0)
    return branches
      .filter((one) => belongs(one, value))
      .flatMap((one) => present(one, value, `${path}<${label(one)}>`));
  const items = schema['items'];
  if (isObject(items)) return Array.isArray(value) ? value.flatMap((one) => present(items, one, `${path}[]`)) : [];
  if (!isObject(value)) return [];
  return Object.entries((schema['properties'] as Json | undefined) ?? {}).flatMap(([name, property]) =>
    name in value
      ? [`${path}.${name}`, ...(isObject(property) ? present(property, value[name], `${path}.${name}`) : [])]
      : [],
  );
}

describe.each(Object.keys(schemas))('%s', (name) => {
  const schema = schemas[name] ?? z.never();
  const own = files.filter((file) => schemaName(file) === name);

  it.each(own)('reads %s and loses nothing of it', (file) => {
    const value: unknown = JSON.parse(textOf(file));
    expect(schema.parse(value)).toEqual(value);
  });

  it('has every field in a fixture', () => {
    const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' });
    const seen = new Set(own.flatMap((file) => present(shape, JSON.parse(textOf(file)), name)));
    expect(fields(shape, name).filter((field) => !seen.has(field))).toEqual([]);
  });
});

it('belongs to a schema, each of them', () => {
  expect(files.filter((file) => schemas[schemaName(file)] === undefined)).toEqual([]);
});

it('has never been changed', () => {
  const sums = files.map((file) => `${createHash('sha256').update(textOf(file)).digest('hex')}  ${file}`);
  const listed = textOf('SHA256SUMS').trim().split('\n');
  expect(
    sums.filter((line) => !listed.includes(line)),
    'new or changed: add new ones to SHA256SUMS',
  ).toEqual([]);
  expect(
    listed.filter((line) => !sums.includes(line)),
    'listed, but gone or changed',
  ).toEqual([]);
});
