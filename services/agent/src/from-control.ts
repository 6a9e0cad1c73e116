import { ConversationId, keys, TenantId } from '@queueclaw/contracts';
import { parseJson, type Shards } from '@queueclaw/mailbox';
import type { Service } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { RunningSteps } from './running-steps.js';

const Control = z.object({ type: z.literal('control'), tenant: TenantId, conversation: ConversationId });

/**
 * Control mail is in the mailbox already; this tells a step that runs right now to look there. What is lost here only
 * costs time.
 */
export function fromControl(subscriber: Redis, shards: Shards, steps: RunningSteps): Service {
  const onMessage = (_channel: string, text: string): void => {
    const control = Control.safeParse(parseJson(text));
    if (control.success) steps.interrupt(control.data, 'news');
  };
  return {
    name: 'from-control',
    start: async () => {
      subscriber.on('message', onMessage);
      await subscriber.subscribe(...shards.all.map(({ tag }) => keys.controlChannel(tag)));
    },
    stop: async () => subscriber.disconnect(),
  };
}
