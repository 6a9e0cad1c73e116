import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AppError } from './errors.js';
import { channelConversation, ConversationId, parseChannelConversation } from './ids.js';
import { crc16 } from './keys.js';

const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 });

it('gives back every part of a messaging app conversation from its id', () => {
  fc.assert(
    fc.property(part, part, part, fc.option(part, { nil: undefined }), (channel, account, peer, thread) => {
      const whole = { channel, account, peer, ...(thread === undefined ? {} : { thread }) };
      let id: string;
      try {
        id = channelConversation(whole);
      } catch (error) {
        return error instanceof AppError && error.code === 'conversation.invalid';
      }
      expect(ConversationId.parse(id)).toBe(id);
      expect(parseChannelConversation(id)).toEqual(whole);
      return true;
    }),
  );
});

it('refuses an id that a program would take for a folder', () => {
  for (const id of ['.', '..', '']) expect(ConversationId.safeParse(id).success).toBe(false);
  for (const id of ['...', '.a', '~']) expect(ConversationId.safeParse(id).success).toBe(true);
});

it('refuses a conversation id that another part of the grammar could have made', () => {
  expect(parseChannelConversation('telegram')).toBeUndefined();
  expect(parseChannelConversation('telegram..7')).toBeUndefined();
  expect(parseChannelConversation('a.b.c.d.e')).toBeUndefined();
});

it('computes the slot checksum that Redis Cluster specifies', () => {
  expect(crc16('123456789')).toBe(0x31c3);
});
