import OpenAI from 'openai';

/*
 * The vendor's SDK alone, asked many times at once: what conversations are set against. Argument: base URL. Message:
 * { body, requests }, a request of Chat Completions that streams and how often to send it. Answers { ms, pieces }.
 */
type Order = { body: string; requests: number };

const [baseURL = ''] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });

async function ask(body: OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming): Promise<number> {
  let pieces = 0;
  for await (const chunk of await client.chat.completions.create(body))
    if (chunk.choices[0]?.delta.content) pieces += 1;
  return pieces;
}

async function run({ body, requests }: Order): Promise<{ ms: number; pieces: number }> {
  const params = JSON.parse(body) as OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming;
  const startedAt = performance.now();
  const counts = await Promise.all(Array.from({ length: requests }, () => ask(params)));
  return { ms: performance.now() - startedAt, pieces: counts.reduce((sum, count) => sum + count, 0) };
}

process.on('message', (order: Order) => void run(order).then((figures) => process.send?.(figures)));
process.send?.({ type: 'ready' });
