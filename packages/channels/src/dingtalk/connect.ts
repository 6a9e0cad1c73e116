import { AppError } from '@queueclaw/contracts';
import type { ChannelDoor, Connection } from '../contract.js';
import type { DingTalkConfig } from './config.js';
import { Message } from './message.js';
import { robotApi } from './robot.js';
import { listenToStream } from './stream.js';

/**
 * Connects one robot: asks for a token.
 * @throws AppError `channel.failed`, `channel.rejected` when DingTalk does not know the app
 */
export async function connect(config: DingTalkConfig, door: ChannelDoor): Promise<Connection> {
  const robot = robotApi(config, door.signal);
  await robot.check();

  const take = async (data: unknown): Promise<void> => {
    const message = Message.safeParse(data);
    if (message.success) await door.receive(message.data);
  };
  return {
    send: async ({ text, body, file }, { address = {} }, _key, signal) => {
      const { person, group } = address;
      const to = group === undefined ? (person === undefined ? undefined : { person }) : { group };
      if (to === undefined) throw new AppError('channel.rejected');
      if (file === undefined) await robot.post(String(body ?? text), to, signal);
      else await robot.postFile(file, to, signal);
    },
    fetch: robot.fetchFile,
    listen: (signal) =>
      listenToStream({
        ...{ robot, clientId: config.client_id, clientSecret: config.client_secret, take },
        trouble: door.trouble,
        signal: AbortSignal.any([signal, door.signal]),
      }),
    stop: async () => undefined,
  };
}
