import { TenantId } from '@queueclaw/contracts';
import { z } from 'zod';
import { duration, size } from './units.js';

/** What a command, and the workspace of a conversation, may use. */
const SandboxConfig = z.strictObject({
  /** Of all processes of a command together. */
  memory: size('32MiB', '1TiB').default(512 * 1024 * 1024),
  processes: z.number().int().min(16).max(10_000).default(128),
  /** Processors that a command keeps busy. */
  cpu: z.number().min(0.05).max(1_024).default(1),
  workspace_size: size('4MiB', '1TiB').default(256 * 1024 * 1024),
  /** Files and folders. */
  workspace_files: z.number().int().min(100).max(10_000_000).default(20_000),
});

/** About which calls, and what becomes of them; what a rule does not name, it is about in every case. */
const PolicyRule = z
  .strictObject({
    /** A name, in which `*` stands for anything. */
    tool: z.string().min(1).max(64).default('*'),
    /** A command of `shell` with what follows it, e.g. `git push*`. */
    command: z.string().min(1).max(1_024).optional(),
    channel: z.string().min(1).max(32).optional(),
    tenant: TenantId.optional(),
    /** `always` is for a tool by its name: it is not asked about even after something that strangers wrote. */
    do: z.enum(['allow', 'ask', 'deny', 'always']),
  })
  .refine((rule) => rule.do !== 'always' || (rule.command === undefined && !rule.tool.includes('*')), {
    message: '`always` needs the name of one tool, and no command',
    path: ['do'],
  })
  .refine((rule) => rule.command === undefined || rule.tool === 'shell', {
    message: 'only `tool: shell` has commands',
    path: ['command'],
  });

const Approvals = z.strictObject({
  /** A call that nobody has decided on by then is refused. */
  timeout: duration('30s', '7d').default(600_000),
  /** Who may decide in a group: who wrote, or anyone who is heard there. */
  groups: z.enum(['asker', 'anyone']).default('asker'),
  /** Who may decide on everything, as `channel/id`. */
  approvers: z.array(z.string().min(3).max(300)).max(1_000).default([]),
});

/** What tools may do, and what people are asked about. */
export const Tools = z.strictObject({
  /** The first rule that fits a call counts. */
  policy: z.array(PolicyRule).max(500).default([]),
  approvals: Approvals.prefault({}),
  enable_dangerous: z.boolean().default(false),
  timeout: duration('1s', '30m').default(60_000),
  allowed_commands: z.array(z.string().min(1).max(256)).max(1_000).optional(),
  sandbox: SandboxConfig.prefault({}),
});
