import type { ModelEvent } from '@queueclaw/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { createModels } from './router.js';
import { type RawServer, startRawServer } from './testing/raw-server.js';
import { eventsOf, never, quick, requestOf, silent, textOf } from './testing/requests.js';
import { type Wire, wires } from './testing/wires.js';

let server: RawServer | undefined;
afterEach(() => server?.close());

const bytes = new Uint8Array([137, 80, 78, 71]);
const base64 = 'iVBORw==';

const ask = async (wire: Wire, vision: boolean): Promise<{ events: ModelEvent[]; body: unknown }> => {
  server = await startRawServer((response) => {
    response.writeHead(200, { 'content-type': wire.type }).end(wire.open + wire.text('A cat.') + wire.end);
  });
  const { name, ...config } = wire.config(server.url);
  const models = await createModels({
    config: { models: { [name]: { ...config, vision } }, fallbacks: [], timeouts: quick, prices: {} },
    agents: {},
    env: {},
    logger: silent,
    fetch: wire.redirect?.(server.url) ?? fetch,
  });
  const images = [{ mediaType: 'image/png', data: bytes, name: 'cat.png' }] as const;
  const request = requestOf([{ role: 'user', text: 'What is it?', images }]);
  const events = await eventsOf(models.get().stream(request, never));
  return { events, body: JSON.parse(server.requests[0]?.body ?? '') };
};

const url = `data:image/png;base64,${base64}`;
const shapes: Readonly<Record<string, unknown>> = {
  'openai (Chat Completions)': [
    { type: 'image_url', image_url: { url } },
    { type: 'text', text: 'What is it?' },
  ],
  'openai (Responses)': [
    { type: 'input_image', image_url: url, detail: 'auto' },
    { type: 'input_text', text: 'What is it?' },
  ],
  anthropic: [
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: base64 } },
    { type: 'text', text: 'What is it?', cache_control: { type: 'ephemeral' } },
  ],
};

const lastOf = (body: unknown): unknown => {
  const { messages, input } = body as { messages?: readonly unknown[]; input?: readonly unknown[] };
  return (messages ?? input)?.at(-1);
};

describe.each(wires)('$name', (wire) => {
  it("is sent pictures in its vendor's words", async () => {
    const { events, body } = await ask(wire, true);
    expect(textOf(events)).toBe('A cat.');
    const expected =
      wire.name === 'ollama'
        ? { role: 'user', content: 'What is it?', images: [base64] }
        : { role: 'user', content: shapes[wire.name] };
    expect(lastOf(body)).toEqual(expected);
  });

  it('is told in words when it cannot see', async () => {
    const { events, body } = await ask(wire, false);
    expect(events.at(-1)).toMatchObject({ type: 'done' });
    expect(JSON.stringify(body)).toContain('[picture: cat.png omitted, this model cannot see pictures]');
    expect(JSON.stringify(body)).not.toContain(base64);
  });
});
