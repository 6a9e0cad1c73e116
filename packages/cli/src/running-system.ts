import { connect } from 'node:net';
import { z } from 'zod';
import { readUpState, type UpState } from './up/home-lock.js';
import { isRunning } from './up/process-identity.js';
import { tell } from './phrases/index.js';

const Readiness = z.object({
  status: z.string(),
  service: z.string(),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
});
export type Checks = z.infer<typeof Readiness>['checks'];

export type RunningSystem = {
  readonly pid: number;
  readonly state: UpState;
  /** By process; undefined for one that does not answer. */
  readonly checks: Readonly<Record<string, Checks | undefined>>;
};

const answerMs = 5_000;

/** A plain GET on loopback: fetch and node:http would cost the supervisor 10 MB of memory for this alone. */
const get = (port: number, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const connection = connect({ host: '127.0.0.1', port }, () => {
      connection.write(`GET ${path} HTTP/1.0\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
    });
    connection.setTimeout(answerMs, () => connection.destroy(new Error(tell('doctor.no_answer'))));
    connection.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
      if (answer.length > 100_000) connection.destroy(new Error('too long'));
    });
    connection.once('error', reject);
    connection.once('close', () => resolve(answer.slice(answer.indexOf('\r\n\r\n') + 4)));
  });

const ask = async (port: number): Promise<Checks | undefined> => {
  try {
    return Readiness.parse(JSON.parse(await get(port, '/readyz'))).checks;
  } catch {
    return undefined;
  }
};

/** The `up` that runs from a home, and how its processes say they are; undefined when none runs. */
export async function findRunning(runFolder: string): Promise<RunningSystem | undefined> {
  const state = readUpState(runFolder);
  if (state === undefined || !isRunning(state.owner)) return undefined;
  const answers = Object.entries(state.health).map(async ([name, port]) => [name, await ask(port)] as const);
  return { pid: state.owner.pid, state, checks: Object.fromEntries(await Promise.all(answers)) };
}
