import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStream, NamedModelConfig, ProviderModel } from '../contract.js';
import { failed, failure } from '../failure.js';
import { estimateTokens, usageOf } from '../usage.js';
import { demoAnswer } from './answer.js';
import { demoSays, languageOf } from './says.js';

const wordMs = 250;

const words = (text: string): readonly string[] => text.match(/\s*\S+\s*?(?=\s|$)|\s+$/g) ?? [];

async function* counting(
  seconds: number,
  head: string,
  end: string,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  yield head;
  const count = Math.max(1, Math.round((seconds * 1_000) / wordMs));
  for (let at = 1; at <= count; at += 1) {
    await sleep(Math.min(wordMs, seconds * 1_000), undefined, { signal });
    yield ` ${at}`;
  }
  yield `\n\n${end}`;
}

/**
 * The model that is there when no other is: it says that it is a demo, understands a small grammar (`help`), calls the
 * offered tools and reports their results, word by word. It knows nothing and costs nothing; its usage is an estimate.
 */
export function create({ name }: NamedModelConfig): ProviderModel {
  return {
    name,
    async *stream(request, signal, pulse): EventStream {
      pulse.connected();
      const { text, slowSeconds, calls, failure: note } = demoAnswer(request);
      let chars = 0;
      for (const word of words(text)) {
        chars += word.length;
        yield { type: 'text', text: word };
      }
      if (slowSeconds > 0) {
        const language = languageOf(request.messages.findLast(({ role }) => role === 'user')?.text ?? '');
        const count = Math.max(1, Math.round((slowSeconds * 1_000) / wordMs));
        const head = `${text === '' ? '' : '\n\n'}${demoSays(language, 'slow', { count })}`;
        for await (const word of counting(slowSeconds, head, demoSays(language, 'slowEnd'), signal)) {
          chars += word.length;
          yield { type: 'text', text: word };
        }
      }
      const inputChars = request.messages.reduce((sum, message) => sum + message.text.length, request.system.length);
      const usage = usageOf(estimateTokens(inputChars), estimateTokens(chars));
      if (note !== undefined) return yield failed(failure('llm.refused', note), usage);
      for (const call of calls) yield { type: 'call', call };
      yield { type: 'done', reason: calls.length > 0 ? 'calls' : 'stop', usage, model: 'demo' };
    },
  };
}
