import { TenantId } from '@queueclaw/contracts';
import { z } from 'zod';
import { AccessConfig } from './access.js';
import { MemoryConfig, SchedulesConfig } from './keeping.js';
import { Tools } from './tools.js';
import { duration, size } from './units.js';

const port = z.number().int().min(0).max(65_535);
const count = (most: number): z.ZodNumber => z.number().int().min(1).max(most);

const Token = z.strictObject({
  token: z.string().min(16),
  tenant: TenantId.default('default'),
  scopes: z.array(z.enum(['chat', 'read', 'operate'])).default(['chat', 'read']),
});

const Server = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: port.default(8080),
  read_timeout: duration('1s', '10m').default(30_000),
  write_timeout: duration('1s', '10m').default(150_000),
  shutdown_timeout: duration('1s', '10m').default(20_000),
  /** Origins besides the server's own that a browser may use. */
  allowed_origins: z.array(z.string()).default([]),
  tokens: z.array(Token).default([]),
  sockets_per_token: count(100_000).default(1_000),
});

const Console = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: port.default(3080),
  operators: z.array(z.strictObject({ token: z.string().min(16), name: z.string() })).default([]),
});

export const AgentConfig = z.strictObject({
  instructions: z.string().max(32_768).optional(),
  /** A name of `llm.models`; absent: `llm.default`. */
  model: z.string().optional(),
  /** Tool names; absent: all. */
  tools: z.array(z.string()).optional(),
  language: z.enum(['en', 'zh']).optional(),
  /** IANA zone. */
  timezone: z.string().optional(),
  queue_mode: z.enum(['collect', 'steer', 'followup', 'interrupt']).default('collect'),
});
export type AgentConfig = z.infer<typeof AgentConfig>;

export const ModelRate = z.strictObject({
  requests_per_minute: count(1_000_000).optional(),
  /** In and out together. */
  tokens_per_minute: count(1_000_000_000).optional(),
  /** Requests that run at the same time. */
  concurrent: count(100_000).optional(),
});
export type ModelRate = z.infer<typeof ModelRate>;

export const ModelConfig = z.strictObject({
  /** A name of the provider registry in packages/llm. */
  provider: z.string(),
  model: z.string().optional(),
  api_key: z.string().optional(),
  base_url: z.url().optional(),
  max_output_tokens: count(1_000_000).optional(),
  /** The model's window in tokens. */
  context_tokens: count(10_000_000).optional(),
  /** Whether it can be shown pictures; absent: what the provider's models usually can. */
  vision: z.boolean().optional(),
  /** For Chat Completions: what the server calls the bound of an answer. */
  max_tokens_field: z.enum(['max_tokens', 'max_completion_tokens']).optional(),
  /** What all agents together may ask of it. */
  rate: ModelRate.optional(),
  /** For `scripted`: the script's file. */
  script: z.string().optional(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;

export const LlmTimeouts = z.strictObject({
  /** Until the connection stands and the vendor has answered with headers. */
  connect: duration('100ms', '10m').default(30_000),
  /** Until the first event of the stream. */
  first_event: duration('100ms', '30m').default(60_000),
  /** Between two events. */
  idle: duration('100ms', '10m').default(30_000),
  /** For the whole answer. */
  total: duration('100ms', '1h').default(300_000),
});
export type LlmTimeouts = z.infer<typeof LlmTimeouts>;

const money = z.number().min(0).max(1_000_000);

/** Money per million tokens, in one currency for all models. */
export const ModelPrice = z.strictObject({
  input: money,
  output: money,
  /** For what the vendor read from its cache; absent: as `input`. */
  cached: money.optional(),
});
export type ModelPrice = z.infer<typeof ModelPrice>;

const Llm = z.strictObject({
  default: z.string().optional(),
  models: z.record(z.string(), ModelConfig).default({}),
  fallbacks: z.array(z.string()).default([]),
  timeouts: LlmTimeouts.prefault({}),
  /** Per model name, money per million tokens. */
  prices: z.record(z.string(), ModelPrice).default({}),
});

/** An endpoint `/audio/transcriptions` as OpenAI has it. */
export const TranscribeConfig = z.strictObject({
  /** Absent: OpenAI's. */
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  /** Absent: OPENAI_API_KEY, at OpenAI's own address only. */
  api_key: z.string().optional(),
  model: z.string().min(1).max(256).default('gpt-4o-mini-transcribe'),
  /** ISO 639-1, when everybody speaks the same. */
  language: z
    .string()
    .regex(/^[a-z]{2,3}$/, 'must be a language like en')
    .optional(),
  /** One voice note, as far as its file tells. */
  max_length: duration('1s', '4h').default(600_000),
  max_size: size('1KiB', '1GiB').default(20 * 1024 * 1024),
  /** For one voice note, tries included. */
  timeout: duration('1s', '10m').default(60_000),
});
export type TranscribeConfig = z.infer<typeof TranscribeConfig>;

const Speech = z.strictObject({
  /** What listens to voice notes; absent: nothing does, and who sends one is told so. */
  transcribe: TranscribeConfig.optional(),
});

export const ChannelConfig = z.strictObject({
  name: z.string(),
  enable: z.boolean().default(true),
  tenant: TenantId.default('default'),
  /** Tells several accounts of one channel apart; it is part of their conversations' ids. */
  account: z.string().min(1).max(64).optional(),
  agent: z.string().optional(),
  access: AccessConfig.prefault({}),
  /** `edits` (usual): where the platform can change a message, an answer grows in one while it is written. */
  stream: z.enum(['edits', 'off']).optional(),
  config: z.record(z.string(), z.unknown()).default({}),
});
export type ChannelConfig = z.infer<typeof ChannelConfig>;

/** What may be used up in one day; absent: no limit. */
const Budget = z.strictObject({
  /** In and out, of all models. */
  tokens: count(1_000_000_000_000).optional(),
  /** In `limits.currency`, by `llm.prices`. */
  money: z.number().min(0.000_001).max(1_000_000_000).optional(),
  tool_calls: count(1_000_000_000).optional(),
  turns: count(1_000_000_000).optional(),
});
export type BudgetConfig = z.infer<typeof Budget>;

const Budgets = z.strictObject({
  /** IANA zone whose midnight begins a day; absent: UTC. */
  timezone: z.string().optional(),
  person: Budget.prefault({}),
  conversation: Budget.prefault({}),
  tenant: Budget.prefault({}),
  /** Per tenant, instead of the above. */
  tenants: z
    .record(
      TenantId,
      z.strictObject({
        timezone: z.string().optional(),
        person: Budget.optional(),
        conversation: Budget.optional(),
        tenant: Budget.optional(),
      }),
    )
    .default({}),
});

const Limits = z.strictObject({
  /** Model answers in one turn. */
  steps: count(200).default(20),
  tool_calls: count(1_000).default(60),
  /** Tokens of one turn, in and out. */
  tokens: count(100_000_000).default(1_000_000),
  /** One turn, waits for tools included. */
  turn_time: duration('1s', '24h').default(900_000),
  /** Waiting messages of one conversation; more are answered 429. */
  mailbox: count(100_000).default(200),
  /** Claims of the same mail before it goes to the dead letters. */
  tries: count(100).default(5),
  /** How long a messaging app may be away before a reply to it goes to the dead letters. */
  delivery_time: duration('10s', '7d').default(3_600_000),
  /** Conversations that one agent process works on at once; nearly all of them wait for a model. */
  concurrency: count(10_000).default(1_000),
  /** Messages per minute and token (or loopback client). */
  requests_per_minute: count(10_000_000).default(6_000),
  /** Entries of the transcript that a turn reads. */
  history_entries: count(2_000).default(80),
  /** Entries of the transcript that are kept. */
  transcript_entries: count(1_000_000).default(20_000),
  /** Of prices and budgets; only a label. */
  currency: z.string().min(1).max(16).default('USD'),
  budgets: Budgets.prefault({}),
});

/** Where attachments are kept. */
export const BlobsConfig = z.strictObject({
  /** `file`: a folder, shared by all machines that run services; `s3`: a bucket of S3 or of a server that speaks like it. */
  provider: z.enum(['file', 's3']).default('file'),
  /** For `file`: the folder, the same for all services wherever they were started; absent: `blobs` in the home. */
  path: z.string().startsWith('/', 'must be an absolute path').optional(),
  bucket: z.string().min(1).max(255).optional(),
  /** Absent: what the machine has. */
  region: z.string().min(1).max(64).optional(),
  /** For servers that are not Amazon's. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  /** Absent: what the machine has (environment, profile, role). */
  access_key: z.string().optional(),
  secret_key: z.string().optional(),
  /** What `up` gives the tool-runner instead: a key that reads and adds, and need not remove. */
  runner_access_key: z.string().optional(),
  runner_secret_key: z.string().optional(),
  /** Put in front of every object's name. */
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/, 'must be names joined by /')
    .max(255)
    .optional(),
  /** One attachment. */
  max_size: size('1KiB', '1GiB').default(20 * 1024 * 1024),
  /** All attachments of a tenant. */
  tenant_quota: size('1KiB', '1024TiB').default(5 * 1024 ** 3),
});
export type BlobsConfig = z.infer<typeof BlobsConfig>;

const State = z.strictObject({
  redis: z.string().optional(),
  home: z.string().optional(),
  /** Without activity for this long, a conversation is forgotten. */
  retention: duration('1h', '3650d').default(90 * 86_400_000),
  shards: count(256).default(1),
  /** Prefix of every key, so that several deployments share one Redis. */
  namespace: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/)
    .default('qc'),
  maxmemory: size('16MiB', '1TiB').default(512 * 1024 * 1024),
  blobs: BlobsConfig.prefault({}),
});

const Telemetry = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: port.default(9464),
  log_level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** The configuration file, parsed: durations in milliseconds, sizes in bytes, defaults filled in. */
export const Config = z.strictObject({
  server: Server.prefault({}),
  console: Console.prefault({}),
  agents: z.record(z.string(), AgentConfig).default({}),
  llm: Llm.prefault({}),
  speech: Speech.prefault({}),
  channels: z.array(ChannelConfig).max(1_000).default([]),
  tools: Tools.prefault({}),
  schedules: SchedulesConfig.prefault({}),
  memory: MemoryConfig.prefault({}),
  limits: Limits.prefault({}),
  state: State.prefault({}),
  telemetry: Telemetry.prefault({}),
});
export type Config = z.infer<typeof Config>;
