import { type Blobs, readBlob, voiceSecondsOf } from '@queueclaw/blobs';
import { type KeptAttachment, type Heard, heardCharsMax, type Journal, type Usage } from '@queueclaw/contracts';
import type { Transcriber } from '@queueclaw/llm';
import type { Summary } from '@queueclaw/queues';
import { counter, createSlots, type TranscribeConfig } from '@queueclaw/runtime';
import { unheardVoice, withHeard } from '@queueclaw/turn';
import type { Step } from './step.js';

const voicesTotal = counter('queueclaw_voices_total', 'Voice notes listened to, by outcome', ['outcome']);

/** Voice notes that one process listens to at once; they are whole in memory. */
const atOnceMax = 8;

type Listen = (
  tenant: string,
  voice: KeptAttachment,
  signal: AbortSignal,
) => Promise<{ readonly heard: Heard; readonly usage?: Usage } | undefined>;

export type HearVoice = {
  /** What listens, for prices and usage. */
  readonly model: string;
  /** What was said in a voice note, or why nobody knows; undefined when the signal aborted before that was clear. Never rejects. */
  readonly listen: Listen;
};

/** Tokens that are kept free in the budgets of the day while somebody listens. */
const tokensMost = 1_000;

export function voiceListener(
  blobs: Pick<Blobs, 'get'>,
  { max_size: bytesMax, max_length: msMax, model }: Pick<TranscribeConfig, 'max_size' | 'max_length' | 'model'>,
  transcribe: Transcriber,
): HearVoice {
  const slots = createSlots(atOnceMax);

  const once: Listen = async (tenant, { id, type, size }, signal) => {
    if (size > bytesMax) return { heard: { failed: 'large' } };
    const bytes = await readBlob(blobs, tenant, id, bytesMax);
    if (bytes === undefined) return { heard: { failed: 'gone' } };
    if ((voiceSecondsOf(bytes) ?? 0) * 1_000 > msMax) return { heard: { failed: 'long' } };
    const told = await transcribe({ bytes: new Uint8Array(bytes), type }, signal);
    if (told.ok) {
      const heard = { text: told.text.slice(0, heardCharsMax).toWellFormed() };
      return { heard, ...(told.usage === undefined ? {} : { usage: told.usage }) };
    }
    const { code } = told.failure;
    if (code === 'llm.aborted') return undefined;
    return { heard: { failed: code === 'llm.refused' || code === 'llm.context' ? 'refused' : 'away' } };
  };
  const listen: Listen = async (tenant, voice, signal) => {
    const told = await slots(signal, () => once(tenant, voice, signal)).catch(() => ({
      heard: { failed: 'away' } as const,
    }));
    // What was broken off is no answer; what was said all the same is one.
    if (told === undefined || (signal.aborted && 'failed' in told.heard)) return undefined;
    voicesTotal.inc({ outcome: 'failed' in told.heard ? told.heard.failed : 'ok' });
    return told;
  };
  return { model, listen };
}

/** What came of it. `go on`: nothing is left to listen to; `again`: this journal is durable, to be asked `begin` about. */
export type Hearing =
  | { readonly did: 'go on' }
  | { readonly did: 'again'; readonly journal: Journal }
  | { readonly did: 'end'; readonly summary: Summary };

/**
 * Listens to the voice notes of a turn, one after another. What was said in one is durable before the next, so that a crash pays
 * for at most one again. Where a budget of the day is used up nothing is listened to: the model is not asked then, either.
 * @param took what leaves the mailbox with the next durable write
 * @throws AppError system.*
 */
export async function hearVoices(
  { deps, address, lease, running, log }: Step,
  journal: Journal,
  took: { readonly mail: number; readonly control: number },
): Promise<Hearing> {
  const hear = deps.hearVoice;
  let now = journal;
  let taking = took;
  const keep = async (): Promise<boolean> => {
    const kept = await lease.checkpoint(now, taking);
    taking = { mail: 0, control: 0 };
    return kept;
  };
  if (hear === undefined || unheardVoice(now) === undefined) return { did: 'go on' };
  for (let voice = unheardVoice(now); voice !== undefined; voice = unheardVoice(now)) {
    const wished = { system: '', messages: [], tools: [], maxOutputTokens: tokensMost, key: voice.id };
    const permit = await deps.budget.permit(address, now, wished, hear.model, lease.now);
    if (permit.do === 'refuse') return { did: 'go on' };
    if (permit.do === 'wait') {
      await lease.release({ delayMs: permit.delayMs, blameless: true });
      return { did: 'end', summary: { outcome: 'waiting for budget' } };
    }
    const told = await hear.listen(address.tenant, voice, running.signal());
    if (told?.usage !== undefined) permit.request.meter?.after(told.usage, hear.model);
    permit.over();
    const interruption = running.interruption();
    if (interruption === 'stale') return { did: 'end', summary: { outcome: 'stale' } };
    if (told !== undefined) {
      const { heard, usage } = told;
      now = withHeard(usage === undefined ? now : withUsage(now, usage), voice, heard);
      log(`${now.turn} voice note: ${'failed' in heard ? heard.failed : `${heard.text.length} characters`}`);
      if (!(await keep())) return { did: 'end', summary: { outcome: 'stale' } };
    }
    if (interruption === 'stopping') {
      await lease.release({ blameless: true });
      deps.waker.hint(address, { why: 'more' });
      return { did: 'end', summary: { outcome: 'released' } };
    }
    if (interruption === 'news') {
      // Whoever says stop is seen to first; what was broken off is asked for again if it is still needed.
      if (told === undefined && !(await keep())) return { did: 'end', summary: { outcome: 'stale' } };
      running.resume();
      return { did: 'again', journal: now };
    }
  }
  return { did: 'again', journal: now };
}

const withUsage = (journal: Journal, { inputTokens, outputTokens }: Usage): Journal => ({
  ...journal,
  usage: {
    ...journal.usage,
    inputTokens: journal.usage.inputTokens + inputTokens,
    outputTokens: journal.usage.outputTokens + outputTokens,
  },
});
