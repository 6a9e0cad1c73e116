import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, isErrorCode, type Model, type ModelRequest } from '@queueclaw/contracts';
import type { EventStream, ProviderModel } from '../contract.js';
import { failed, failure } from '../failure.js';
import { guard } from '../guard.js';
import { metered } from '../metered.js';
import { estimateTokens, usageOf } from '../usage.js';
import type { Script, ScriptStep } from './script.js';

/** Answers a request; `at` counts the model's requests from 0. */
export type ScriptFunction = (request: ModelRequest, at: number) => ScriptStep | Promise<ScriptStep>;

const echo: Script = { rules: [{ steps: [{ text: '{text}' }] }] };

const lastUser = (request: ModelRequest): number => request.messages.findLastIndex(({ role }) => role === 'user');

const fits = (when: string | undefined, text: string): boolean => {
  if (when === undefined) return true;
  const pattern = /^\/(.+)\/([a-z]*)$/s.exec(when);
  return pattern?.[1] === undefined ? text.includes(when) : new RegExp(pattern[1], pattern[2]).test(text);
};

const fill = (text: string, request: ModelRequest): string => {
  if (!text.includes('{')) return text;
  const said = lastUser(request);
  const results = request.messages
    .slice(said + 1)
    .flatMap((message) => (message.role === 'tool' ? [message.text] : []));
  const marks: Readonly<Record<string, () => string>> = {
    text: () => request.messages[said]?.text ?? '',
    result: () => results.join('\n'),
    count: () => String(request.messages.filter(({ role }) => role === 'user').length),
  };
  return text.replace(/\{(text|result|count)\}/g, (mark, name: string) => marks[name]?.() ?? mark);
};

const byRules = ({ rules }: Script): ScriptFunction => {
  return (request) => {
    const said = lastUser(request);
    const rule = rules.find(({ when }) => fits(when, request.messages[said]?.text ?? ''));
    const step = request.messages.slice(said + 1).filter(({ role }) => role === 'assistant').length;
    return rule?.steps[Math.min(step, rule.steps.length - 1)] ?? {};
  };
};

const byOrder = (steps: readonly ScriptStep[]): ScriptFunction => {
  return (_request, at) => steps[Math.min(at, steps.length - 1)] ?? {};
};

const hanging = async (signal: AbortSignal): Promise<never> => {
  for (;;) await sleep(60_000, undefined, { signal });
};

async function* perform(step: ScriptStep, request: ModelRequest, signal: AbortSignal): EventStream {
  if (step.delay) await sleep(step.delay, undefined, { signal });
  const pieces = typeof step.text === 'string' ? [step.text] : (step.text ?? []);
  let chars = 0;
  for (const [at, piece] of pieces.entries()) {
    if (at > 0 && step.pace) await sleep(step.pace, undefined, { signal });
    const text = fill(piece, request);
    chars += text.length;
    yield { type: 'text', text };
  }
  const inputChars = request.messages.reduce((sum, { text }) => sum + text.length, request.system.length);
  const usage = step.usage ?? usageOf(estimateTokens(inputChars), estimateTokens(chars));
  if (step.throws !== undefined) throw new Error(step.throws);
  if (step.hang === true) await hanging(signal);
  if (step.failure !== undefined) {
    const { code, message, retryAfterMs } = step.failure;
    return yield failed(failure(isErrorCode(code) ? code : 'llm.nonsense', message, retryAfterMs), step.usage);
  }
  if (step.cut === true) return;
  const calls = step.calls ?? [];
  for (const [at, { id, name, args }] of calls.entries()) {
    yield { type: 'call', call: { id: id ?? `scripted_${at + 1}`, name, args: args ?? {} } };
  }
  yield { type: 'done', reason: step.reason ?? (calls.length > 0 ? 'calls' : 'stop'), usage, model: 'scripted' };
}

/** The scripted model as a provider makes it: it fails as its script says. Without a script it echoes. */
export function scriptedProviderModel(
  name: string,
  script: Script | readonly ScriptStep[] | ScriptFunction = echo,
): ProviderModel {
  const answer = typeof script === 'function' ? script : 'rules' in script ? byRules(script) : byOrder(script);
  let asked = 0;
  return {
    name,
    async *stream(request, signal, pulse): EventStream {
      pulse.connected();
      const step = await answer(request, asked++);
      yield* perform(step, request, signal);
    },
  };
}

const patient = 3_600_000;
const timeouts = { connect: patient, first_event: patient, idle: patient, total: patient };

/**
 * A model for tests that keeps the contract of `Model` whatever its script does: steps in the order of the requests (the
 * last one repeats), rules, or a function. It answers at once, and is not retried.
 */
export function createScriptedModel(
  script?: Script | readonly ScriptStep[] | ScriptFunction,
  name: string = 'scripted',
): Model {
  if (Array.isArray(script) && script.length === 0)
    throw new AppError('config.invalid', { publicMessage: 'A script needs a step.' });
  const attempt = metered(guard(scriptedProviderModel(name, script), timeouts), name);
  return { name, stream: (request, signal) => attempt(request, signal, patient) };
}
