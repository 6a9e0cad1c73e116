import { describe, expect, it } from 'vitest';
import {
  AttachmentId,
  attachmentName,
  AttachmentRef,
  KeptAttachment,
  MediaType,
  wordsHeard,
  workspacePlace,
} from './attachments.js';

const id = `sha256-${'0123456789abcdef'.repeat(4)}`;

describe('the name of an attachment', () => {
  it.each([
    ['photo.png', 'photo.png'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\ada\\me.jpg', 'me.jpg'],
    ['报告 2026.pdf', '报告 2026.pdf'],
    ['a\r\nb\0c', 'a b c'],
    ['x\u202egnp.exe', 'x gnp.exe'],
    ['   ', 'attachment'],
    ['folder/', 'attachment'],
    [undefined, 'attachment'],
    ['x\ud800', 'x\ufffd'],
  ])('of %j is %j', (given, name) => {
    expect(attachmentName(given)).toBe(name);
  });

  it('keeps its ending when it is cut', () => {
    const name = attachmentName(`${'长'.repeat(400)}.docx`);
    expect(name).toHaveLength(255);
    expect(name.endsWith('长.docx')).toBe(true);
  });
});

describe('the place in the workspace', () => {
  it.each([
    ['photo 1.png', 'photo_1.png'],
    ['报告 2026.pdf', '报告_2026.pdf'],
    ['$(rm -rf ~);.sh', '_rm_-rf_.sh'],
    ['.bashrc', '_bashrc'],
    ['..', '_'],
    ['-rf', '_rf'],
    ['\'"`', '_'],
  ])('of %j is harmless', (name, place) => {
    expect(workspacePlace({ id, name })).toBe(`attachments/01234567-${place}`);
  });

  it('fits a file system, whatever the script', () => {
    const place = workspacePlace({ id, name: `${'长'.repeat(255)}.docx` });
    expect(Buffer.byteLength(place)).toBeLessThan(140);
    expect(place.endsWith('长.docx')).toBe(true);
  });

  it('differs for two files of one name', () => {
    const other = `sha256-${'f'.repeat(64)}`;
    expect(workspacePlace({ id, name: 'a' })).not.toBe(workspacePlace({ id: other, name: 'a' }));
  });
});

it('an id is a hash and nothing else', () => {
  for (const wrong of ['', 'sha256-', `${id}0`, id.toUpperCase(), `sha256-../../${'0'.repeat(58)}`, `${id}\n`, '../x'])
    expect([wrong, AttachmentId.safeParse(wrong).success]).toEqual([wrong, false]);
  expect(AttachmentId.safeParse(id).success).toBe(true);
});

it('a media type has no parameters and no header tricks', () => {
  for (const wrong of ['image', 'image/png; a=b', 'text/html\r\nx: y', '', 'a/b/c', 'Image/PNG'])
    expect([wrong, MediaType.safeParse(wrong).success]).toEqual([wrong, false]);
  expect(MediaType.safeParse('application/vnd.oasis.opendocument.text').success).toBe(true);
});

it('what an upload answered names it again', () => {
  expect(AttachmentRef.safeParse({ id, name: 'a.png', type: 'image/png', size: 3 }).success).toBe(true);
  expect(AttachmentRef.safeParse({ id, url: 'http://169.254.169.254' }).success).toBe(false);
});

describe('a voice note', () => {
  const voice = { id, name: 'voice.ogg', type: 'audio/ogg', size: 9, voice: true as const };

  it('says what was heard, and nothing when nobody could listen', () => {
    const all = [{ heard: { text: 'one' } }, {}, { heard: { failed: 'long' as const } }, { heard: { text: 'two' } }];
    expect(wordsHeard(all.map((more) => ({ ...voice, ...more })))).toBe('one\ntwo');
  });

  it('that failed for a reason of a newer process has failed all the same', () => {
    expect(KeptAttachment.parse({ ...voice, heard: { failed: 'shy' } }).heard).toEqual({ failed: 'away' });
  });
});
