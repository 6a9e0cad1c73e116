import type { ModelEvent, ModelMessage, ModelRequest } from '@queueclaw/contracts';
import { createLogger, type LlmTimeouts, type Logger } from '@queueclaw/runtime';

export const shellTool = {
  name: 'shell',
  description: 'Runs a command.',
  parameters: {
    type: 'object',
    properties: { command: { type: 'string' } },
    required: ['command'],
    additionalProperties: false,
  },
} as const;

/** A request with the person's words, or with messages. */
export function requestOf(messages: string | readonly ModelMessage[], more: Partial<ModelRequest> = {}): ModelRequest {
  return {
    system: 'You are a test.',
    messages: typeof messages === 'string' ? [{ role: 'user', text: messages }] : messages,
    tools: [shellTool],
    maxOutputTokens: 1_000,
    key: 'default/test/1.1',
    ...more,
  };
}

export const never: AbortSignal = new AbortController().signal;

/** Every event of a stream; it must end. */
export async function eventsOf(stream: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** The text of the events, joined. */
export function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

export const quick: LlmTimeouts = { connect: 5_000, first_event: 5_000, idle: 5_000, total: 10_000 };

export const silent: Logger = createLogger('test', 'silent');

/** A logger and the lines it wrote. */
export function recordingLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  return { logger: createLogger('test', 'trace', (line) => void lines.push(line)), lines };
}
