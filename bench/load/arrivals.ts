/*
 * Messages that arrive whether or not others were answered, each in a conversation of its own. Message: { port, perSecond, ms,
 * name } answers { said }; { port, check: names } looks at every conversation and answers { answered, twice }.
 */
type Order = { port: number; perSecond: number; ms: number; name: string } | { port: number; check: readonly string[] };
type Page = { entries: readonly { role: string }[] };

const post = async (port: number, conversation: string): Promise<string> => {
  const answer = await fetch(`http://127.0.0.1:${port}/api/message`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ conversation, id: conversation, text: 'hello' }),
  });
  if (answer.status !== 202) throw new Error(`${conversation}: ${answer.status}`);
  await answer.body?.cancel();
  return conversation;
};

async function arrive(order: Extract<Order, { name: string }>): Promise<{ said: string[] }> {
  const said: Promise<string>[] = [];
  const startedAt = performance.now();
  for (let elapsed = 0; elapsed < order.ms; elapsed = performance.now() - startedAt) {
    const due = Math.min(elapsed, order.ms) * (order.perSecond / 1_000);
    while (said.length < due) said.push(post(order.port, `${order.name}-${said.length}`));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { said: await Promise.all(said) };
}

async function check(port: number, names: readonly string[]): Promise<{ answered: number; twice: number }> {
  let answered = 0;
  let twice = 0;
  for (const name of names) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/conversations/${name}`);
    const { entries } = (await answer.json()) as Page;
    const replies = entries.filter(({ role }) => role === 'assistant').length;
    if (replies >= 1) answered += 1;
    if (replies > 1) twice += 1;
  }
  return { answered, twice };
}

process.on(
  'message',
  (order: Order) =>
    void ('check' in order ? check(order.port, order.check) : arrive(order)).then((figures) => process.send?.(figures)),
);
process.send?.({ type: 'ready' });
