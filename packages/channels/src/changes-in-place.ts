import type { AppError } from '@queueclaw/contracts';
import type { Opened } from './connection-suite.js';
import type { Promised } from './contract-suite.js';
import type { Channel, Incoming, Outgoing } from './contract.js';

export type ChangesSubject = {
  readonly channel: Channel;
  readonly withLine: (work: (line: Opened) => Promise<void>) => () => Promise<void>;
  readonly hear: (line: Opened) => Promise<Incoming>;
  readonly refused: (work: Promise<void>) => Promise<AppError>;
  /** What people were sent, as it stands. */
  readonly sent: () => readonly string[];
  /** A number that was not there before. */
  readonly next: () => number;
};

const never = new AbortController().signal;
const fail = (sentence: string): never => {
  throw new Error(sentence);
};

/** The promise of connections that can change what they sent. */
export const changesInPlace = ({ channel, withLine, hear, refused, sent, next }: ChangesSubject): Promised => ({
  says: 'changes a message that it sent, in its place, also to what it is already, and takes one away; what is gone is given up',
  check: withLine(async (line) => {
    const { connection } = line;
    const { edit, grows } = channel.capabilities;
    if (grows !== undefined && !edit) fail('an answer cannot grow where nothing can be changed');
    if ((grows === undefined) !== (connection.edit === undefined)) fail('`grows` and `edit` belong together');
    if (connection.send === undefined || connection.edit === undefined) return;
    const { render } = await channel.load();
    const { mail } = await hear(line);
    const words = (text: string): Outgoing => {
      const base = { v: 1 as const, id: 'd', turn: 1, answers: [], status: 'answered' as const, at: 0 };
      return render({ ...base, text, route: mail.route })[0] ?? fail('nothing to send');
    };
    const [before, number] = [sent().length, next()];
    const half = { ...words(`**half ${number}`), growing: true as const };
    const sending = connection.send(half, mail.route, `d${number}/0`, never);
    const id = (await sending) ?? fail('no id');
    const text = `the whole of ${number} & <more>`;
    for (const _ of [1, 2]) await connection.edit(id, words(text), mail.route, never);
    const stands = sent().slice(before);
    if (stands.length !== 1 || !stands[0]?.includes(text)) fail(`there stands ${stands.join(' | ')}`);
    await connection.discard?.(id, mail.route, never);
    if (connection.discard !== undefined && sent().length !== before) fail('it still stands');
    const gone = connection.discard === undefined ? 'unknown' : id;
    const error = await refused(connection.edit(gone, words('too late'), mail.route, never));
    if (error.code !== 'channel.rejected') fail(`${error.code}: ${error.publicMessage}`);
  }),
});
