/** What `setWebhook` said. */
export type Hook = { readonly url: string; readonly secret: string; readonly heard: readonly string[] };

const usualCalls = 40;

/** Calls a webhook with what waits, in order, each until it is taken; what was taken is gone. Returns the answers' statuses. */
export async function bringTo(
  webhook: () => Hook | undefined,
  waiting: unknown[],
  calls: number = usualCalls,
): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let hook = webhook(); hook !== undefined && statuses.length < calls; hook = webhook()) {
    if (waiting.length === 0) break;
    const { status } = await fetch(hook.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': hook.secret },
      body: JSON.stringify(waiting[0]),
    });
    statuses.push(status);
    if (status >= 200 && status < 300) waiting.shift();
  }
  return statuses;
}
