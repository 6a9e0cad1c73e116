import OpenAI from 'openai';
import { z } from 'zod';
import type { Pulse } from '../contract.js';
import { failure } from '../failure.js';
import type { Spoken, TranscribeEndpoint, Transcription } from '../transcriber.js';
import { watchedFetch } from '../watched-fetch.js';
import { failureOf } from './failure-of.js';

const Count = z.number().int().nonnegative();
/** Some servers tell the tokens, some the seconds, most nothing. */
const Told = z.looseObject({
  text: z.string().max(4_194_304),
  usage: z.looseObject({ input_tokens: Count, output_tokens: Count }).optional().catch(undefined),
});

/** Servers tell the kind of a recording by its ending. */
const endings: Readonly<Record<string, string>> = {
  ...{ 'audio/ogg': 'ogg', 'audio/opus': 'ogg', 'audio/mpeg': 'mp3', 'audio/mp3': 'mp3', 'audio/mp4': 'm4a' },
  ...{ 'audio/m4a': 'm4a', 'audio/x-m4a': 'm4a', 'audio/aac': 'aac', 'audio/wav': 'wav', 'audio/x-wav': 'wav' },
  ...{ 'audio/webm': 'webm', 'audio/flac': 'flac', 'audio/amr': 'amr', 'video/mp4': 'mp4', 'video/webm': 'webm' },
};
const nothing = (): undefined => undefined;
const nobody: Pulse = { connected: nothing, bytes: nothing, event: nothing, used: nothing };
const triesMore = 2;
/** Ours ends a request. */
const patientMs = 3_600_000;

/** Asks `/audio/transcriptions` of OpenAI, or of a server that has it. Never throws. */
export async function transcribe(
  { baseUrl, key, model, language }: TranscribeEndpoint,
  { bytes, type }: Spoken,
  signal: AbortSignal,
  fetch: typeof globalThis.fetch,
): Promise<Transcription> {
  try {
    const official = new URL(baseUrl).host === 'api.openai.com';
    const client = new OpenAI({
      ...{ apiKey: key ?? 'none', baseURL: baseUrl, adminAPIKey: null, webhookSecret: null },
      ...(official ? {} : { organization: null, project: null }),
      fetch: watchedFetch(fetch, nobody),
      ...{ maxRetries: triesMore, timeout: patientMs, logLevel: 'off' as const },
    });
    const file = new File([bytes], `voice.${endings[type] ?? 'ogg'}`, { type });
    const answer: unknown = await client.audio.transcriptions.create(
      { file, model, response_format: 'json', ...(language === undefined ? {} : { language }) },
      { signal },
    );
    const told = Told.safeParse(answer);
    if (!told.success) return { ok: false, failure: failure('llm.nonsense') };
    const { text, usage } = told.data;
    const tokens = usage && { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens };
    return { ok: true, text: text.trim(), ...(tokens === undefined ? {} : { usage: tokens }) };
  } catch (thrown) {
    return { ok: false, failure: signal.aborted ? failure('llm.aborted') : failureOf(thrown, false) };
  }
}
