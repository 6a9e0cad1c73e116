import { findChannel } from '@queueclaw/channels/names';
import { collectSecrets, loadConfig, registerSecret } from '@queueclaw/runtime/settings';
import { randomUUID } from 'node:crypto';
import { CommandError, exitCode } from '../exit-code.js';
import { printJson, printLines } from '../print.js';
import { tell, wordsFor } from '../phrases/index.js';
import { type Account, withAccount } from './with-account.js';

export type TestOptions = {
  readonly config?: string;
  readonly json?: boolean;
  /** Whom to send a message to: the platform's own id of a chat or person. */
  readonly to?: string;
  readonly text?: string;
};

const usual = 'main';

/**
 * `queueclaw channels test`: asks the platform whether the configured credentials are good, and sends a message with `--to`.
 * @returns 0 when they are, and it took the message
 * @throws AppError `channel.rejected`, `channel.failed`; CommandError when nothing like it is configured
 */
export async function channelsTestCommand(
  name: string,
  account: string | undefined,
  options: TestOptions,
): Promise<number> {
  const { config } = loadConfig({ path: options.config, env: process.env, cwd: process.cwd() });
  for (const secret of collectSecrets(config, process.env)) registerSecret(secret);
  const channel = findChannel(name);
  if (channel === undefined) throw new CommandError(tell('error.no_channel', { name }), exitCode.usage);
  const wanted = account ?? usual;
  const found = config.channels.find((one) => one.name === name && (one.account ?? usual) === wanted);
  if (found === undefined)
    throw new CommandError(tell('error.not_configured', { name: `${name}/${wanted}` }), exitCode.usage);
  const words = wordsFor(process.env);
  const { who, sent } = await withAccount(channel, wanted, found.config, async (it) => {
    if (options.to !== undefined)
      await sendTest(it, name, wanted, options.to, options.text ?? words('channels.test.hello'));
    return { who: it.who, sent: options.to !== undefined };
  });
  if (options.json)
    printJson({ ok: true, channel: name, account: wanted, ...(who === undefined ? {} : { who }), sent });
  else {
    const lines = [words('channels.test.good', { channel: `${name}/${wanted}`, who: who ?? '-' })];
    printLines(sent ? [...lines, words('channels.test.sent', { to: options.to ?? '' })] : lines);
  }
  return exitCode.ok;
}

async function sendTest(
  { code, connection, signal }: Account,
  name: string,
  account: string,
  to: string,
  text: string,
): Promise<void> {
  const address = code.addressOf?.(to);
  if (address === undefined || connection.send === undefined)
    throw new CommandError(tell('error.cannot_write_first', { name }), exitCode.usage);
  const route = { channel: name, account, address };
  const id = randomUUID();
  const reply = { v: 1 as const, id, turn: 0, text, answers: [], status: 'answered' as const, route, at: Date.now() };
  for (const [part, out] of code.render(reply).entries()) await connection.send(out, route, `${id}/${part}`, signal);
}
