import { CommandError, exitCode } from '../exit-code.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the client talks to, and as whom. */
export type ServerAddress = { readonly base: URL; readonly token: string | undefined };

/** `QUEUECLAW_URL` (default http://127.0.0.1:8080, or PORT of it) and `QUEUECLAW_TOKEN`. @throws CommandError (usage) for what is no http(s) URL */
export function serverAddress(env: Environment): ServerAddress {
  const text = env['QUEUECLAW_URL'] || `http://127.0.0.1:${env['PORT'] || '8080'}`;
  const base = URL.parse(text);
  if (base === null || !/^https?:$/.test(base.protocol))
    throw new CommandError(`QUEUECLAW_URL must be an http or https address: ${text}`, exitCode.usage);
  return { base, token: env['QUEUECLAW_TOKEN'] || undefined };
}

/** The headers that say who calls. */
export function callerHeaders({ token }: ServerAddress): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The conversation of this user's terminal, when none is named. */
export function terminalConversation(user: string): string {
  return `terminal-${user.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 60) || 'user'}`;
}
