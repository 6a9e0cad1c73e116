import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import type { ModelConfig } from '@queueclaw/runtime';
import type { Script } from '../scripted/script.js';

/** A provider with something real behind it, and the words that make it do what the contract suite wants. */
export type Rig = {
  readonly title: string;
  readonly provider: string;
  start(): Promise<{ config: ModelConfig; fetch?: typeof fetch; stop(): Promise<void> }>;
  /** Answered with some words. */
  readonly say: string;
  /** Answered with calls of `shell` with `{ command: 'date' }`: one, two. */
  readonly call: string;
  readonly callTwice: string;
  /** Answered for longer than a test may take. */
  readonly slow: string;
};

const call = { name: 'shell', arguments: { command: 'date' } };

const startMock = async (): Promise<LLMock> => {
  const mock = new LLMock({ port: 0, chunkSize: 4 });
  mock.on({ userMessage: 'say something', hasToolResult: false }, { content: 'Some words of a model. 你好' });
  mock.on({ userMessage: 'call once', hasToolResult: false }, { toolCalls: [{ id: 'v-1', ...call }] });
  mock.on({ userMessage: 'call once', hasToolResult: true }, { content: 'The tool has answered.' });
  mock.on(
    { userMessage: 'call twice', hasToolResult: false },
    {
      toolCalls: [
        { id: 'v-1', ...call },
        { id: 'v-2', ...call },
      ],
    },
  );
  mock.on({ userMessage: 'call twice', hasToolResult: true }, { content: 'The tools have answered.' });
  mock.on({ userMessage: 'be slow' }, { content: 'A long story that never ends. '.repeat(100) }, { latency: 100 });
  await mock.start();
  return mock;
};

const words = { say: 'say something', call: 'call once', callTwice: 'call twice', slow: 'be slow' };
const key = 'sk-test-0123456789abcdef';

const mocked = (
  title: string,
  provider: string,
  connect: (url: string) => { config: ModelConfig; fetch?: typeof fetch },
): Rig => ({
  title,
  provider,
  ...words,
  async start() {
    const mock = await startMock();
    return { ...connect(mock.url), stop: () => mock.stop() };
  },
});

const script: Script = {
  rules: [
    { when: words.say, steps: [{ text: ['Some ', 'words.'] }] },
    {
      when: words.call,
      steps: [{ calls: [{ name: 'shell', args: { command: 'date' } }] }, { text: 'It says: {result}' }],
    },
    {
      when: words.callTwice,
      steps: [
        {
          calls: [
            { name: 'shell', args: { command: 'date' } },
            { name: 'shell', args: { command: 'date' } },
          ],
        },
        { text: 'They say: {result}' },
      ],
    },
    { when: words.slow, steps: [{ text: ['Wait', ' for it'], pace: 60_000 }] },
  ],
};

/** Every provider of the registry needs at least one; of the presets, which are all the same, one of them. */
export const rigs: readonly Rig[] = [
  mocked('openai (Chat Completions)', 'openai', (url) => ({
    config: { provider: 'openai', model: 'test-model', api_key: key, base_url: `${url}/v1` },
  })),
  mocked('openai (Responses)', 'openai', (url) => ({
    config: { provider: 'openai', model: 'test-model', api_key: key },
    fetch: (input, init) => fetch(`${url}${new URL(input instanceof Request ? input.url : input).pathname}`, init),
  })),
  mocked('deepseek (a preset of openai)', 'deepseek', (url) => ({
    config: { provider: 'deepseek', api_key: key },
    fetch: (input, init) => fetch(`${url}${new URL(input instanceof Request ? input.url : input).pathname}`, init),
  })),
  mocked('anthropic', 'anthropic', (url) => ({
    config: { provider: 'anthropic', model: 'test-model', api_key: key, base_url: url },
  })),
  mocked('ollama', 'ollama', (url) => ({ config: { provider: 'ollama', model: 'test-model', base_url: url } })),
  {
    title: 'demo',
    provider: 'demo',
    say: 'hello',
    call: 'run: date',
    callTwice: 'run: date\nrun: date',
    slow: 'slow 60',
    start: async () => ({ config: { provider: 'demo' }, stop: async () => undefined }),
  },
  {
    title: 'scripted',
    provider: 'scripted',
    ...words,
    async start() {
      const folder = await mkdtemp(join(tmpdir(), 'queueclaw-script-'));
      const file = join(folder, 'script.json');
      await writeFile(file, JSON.stringify(script));
      return { config: { provider: 'scripted', script: file }, stop: () => rm(folder, { recursive: true }) };
    },
  },
];
