import { estimateRequestTokens, estimateTokens, type ModelMessage, type ModelRequest } from '@queueclaw/contracts';
import type { AgentProfile } from './turn-input.js';

/** For what a vendor counts and the estimate does not know. */
const margin = 512;
/** No text has more tokens per character than this, by our estimate. */
const tokensPerCharMax = 3;
const leftOut = '[An older result, left out here for its length.]';

/** How many tokens a request may have, so that the answer fits the model's window too. */
export function requestTokensMax({ contextTokens, maxOutputTokens }: AgentProfile): number {
  return Math.max(1_000, contextTokens - Math.min(maxOutputTokens, Math.floor(contextTokens / 2)) - margin);
}

const charsOf = (message: ModelMessage): number =>
  message.text.length + (message.role === 'assistant' ? JSON.stringify(message.calls ?? '').length : 0);

/** Whether a request has more tokens than `most`. Most have so few characters that nothing needs to be counted. */
export function exceeds(request: ModelRequest, most: number): boolean {
  const pictures = request.messages.some(
    (message) => message.role === 'user' && (message.attachments?.length ?? 0) > 0,
  );
  const chars = request.messages.reduce((sum, message) => sum + charsOf(message) + 100, request.system.length);
  const tools = request.tools.length * 2_000;
  if (!pictures && (chars + tools) * tokensPerCharMax <= most) return false;
  return estimateRequestTokens(request) > most;
}

/** A request with its oldest tool results left out, as many as needed. What people wrote always stays. */
export function withinWindow(request: ModelRequest, most: number): ModelRequest {
  if (!exceeds(request, most)) return request;
  let over = estimateRequestTokens(request) - most;
  const saved = (text: string): number => estimateTokens(text) - estimateTokens(leftOut);
  const messages = request.messages.map((message) => {
    if (over <= 0 || message.role !== 'tool' || message.text.length <= leftOut.length) return message;
    over -= saved(message.text);
    return { ...message, text: leftOut };
  });
  return { ...request, messages };
}
