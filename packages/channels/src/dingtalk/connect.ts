import { createHash } from 'node:crypto';
import { AppError } from '@queueclaw/contracts';
import type { ChannelDoor, Connection, Outgoing } from '../contract.js';
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
  const words = ({ text, body }: Outgoing): string => String(body ?? text);
  return {
    ...(config.card_template_id === undefined
      ? {}
      : { edit: (id, out, _to, signal) => robot.fillCard(id, words(out), out.growing !== true, signal) }),
    send: async (out, { address = {} }, key, signal) => {
      const { file, growing } = out;
      const { person, group } = address;
      const to = group === undefined ? (person === undefined ? undefined : { person }) : { group };
      if (to === undefined) throw new AppError('channel.rejected');
      if (growing === true) {
        const id = createHash('sha256').update(`${door.account} ${key}`).digest('hex').slice(0, 40);
        await robot.openCard(id, to, signal);
        await robot.fillCard(id, words(out), false, signal);
        return id;
      }
      if (file === undefined) await robot.post(words(out), to, signal);
      else await robot.postFile(file, to, signal);
      return undefined;
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
