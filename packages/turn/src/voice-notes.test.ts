import type { KeptAttachment, Heard, Journal, PersonMail } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { begin } from './begin.js';
import { proceed } from './proceed.js';
import { as, input, mail, only, says } from './scenario.js';
import { summaryRequest } from './summarise.js';
import { unheardVoice, withHeard } from './voice-notes.js';

const id = `sha256-${'0123456789abcdef'.repeat(4)}`;
const voice = (more: Partial<KeptAttachment> = {}): KeptAttachment => ({
  ...{ id, name: 'voice.ogg', type: 'audio/ogg', size: 9_000, voice: true as const },
  ...more,
});
const asked = (...mails: readonly PersonMail[]) => as('ask', begin(input({ mail: mails })));
/** The turn after somebody listened. */
const heard = (what: Heard, more: Partial<PersonMail> = {}) => {
  const { journal } = asked(mail('m1', { text: '', attachments: [voice()], ...more }));
  return { ...input({ mail: [mail('m1')] }), journal: withHeard(journal, voice(), what) };
};
const read = (what: Heard, more?: Partial<PersonMail>): string | undefined =>
  only(as('ask', begin(heard(what, more))).request.messages).text;

describe('a voice note', () => {
  it('is to be listened to once, whoever sent it how often', () => {
    const { journal } = asked(
      mail('m1', { attachments: [voice({ name: 'a.txt', voice: undefined }), voice()] }),
      mail('m2', { attachments: [voice({ name: 'again.ogg' })] }),
    );
    expect(unheardVoice(journal)).toEqual(voice());
    expect(unheardVoice(withHeard(journal, voice(), { text: 'x' }))).toBeUndefined();
  });

  it('is read by the model as what was said in it, beside what was written', () => {
    expect(read({ text: 'Call Ada\nback.' })).toBe(
      '[voice note, transcribed; in the workspace as attachments/01234567-voice.ogg] Call Ada\nback.',
    );
    expect(read({ text: 'Call.' }, { text: 'Listen:' })).toMatch(/^Listen:\n\[voice note, transcribed/);
    expect(read({ text: '' })).toMatch(/^\[voice note in which nothing is said/);
  });

  it('that nothing listens to is named', () => {
    const { messages } = asked(mail('m1', { text: '', attachments: [voice()] })).request;
    expect(only(messages).text).toMatch(/^\[voice note, which nothing here can listen to; in the workspace/);
  });

  it('stays in what is summarised', () => {
    const { journal } = heard({ text: 'Call Ada.' });
    const { messages } = summaryRequest(input(), { turn: 8, until: 1 }, journal.entries);
    expect(only(messages).text).toContain('[voice note, transcribed] Call Ada.');
  });
});

describe('a voice note that could not be listened to', () => {
  it('is told to the model, and to the person behind the answer', () => {
    const turn = heard({ failed: 'away' }, { text: 'Listen:' });
    const next = as('ask', begin(turn));
    expect(only(next.request.messages).text).toContain('could not be listened to: the service for that');
    const end = as('commit', proceed({ ...turn, journal: next.journal }, says('Please write it.')));
    expect(only(end.replies)).toMatchObject({
      status: 'answered',
      text: 'Please write it.\n\nI could not listen to a voice note: what listens to them cannot be reached at the moment.',
    });
    expect(end.entries.at(-1)).toMatchObject({ text: 'Please write it.' });
  });

  it('alone fails the turn before a model is asked, in the language of its person', () => {
    const reply = (more: Partial<PersonMail>) => {
      const next = as('commit', begin(heard({ failed: 'long' }, more)));
      expect(next.took).toEqual({ mail: 1, control: 0 });
      return only(next.replies);
    };
    expect(reply({})).toMatchObject({
      status: 'failed',
      text: 'I could not listen to a voice note: it is too long.',
      error: { code: 'attachment.voice' },
    });
    expect(reply({ language: 'zh' }).text).toBe('有一条语音消息我没能听到：时间太长。');
  });

  it('beside another message leaves that one to the model', () => {
    const { journal } = asked(mail('m1', { text: '', attachments: [voice()] }), mail('m2'));
    const turn: Journal = withHeard(journal, voice(), { failed: 'gone' });
    expect(
      as('ask', begin({ ...input({ mail: [mail('m1'), mail('m2')] }), journal: turn })).request.messages,
    ).toHaveLength(2);
  });
});
