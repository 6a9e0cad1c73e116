import { Command, type Redis } from 'ioredis';

/**
 * Sends every script a second time, right behind the first, as a client does that lost the answer. Only the second answer is
 * heard.
 */
export function sendScriptsTwice(redis: Redis, whether: () => boolean): void {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, ...rest) => {
    if (command.name !== 'evalsha' || !whether()) return send(command, ...rest);
    const first = new Command(command.name, [...command.args] as string[]);
    first.promise.catch(() => undefined);
    void send(first);
    return send(command, ...rest);
  };
}
