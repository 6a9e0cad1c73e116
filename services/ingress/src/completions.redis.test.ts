import type { ActorAddress } from '@queueclaw/contracts';
import type { Lease } from '@queueclaw/mailbox';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestIngress, type TestIngress } from './ingress-fixture.js';

let open: TestIngress;
beforeAll(async () => {
  open = await startTestIngress({ redisUrl: await sharedRedis(), namespace: uniqueNamespace() });
});
afterAll(() => open.stop());

const at = (conversation: string): ActorAddress => ({ tenant: 'default', conversation });
const delta = (lease: Lease, text: string, more: { readonly attempt?: number; readonly replace?: true } = {}) =>
  lease.appendLive([{ type: 'delta', turn: 1, step: 1, attempt: lease.epoch, text, ...more }]);

/** A stream of the official client's, and the agent's lease of its conversation. */
const streamed = async (
  conversation: string,
): Promise<{ readonly lease: Lease; readonly pieces: string[]; readonly ended: Promise<unknown> }> => {
  const client = new OpenAI({ baseURL: `${open.url}/v1`, apiKey: 'none', maxRetries: 0 });
  const headers = { 'x-queueclaw-conversation': conversation };
  const pieces: string[] = [];
  const read = async (): Promise<void> => {
    const messages = [{ role: 'user' as const, content: 'hi' }];
    const stream = await client.chat.completions.create({ model: 'queueclaw', messages, stream: true }, { headers });
    for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? '');
  };
  const ended = read().then(
    () => 'whole',
    (error: unknown) => error,
  );
  const lease = await eventually(() => open.claim(at(conversation)));
  return { lease, pieces, ended };
};

it('ends a stream in an error when another model begins the answer anew, for its text cannot be taken back', async () => {
  const { lease, pieces, ended } = await streamed('anew');
  await delta(lease, 'Half an ');
  await eventually(() => expect(pieces).toEqual(['Half an ']));
  await delta(lease, 'A whole ', { replace: true });
  const error = await ended;
  expect(error).toBeInstanceOf(OpenAI.APIError);
  expect(error).toMatchObject({ code: 'llm.interrupted', message: expect.stringContaining('cannot be taken back') });
  expect(pieces.join('')).toBe('Half an ');
  await open.finish(at('anew'), lease, 'A whole one.');
});

it('goes on with a stream when another agent says the same again', async () => {
  const { lease, pieces, ended } = await streamed('again');
  await delta(lease, 'Hello');
  await eventually(() => expect(pieces).toEqual(['Hello']));
  await delta(lease, 'Hel', { attempt: lease.epoch + 1 });
  await delta(lease, 'lo there', { attempt: lease.epoch + 1 });
  await open.finish(at('again'), lease, 'Hello there.');
  expect(await ended).toBe('whole');
  expect(pieces.join('')).toBe('Hello there.');
});
