import type { MessageRequest } from '@queueclaw/contracts';
import type { Incoming, ParseContext } from './contract.js';

/**
 * A checked request of one of our own clients as mail. Lone surrogates become U+FFFD: they have no UTF-8, which models and
 * files need.
 */
export function written(channel: string, request: MessageRequest, context: ParseContext): Incoming {
  const { conversation, text, id, attachments } = request;
  return {
    conversation,
    mail: {
      id: id ?? context.newId(),
      text: text.toWellFormed(),
      from: context.sender ?? { id: context.account },
      route: { channel },
      ...(attachments === undefined || attachments.length === 0 ? {} : { attachments }),
      ...(context.language === undefined ? {} : { language: context.language }),
    },
  };
}
