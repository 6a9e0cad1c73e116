import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { violations } from './boundaries.js';
import { mayImport } from './rules.js';
import { root, sourceFiles } from './source-files.js';

test('imports point down only, and a vendor lives in its own folder', () => {
  const files = sourceFiles();
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap(violations)).toEqual([]);
});

test('every package has its place in the rules', () => {
  const folders = ['packages', 'services'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => `${group}/${name}`),
  );
  expect(Object.keys(mayImport).toSorted()).toEqual(folders.toSorted());
});

const planted: [name: string, path: string, text: string][] = [
  ['an import upwards', 'packages/turn/src/x.ts', "import { connectRedis } from '@queueclaw/runtime';"],
  ['a type import upwards', 'packages/turn/src/x.ts', "import type { Config } from '@queueclaw/runtime';"],
  ['an inline type import', 'packages/turn/src/x.ts', "export type C = import('@queueclaw/runtime').Config;"],
  ['a re-export', 'packages/turn/src/x.ts', "export * from '@queueclaw/mailbox';"],
  ['a dynamic import', 'services/agent/src/x.ts', "export const x = () => import('@queueclaw/ingress');"],
  ['a service in a service', 'services/agent/src/x.ts', "import { createIngress } from '@queueclaw/ingress';"],
  ['a sibling', 'packages/tools/src/x.ts', "import { run } from '@queueclaw/sandbox';"],
  ['a conversation in the runner', 'services/tool-runner/src/x.ts', "import '@queueclaw/conversations';"],
  ['a path into a package', 'services/agent/src/x.ts', "import { x } from '@queueclaw/turn/src/x.js';"],
  [
    'a package of which only a door is allowed',
    'packages/cli/src/x.ts',
    "import { createModels } from '@queueclaw/llm';",
  ],
  ['a path around a package', 'services/agent/src/x.ts', "import { x } from '../../../packages/turn/src/x.js';"],
  ['a queue outside queues', 'services/agent/src/x.ts', "import { Queue } from 'bullmq';"],
  ['a vendor outside its folder', 'packages/llm/src/router.ts', "import OpenAI from 'openai';"],
  ['a part of a vendor', 'packages/llm/src/router.ts', "import type { Message } from 'openai/resources';"],
  ['a process outside the sandbox', 'packages/tools/src/x.ts', "import { spawn } from 'node:child_process';"],
  ['a provider in a provider', 'packages/llm/src/openai/x.ts', "import { x } from '../anthropic/x.js';"],
  ['a channel in a channel', 'packages/channels/src/web/x.ts', "import { x } from '../terminal/x.js';"],
  ['tool code in a spec', 'packages/tools/src/shell/spec.ts', "import { run } from './run.js';"],
  ['a fixture in the product', 'services/ingress/src/x.ts', "import { y } from './y-fixture.js';"],
  ['test code in the product', 'packages/queues/src/x.ts', "import { eventually } from '@queueclaw/testing';"],
];

test.each(planted)('finds %s', (_name, path, text) => {
  expect(violations({ path, text })).toHaveLength(1);
});

test('allows what the layout allows', () => {
  const text = "import { x } from '@queueclaw/turn'; import { readFile } from 'node:fs/promises'; import './y.js';";
  expect(violations({ path: 'services/agent/src/x.ts', text })).toEqual([]);
  const door = "import { checkModels } from '@queueclaw/llm/names';";
  expect(violations({ path: 'packages/cli/src/x.ts', text: door })).toEqual([]);
});
