import { ErrorBody, type ErrorCode, errorTable } from '@queueclaw/contracts';
import { z } from 'zod';
import { type Content, type Operation, operations, type Parameter } from './operations.js';

type Json = Readonly<Record<string, unknown>>;

/** What every call under /api and /v1 may answer. */
const everywhere: readonly ErrorCode[] = [
  'auth.required',
  'auth.invalid',
  'auth.forbidden',
  'request.origin',
  'rate.limited',
  'system.unavailable',
  'system.internal',
];
/** What every call with a body may answer. */
const withBody: readonly ErrorCode[] = ['request.malformed', 'request.too_large', 'request.media_type'];

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): unknown => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

const content = (what: Content, io: 'input' | 'output'): Json =>
  typeof what === 'string'
    ? { [what]: { schema: { type: 'string' } } }
    : { 'application/json': { schema: jsonSchema(what, io) } };

const parameters = (place: 'path' | 'query' | 'header', all: Readonly<Record<string, Parameter>> = {}): Json[] =>
  Object.entries(all).map(([name, { schema, says }]) => ({
    ...{ name, in: place, required: place === 'path', description: says, schema: jsonSchema(schema, 'input') },
  }));

/** Errors by status; several of one status share an entry. */
function failures(codes: readonly ErrorCode[]): Json {
  const byStatus = Map.groupBy(codes, (code) => errorTable[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [
      status,
      {
        description: of.map((code) => `\`${code}\`: ${errorTable[code].says}`).join('\n\n'),
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    ]),
  );
}

function describe(operation: Operation): Json {
  const { method, path, group, summary, scope, params, query, headers, body, answers, errors = [] } = operation;
  const codes = [...errors, ...(body === undefined ? [] : withBody), ...(scope === undefined ? [] : everywhere)];
  const all = [...parameters('path', params), ...parameters('query', query), ...parameters('header', headers)];
  return {
    operationId: `${method} ${path}`.replaceAll(/[^a-zA-Z0-9]+/g, '_').replace(/_$/, ''),
    tags: [group],
    summary,
    ...(scope === undefined ? { security: [] } : { description: `Needs the scope \`${scope}\`.` }),
    ...(all.length === 0 ? {} : { parameters: all }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: content(body, 'input') } }),
    responses: {
      ...failures([...new Set(codes)]),
      ...Object.fromEntries(
        Object.entries(answers).map(([status, [description, what]]) => [
          status,
          { description, ...(what === undefined ? {} : { content: content(what, 'output') }) },
        ]),
      ),
    },
  };
}

/** The public API as an OpenAPI 3.1 document, made from the schemas that requests are checked with. */
export function openApiDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'QueueClaw',
      version: '1',
      description:
        'The public API of the ingress. Live text comes over the WebSocket at `/ws` (docs/websocket.md). Errors have the ' +
        'shape `{ error: { code, message, retry_after_ms? } }`; docs/errors.md lists all codes.',
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: [...new Set(operations.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of `server.tokens`; without tokens none is needed.',
        },
      },
      schemas: { Error: jsonSchema(ErrorBody, 'output') },
    },
  };
}
