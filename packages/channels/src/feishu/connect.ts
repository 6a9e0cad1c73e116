import { AppError } from '@queueclaw/contracts';
import type { ChannelDoor, Connection } from '../contract.js';
import { readCall } from './call.js';
import type { FeishuConfig } from './config.js';
import { openPlatform } from './open-platform.js';

/**
 * Connects one app: asks who its bot is. Feishu calls the webhook; a call is answered after its mail is durable, and one that
 * comes again is recognised.
 * @throws AppError `channel.failed`, `channel.rejected` when Feishu does not know the app
 */
export async function connect(config: FeishuConfig, door: ChannelDoor): Promise<Connection> {
  const platform = openPlatform(config, door.signal);
  const self = await platform.self();
  return {
    self,
    send: async ({ text, body, file }, { address = {} }, key, signal) => {
      const { chat, message } = address;
      if (chat === undefined) throw new AppError('channel.rejected');
      if (file !== undefined) return platform.postFile(file, { chat, message }, key, signal);
      return platform.post(String(body ?? text), { chat, message }, key, signal);
    },
    edit: (id, { text, body }, _to, signal) => platform.change(id, String(body ?? text), signal),
    discard: (id, _to, signal) => platform.discard(id, signal),
    fetch: platform.fetchFile,
    webhook: async (request) => {
      const call = readCall(request, config, Date.now());
      if (call === undefined) return { status: 401 };
      if (call.type === 'challenge')
        return { status: 200, type: 'application/json', body: JSON.stringify({ challenge: call.challenge }) };
      await door.receive(call.envelope);
      return { status: 200, type: 'application/json', body: '{}' };
    },
    stop: async () => undefined,
  };
}
