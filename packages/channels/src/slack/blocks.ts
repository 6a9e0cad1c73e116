import type { Choice } from '@queueclaw/contracts';
import type { KnownBlock } from '@slack/web-api';
import { splitText } from '../split-text.js';

/** Slack takes 3,000 characters in a section. */
const sectionMax = 2_900;

/** A text of Slack's own markup with buttons under it (Block Kit). */
export function blocksOf(text: string, buttons: readonly Choice[]): KnownBlock[] {
  return [
    ...splitText(text, sectionMax, 'utf16').map((part): KnownBlock => ({
      type: 'section',
      text: { type: 'mrkdwn', text: part },
    })),
    {
      type: 'actions',
      elements: buttons.map(({ label, text: value }, at) => ({
        ...{ type: 'button' as const, action_id: `choice-${at}`, value },
        text: { type: 'plain_text' as const, text: label },
      })),
    },
  ];
}
