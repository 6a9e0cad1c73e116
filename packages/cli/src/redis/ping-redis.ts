import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { tell } from '../phrases/index.js';

const answerMs = 1_000;
const betweenMs = 20;

/** What a Redis answers to AUTH and PING on its socket: `+PONG`, an error line, or why there is no answer. */
export function pingOnce(socket: string, password: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const connection = connect(socket, () => connection.write(`AUTH default ${password}\r\nPING\r\n`));
    connection.setTimeout(answerMs, () => connection.destroy(new Error(tell('doctor.no_answer'))));
    connection.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
      const lines = answer.split('\r\n').filter((line) => line !== '');
      if (lines.length >= 2 || answer.startsWith('-')) connection.end();
    });
    connection.once('error', (error) => resolve(error.message));
    connection.once('close', () =>
      resolve(
        answer
          .split('\r\n')
          .filter((line) => line !== '')
          .at(-1) ?? tell('doctor.no_answer'),
      ),
    );
  });
}

/** Resolves once Redis answers; it may take long to read its data back. Ends without an answer when `signal` aborts. */
export async function untilRedisAnswers(socket: string, password: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if ((await pingOnce(socket, password)) === '+PONG') return true;
    await pause(betweenMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
