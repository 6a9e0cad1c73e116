import { z } from 'zod';

/** Where a local Ollama listens. */
export const ollamaUrl = 'http://127.0.0.1:11434';
const probeMs = 300;
const modelsMax = 16;

const Tags = z.object({ models: z.array(z.object({ name: z.string().min(1).max(256) })) });
const Shown = z.object({ capabilities: z.array(z.string()).optional() });

/**
 * The first model of the local Ollama that can call tools; undefined when there is none or nothing answers within 300 ms.
 * Never throws. The Ollama API: `GET /api/tags`, `POST /api/show`.
 */
export async function findToolModel(
  fetch: typeof globalThis.fetch,
  url: string = ollamaUrl,
): Promise<string | undefined> {
  const signal = AbortSignal.timeout(probeMs);
  const ask = async (path: string, body?: unknown): Promise<unknown> => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, { ...init, signal, redirect: 'error' });
    if (response.ok) return response.json();
    await response.body?.cancel();
    return undefined;
  };
  try {
    const { models } = Tags.parse(await ask('/api/tags'));
    for (const { name } of models.slice(0, modelsMax)) {
      const shown = Shown.safeParse(await ask('/api/show', { model: name }));
      if (shown.success && shown.data.capabilities?.includes('tools') === true) return name;
    }
  } catch {
    // Nothing listens, it is slow, or it is no Ollama.
  }
  return undefined;
}
