const base = ['contracts', 'runtime'];
const flow = [...base, 'queues', 'mailbox', 'conversations'];

/** Which packages (or only which of their doors) each one may import: the arrows of the layout, which point down only. */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  'packages/contracts': [],
  'packages/runtime': ['contracts'],
  'packages/queues': base,
  'packages/mailbox': [...base, 'queues'],
  'packages/conversations': [...base, 'queues', 'mailbox'],
  'packages/budgets': flow.slice(0, 4),
  'packages/turn': ['contracts'],
  'packages/llm': base,
  'packages/tools': ['contracts'],
  'packages/sandbox': base,
  'packages/blobs': base,
  'packages/channels': base,
  // Names alone: what can be said about models, tools and channels before any of them is loaded.
  'packages/cli': [...base, 'llm/names', 'tools/names', 'channels/names'],
  'packages/testing': base,
  'services/ingress': [...flow, 'blobs', 'channels'],
  'services/agent': [...flow, 'blobs', 'budgets', 'turn', 'llm', 'tools'],
  'services/tool-runner': [...base, 'blobs', 'queues', 'tools', 'sandbox'],
  'services/console': [...flow, 'budgets'],
  'services/all-in-one': [...base, 'ingress', 'agent', 'console'],
};

/** What only some folders may import, because it is that folder's reason to exist. */
export const onlyIn: Readonly<Record<string, readonly string[]>> = {
  bullmq: ['packages/queues/'],
  '@bull-board/api': ['services/console/'],
  '@bull-board/fastify': ['services/console/'],
  '@bull-board/ui': ['services/console/'],
  openai: ['packages/llm/src/openai/'],
  '@anthropic-ai/sdk': ['packages/llm/src/anthropic/'],
  '@aws-sdk/client-s3': ['packages/blobs/src/s3/'],
  ollama: ['packages/llm/src/ollama/'],
  'cron-parser': ['packages/conversations/src/schedules/'],
  execa: ['packages/sandbox/', 'packages/cli/', 'packages/testing/'],
  'node:child_process': ['packages/sandbox/', 'packages/cli/', 'packages/testing/'],
  commander: ['packages/cli/'],
  '@clack/prompts': ['packages/cli/'],
  fastify: ['packages/channels/', 'services/ingress/', 'services/console/'],
  '@discordjs/rest': ['packages/channels/src/discord/'],
  '@discordjs/ws': ['packages/channels/src/discord/'],
  'dingtalk-stream': ['packages/channels/src/dingtalk/'],
  '@larksuiteoapi/node-sdk': ['packages/channels/src/feishu/'],
  '@slack/web-api': ['packages/channels/src/slack/'],
  '@wecom/aibot-node-sdk': ['packages/channels/src/wecom-bot/', 'packages/channels/src/wechat-call'],
  'fast-xml-parser': ['packages/channels/src/wechat-xml'],
  grammy: ['packages/channels/src/telegram/'],
  marked: ['packages/channels/src/web/', 'packages/channels/src/markup'],
  dompurify: ['packages/channels/src/web/'],
  testcontainers: ['packages/testing/'],
};

/** Folders whose sub-folders are strangers to each other: a channel never imports a channel, nor a provider a provider. */
export const strangers: readonly string[] = [
  'packages/blobs/src/',
  'packages/channels/src/',
  'packages/llm/src/',
  'packages/tools/src/',
];
