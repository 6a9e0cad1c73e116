import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { marksIn } from './marks.js';

/** What a vendor may do instead of answering. */
export type ModelFault = 'limited' | 'overloaded' | 'broken' | 'hangs' | 'cut' | 'cut in a call' | 'nonsense';

/** A vendor's server of the OpenAI protocol that answers every mark, and calls a tool where the message says `act`. */
export type ModelServer = {
  readonly url: string;
  /** Whole answers by mark: how often the call of its tool was given, and how often the last words. */
  readonly answered: ReadonlyMap<
    string,
    { readonly calls: number; readonly ends: number; readonly callsAfterEnd: number }
  >;
  /** Decides for each request; undefined: it is answered. */
  trouble(fault: (() => ModelFault | undefined) | undefined): void;
  close(): Promise<void>;
};

type Message = { readonly role: string; readonly content?: unknown };

const textOf = (content: unknown): string => (typeof content === 'string' ? content : JSON.stringify(content ?? ''));
const chunk = (delta: unknown, finish: string | null = null): string =>
  `data: ${JSON.stringify({ model: 'm-1', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const end = 'data: {"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":10}}\n\ndata: [DONE]\n\n';
const call = (mark: string): string =>
  chunk({
    tool_calls: [
      {
        ...{ index: 0, id: `call_${mark.slice(1)}` },
        function: { name: 'shell', arguments: JSON.stringify({ command: `echo '${mark}' >> ledger; sleep 0.05` }) },
      },
    ],
  });

/** Starts one on a free port of loopback. */
export async function startModelServer(): Promise<ModelServer> {
  const answered = new Map<string, { calls: number; ends: number; callsAfterEnd: number }>();
  let fault: (() => ModelFault | undefined) | undefined;

  const spoil = (kind: ModelFault, response: ServerResponse): void => {
    const json = (status: number, headers: Record<string, string> = {}): void =>
      void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{"error":{}}');
    if (kind === 'limited') return json(429, { 'retry-after': '1' });
    if (kind === 'overloaded') return json(529);
    if (kind === 'broken') return json(500);
    if (kind === 'hangs') return;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (kind === 'nonsense') return void response.end('data: {"this is": not JSON\n\n');
    const part = kind === 'cut' ? chunk({ content: 'half of an ans' }) : call('#half0-0').replace('ledger', 'led');
    response.write(part, () => response.destroy());
  };
  const say = (response: ServerResponse, what: string, finish: string): void =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${what}${chunk({}, finish)}${end}`);
  const answer = (messages: readonly Message[], response: ServerResponse): void => {
    const last = messages.findLast(({ role }) => role === 'user');
    const text = textOf(last?.content);
    const marks = marksIn(text);
    // Who shows several wants to hear what was said, in short.
    if (marks.length > 1) return say(response, chunk({ content: 'They wrote marks.' }), 'stop');
    const mark = marks[0] ?? '';
    const seen = answered.get(mark) ?? { calls: 0, ends: 0, callsAfterEnd: 0 };
    answered.set(mark, seen);
    const acts = text.includes('act') && messages.at(-1)?.role !== 'tool';
    if (acts) {
      seen.calls += 1;
      if (seen.ends > 0) seen.callsAfterEnd += 1;
    } else seen.ends += 1;
    say(response, acts ? call(mark) : chunk({ content: `answer to ${mark}` }), acts ? 'tool_calls' : 'stop');
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const piece of request) chunks.push(piece as Buffer);
    const { messages = [] } = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { messages?: Message[] };
    const kind = fault?.();
    if (kind === undefined) answer(messages, response);
    else spoil(kind, response);
  });
  server.on('clientError', (_, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    answered,
    trouble: (next) => {
      fault = next;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
