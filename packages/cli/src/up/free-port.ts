import { createServer } from 'node:net';
import { CommandError } from '../exit-code.js';
import { tell } from '../phrases/index.js';

export type WantedPort = {
  readonly what: string;
  readonly host: string;
  readonly port: number;
  readonly variable: string;
  readonly key: string;
};

const problem = (wanted: WantedPort): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen({ host: wanted.host, port: wanted.port, exclusive: true }, () =>
      server.close(() => resolve(undefined)),
    );
  });

const sentence = ({ what, host, port, variable, key }: WantedPort, code: string): string => {
  const choose = tell('port.choose', { variable, key });
  if (code === 'EADDRINUSE') return tell('port.taken', { port, what, choose });
  if (code === 'EACCES') return tell('port.forbidden', { port, what, choose });
  return tell('port.failed', { what, host, port, code, choose });
};

/**
 * Looks whether the ports can be used, before anything is started; port 0 always can.
 * @throws CommandError that names every port that cannot, and the variables to set
 */
export async function assertPortsFree(wanted: readonly WantedPort[]): Promise<void> {
  const sentences: string[] = [];
  for (const one of wanted) {
    const code = one.port === 0 ? undefined : await problem(one);
    if (code !== undefined) sentences.push(sentence(one, code));
  }
  const [first, second] = wanted;
  if (first && second && first.port === second.port && first.port !== 0)
    sentences.push(tell('port.same', { first: first.what, second: second.what, port: first.port }));
  if (sentences.length > 0) throw new CommandError(sentences.join('\n'));
}
