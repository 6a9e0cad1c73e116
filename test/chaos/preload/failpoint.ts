import { hash } from 'node:crypto';
import { Redis } from 'ioredis';

/*
 * Ends this process at one point of its work, `<what>:<before|after>:<nth>`: before a command is sent or after Redis has done it
 * and before anybody here knows. `what` is one of the mailbox's scripts, BullMQ's, a command of Redis, or `http` for what is
 * asked by fetch. With a text behind a fourth colon only what carries that text counts.
 */
const [what = '', when = '', nth = '1', text = ''] = (process.env['QUEUECLAW_CHAOS_FAIL'] ?? '').split(':');
let left = Number(nth);
const names = new Map<string, string>();

/** As the kernel would: nothing is flushed, nobody is told. */
const die = (): void => void process.kill(process.pid, 'SIGKILL');

/** Whether this is the one. */
const isIt = (name: string, carries: string): boolean =>
  name === what && (text === '' || carries.includes(text)) && (left -= 1) === 0;

type Command = { readonly name: string; readonly args: readonly unknown[]; readonly promise: Promise<unknown> };
const { defineCommand, sendCommand } = Redis.prototype;

Redis.prototype.defineCommand = function (name, definition) {
  names.set(hash('sha1', definition.lua ?? ''), name.replace(/^queueclaw_/, '').replace(/[-:].*$/, ''));
  return defineCommand.call(this, name, definition);
};

Redis.prototype.sendCommand = function (this: Redis, ...call: Parameters<typeof sendCommand>) {
  const command = call[0] as unknown as Command;
  const script = names.get(String(command.args[0])) ?? names.get(hash('sha1', String(command.args[0])));
  const hit = isIt(script ?? command.name, text === '' ? '' : command.args.join(' '));
  if (hit && when === 'before') die();
  if (hit) void command.promise.then(die, () => (left = 1));
  return sendCommand.apply(this, call);
} as typeof sendCommand;

const ask = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const hit = isIt('http', `${input instanceof Request ? input.url : String(input)} ${String(init?.body)}`);
  if (hit && when === 'before') die();
  const answer = await ask(input, init);
  if (hit) die();
  return answer;
};
