import { AppError, type Reply } from '@queueclaw/contracts';
import {
  eventually,
  openXmppPerson,
  type Prosody,
  startProsody,
  testCertificate,
  type XmppPerson,
} from '@queueclaw/testing';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { xml } from '@xmpp/client';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import type { Element } from '@xmpp/xml';
import type { ChannelDoor, Connection, OutgoingFile } from '../contract.js';
import { XmppConfig } from './config.js';
import { connect } from './connect.js';
import { parse } from './parse.js';
import { render } from './render.js';

let server: Prosody;
let ada: XmppPerson;
let eve: XmppPerson;
beforeAll(async () => {
  server = await startProsody(['claw', 'ada', 'eve']);
  [ada, eve] = await Promise.all([openXmppPerson(server, 'ada'), openXmppPerson(server, 'eve')]);
});
afterAll(async () => {
  await Promise.all([ada.stop(), eve.stop()]);
  await server.stop();
});

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const address = (): string => `claw@${server.domain}`;
let serial = 0;
const newRoom = (): string => `room-${(serial += 1)}@${server.rooms}`;
const configOf = (more: Record<string, unknown> = {}): XmppConfig =>
  XmppConfig.parse({
    jid: address(),
    password: server.password('claw'),
    service: server.url,
    ...more,
  });

type Notes = { text: string | undefined };
type Line = {
  readonly connection: Connection;
  readonly received: string[];
  readonly troubles: (string | undefined)[];
  /** The lease is lost. */
  leave(): Promise<void>;
};

/** An account that listens; `fail` makes the door refuse that many times. */
async function call(more: Record<string, unknown> = {}, notes: Notes = { text: undefined }, fail = 0): Promise<Line> {
  const stopping = new AbortController();
  const received: string[] = [];
  const troubles: (string | undefined)[] = [];
  let left = fail;
  const door: ChannelDoor = {
    account: 'main',
    signal: stopping.signal,
    notes: { read: async () => notes.text, write: async (text) => void (notes.text = text) },
    trouble: (sentence) => void troubles.push(sentence),
    receive: async (payload) => {
      if ((left -= 1) >= 0) throw new AppError('system.unavailable');
      for (const { mail, addressed } of parse(payload, { account: 'main', self: 'claw', newId: () => 'n' }))
        if (addressed === true) received.push(mail.text);
    },
  };
  const connection = await connect(configOf(more), door);
  const lease = new AbortController();
  const before = troubles.length;
  const listening = connection.listen?.(lease.signal);
  await eventually(() => expect(troubles.slice(before)).toContain(undefined), { timeoutMs: 15_000 });
  const leave = async (): Promise<void> => {
    lease.abort();
    await listening;
  };
  ends.push(async () => {
    stopping.abort();
    await leave();
    await connection.stop();
  });
  return { connection, received, troubles, leave };
}

const signal = new AbortController().signal;
const send = async (
  { connection }: Pick<Line, 'connection'>,
  text: string,
  to: Record<string, string>,
  key = text,
): Promise<void> => {
  const route = { channel: 'xmpp', account: 'main', address: to };
  const reply: Reply = { v: 1, id: 'r1', turn: 1, text, answers: [], status: 'answered', route, at: 0 };
  for (const [part, out] of render(reply).entries()) await connection.send?.(out, route, `${key}/${part}`, signal);
};
/** Who is not in a room hears nothing there. Ada must be in it. */
const inside = (room: string): Promise<void> =>
  eventually(() => expect(ada.presences).toContain(`${room}/claw available`));
const textsFrom = (person: XmppPerson, from: string): string[] =>
  person.heard.filter((one) => one.from.startsWith(from)).map(({ text }) => text);

function silentDoor(): ChannelDoor {
  return {
    account: 'main',
    signal,
    notes: { read: async () => undefined, write: async () => undefined },
    trouble: () => undefined,
    receive: async () => undefined,
  };
}

/** Sets one field of a room that Ada made. */
async function configure(room: string, field: string, value = '1'): Promise<void> {
  const form = xml(
    'x',
    { xmlns: 'jabber:x:data', type: 'submit' },
    xml('field', { var: 'FORM_TYPE' }, xml('value', {}, 'http://jabber.org/protocol/muc#roomconfig')),
    xml('field', { var: field }, xml('value', {}, value)),
  );
  const query = xml('query', { xmlns: 'http://jabber.org/protocol/muc#owner' }, form);
  await ada.send(xml('iq', { type: 'set', to: room, id: field }, query));
}

describe('listening', () => {
  it('hears friends alone, in order, and Chinese in whatever pieces it comes', async () => {
    const { received } = await call();
    const long = '你好 '.repeat(3_000).trim();
    for (const text of ['one', long, 'three']) await ada.say(address(), text);
    await eventually(() => expect(received.map((text) => text.length)).toEqual([3, long.length, 5]));
    expect(received[1] === long).toBe(true);
  });

  it('hears in a room what names it, not what was said before it came, nor its own words', async () => {
    const room = newRoom();
    await ada.enter(room, 'Ada');
    await ada.say(room, 'claw: before', { groupchat: true });
    const line = await call({ rooms: [room] });
    await send(line, 'I am claw', { room });
    await ada.say(room, 'to everybody', { groupchat: true });
    await ada.say(room, 'claw: after', { groupchat: true });
    await eventually(() => expect(line.received).toEqual(['after']));
    expect(textsFrom(ada, `${room}/claw`)).toEqual(['I am claw']);
  });

  it('ignores corrections', async () => {
    const { received } = await call();
    const id = await ada.say(address(), 'frist');
    await ada.say(address(), 'first', { with: xml('replace', { xmlns: 'urn:xmpp:message-correct:0', id }) });
    await ada.say(address(), 'second');
    await eventually(() => expect(received).toEqual(['frist', 'second']));
  });

  it('takes again what could not be made durable', async () => {
    const { received, troubles } = await call({}, { text: undefined }, 1);
    await ada.say(address(), 'first');
    await ada.say(address(), 'second');
    await eventually(() => expect(received).toEqual(['first', 'second']));
    expect(troubles).toContain(new AppError('system.unavailable').publicMessage);
    expect(troubles.at(-1)).toBeUndefined();
  });

  it('hears after a break what was said during it, alone and in rooms', async () => {
    const room = newRoom();
    const { received } = await call({ rooms: [room] });
    await ada.enter(room, 'Ada');
    await inside(room);
    await ada.say(address(), 'before');
    await eventually(() => expect(received).toEqual(['before']));
    server.hold(true);
    server.cut();
    await eventually(() => expect(server.lines()).toBe(0));
    await ada.say(room, 'claw: in the room', { groupchat: true });
    await ada.say(address(), 'alone');
    server.hold(false);
    await eventually(() => expect(received).toEqual(['before', 'in the room', 'alone']), { timeoutMs: 10_000 });
  });

  it('lets the next listener go on where the last one ended: nothing said in between is lost, rooms and all', async () => {
    const notes: Notes = { text: undefined };
    const room = newRoom();
    const first = await call({ rooms: [room] }, notes);
    await ada.enter(room, 'Ada');
    await inside(room);
    await ada.say(room, 'claw: to the first', { groupchat: true });
    await eventually(() => expect(first.received).toEqual(['to the first']));
    const presences = ada.presences.length;
    await first.leave();
    await ada.say(room, 'claw: to nobody', { groupchat: true });
    await ada.say(address(), 'to nobody, alone');
    const second = await call({ rooms: [room] }, notes);
    await ada.say(room, 'claw: to the second', { groupchat: true });
    await eventually(() => expect(second.received).toEqual(['to nobody', 'to nobody, alone', 'to the second']));
    // Nobody saw it leave.
    expect(ada.presences.slice(presences).filter((one) => one === `${room}/claw unavailable`)).toEqual([]);
  });

  it('begins anew when there is nothing to go on with, and hears what the server kept', async () => {
    const { received } = await call({}, { text: '{"id":"of-another-time","address":"x","taken":99}' });
    await ada.say(address(), 'hello');
    await eventually(() => expect(received).toEqual(['hello']));
  });

  it('comes back into a room that put it out', async () => {
    const room = newRoom();
    await ada.enter(room, 'Ada');
    const { received } = await call({ rooms: [room] });
    await inside(room);
    const item = xml('item', { nick: 'claw', role: 'none' });
    await ada.send(
      xml(
        'iq',
        { type: 'set', to: room, id: 'kick' },
        xml('query', { xmlns: 'http://jabber.org/protocol/muc#admin' }, item),
      ),
    );
    await eventually(() => expect(ada.presences.filter((one) => one === `${room}/claw available`)).toHaveLength(2));
    await ada.say(room, 'claw: again', { groupchat: true });
    await eventually(() => expect(received).toEqual(['again']));
  });

  it('says which room does not let it in, and hears the others', async () => {
    const [full, room] = [newRoom(), newRoom()];
    await eve.enter(full, 'claw');
    const { received, troubles } = await call({ rooms: [full, room] });
    await eventually(() => expect(troubles).toContain(`XMPP: conflict (${full}).`));
    await ada.enter(room, 'Ada');
    await inside(room);
    await ada.say(room, 'claw: here', { groupchat: true });
    await eventually(() => expect(received).toEqual(['here']));
  });

  it('lets people see that it is there', async () => {
    await call();
    await ada.send(xml('presence', { to: address(), type: 'subscribe' }));
    await eventually(() => expect(ada.presences).toContain(`${address()} subscribed`));
  });
});

describe('sending', () => {
  it('sends text as clients show it, in parts that every server takes', async () => {
    const line = await call();
    await send(line, '**bold** and `<&>`\n\n- one\u0007', { to: ada.address });
    await send(line, 'word '.repeat(3_000).trim(), { to: ada.address });
    const [first, ...parts] = textsFrom(ada, address()).slice(-4);
    expect(first).toBe('*bold* and `<&>`\n\n• one\ufffd');
    expect(parts.join(' ') === 'word '.repeat(3_000).trim()).toBe(true);
  });

  it('sends while another replica listens, alone and in rooms', async () => {
    const room = newRoom();
    await ada.enter(room, 'Ada');
    const holder = await call({ rooms: [room] });
    const other = await connect(configOf({ rooms: [room] }), silentDoor());
    ends.push(() => other.stop());
    await send({ connection: other }, 'from the other', { to: ada.address });
    await inside(room);
    await send({ connection: other }, 'from the other, to all', { room });
    await ada.say(room, 'claw: one', { groupchat: true });
    await eventually(() => expect(holder.received).toEqual(['one']));
    expect(textsFrom(ada, address())).toContain('from the other');
    expect(textsFrom(ada, `${room}/claw`)).toEqual(['from the other, to all']);
  });

  it('shows that it writes, once for an answer', async () => {
    const line = await call();
    const before = ada.states.length;
    const route = { channel: 'xmpp', account: 'main', address: { to: ada.address } };
    for (const _ of [1, 2, 3]) await line.connection.typing?.(route, signal);
    await send(line, 'here it is', { to: ada.address }, 'typed');
    const states = ada.states.slice(before).map(({ state }) => state);
    expect(states).toEqual(['composing', 'active']);
  });

  it.each([
    [{ to: 'nobody@xmpp.test' }, 'channel.rejected'],
    [{ room: 'nobody@elsewhere.test' }, 'channel.rejected'],
    [{}, 'channel.rejected'],
  ] as const)('tells what to do when %j does not take it', async (to, code) => {
    await expect(send(await call(), 'x', { ...to })).rejects.toMatchObject({ code });
  });

  it('waits for a room in which it may not speak', async () => {
    const room = newRoom();
    await ada.enter(room, 'Ada');
    await configure(room, 'muc#roomconfig_moderatedroom');
    await configure(room, 'muc#roomconfig_defaultroomvoice', '0');
    await expect(send(await call({ rooms: [room] }), 'x', { room })).rejects.toMatchObject({
      code: 'channel.rejected',
      publicMessage: 'XMPP: forbidden.',
    });
  });

  it('says that it failed when the line is cut, and sends by a new one', async () => {
    const line = await call();
    server.hold(true);
    const failed = send(line, 'lost', { to: ada.address }).catch((thrown: unknown) => thrown);
    server.cut();
    expect(await failed).toMatchObject({ code: 'channel.failed' });
    server.hold(false);
    await send(line, 'after all', { to: ada.address });
    expect(textsFrom(ada, address())).toContain('after all');
  });
});

test('does not connect with a wrong password, and tells it nowhere', async () => {
  const wrong = 'a-wrong-password-of-ours';
  const failure: unknown = await connect(configOf({ password: wrong }), silentDoor()).catch(
    (thrown: unknown) => thrown,
  );
  expect(failure).toMatchObject({ code: 'channel.rejected', publicMessage: 'XMPP: not-authorized.' });
  expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain(wrong);
});

test('stops when it is told to, and leaves no connection', async () => {
  const stopping = new AbortController();
  const connection = await connect(configOf(), { ...silentDoor(), signal: stopping.signal });
  const listening = connection.listen?.(new AbortController().signal);
  stopping.abort();
  await listening;
  await connection.stop();
  await eventually(() => expect(server.lines()).toBe(0));
});

test('logs in over TLS, to a server whose certificate it believes', async () => {
  const secure = await startProsody(['claw'], { tls: true });
  const config = configOf({ service: secure.url });
  const believed = getCACertificates('default');
  try {
    await expect(connect(config, silentDoor())).rejects.toMatchObject({
      code: 'channel.failed',
      publicMessage: 'The XMPP server cannot be reached (DEPTH_ZERO_SELF_SIGNED_CERT).',
    });
    setDefaultCACertificates([...believed, testCertificate]);
    const connection = await connect(config, silentDoor());
    await connection.stop();
    await expect(
      connect(configOf({ service: secure.url, jid: 'claw@other.test' }), silentDoor()),
    ).rejects.toMatchObject({
      code: 'channel.failed',
    });
  } finally {
    setDefaultCACertificates(believed);
    await secure.stop();
  }
});

describe('files', () => {
  const file = (size: number): OutgoingFile => ({
    ...{ id: 'a', name: 'a.bin', type: 'application/octet-stream', size },
    open: async function* () {
      yield await Promise.resolve(Buffer.alloc(size, 7));
    },
  });
  const sendFile = ({ connection }: Line, size: number, to: Record<string, string> = { to: ada.address }) =>
    connection.send?.({ text: '', file: file(size) }, { channel: 'xmpp', address: to }, `file ${size}`, signal);

  it('reach people and rooms by an address that clients show as a file', async () => {
    const line = await call({ file_origins: [server.files] });
    const room = newRoom();
    await ada.enter(room, 'ada');
    const shown = (): readonly string[] => ada.stanzas.flatMap((stanza) => urlIn(stanza) ?? []);
    await sendFile(line, 10);
    await sendFile(line, 20, { room });
    await eventually(() => expect(shown()).toHaveLength(2));
    for (const url of shown()) expect(url).toMatch(new RegExp(`^${server.files}/.+/a\\.bin$`));
    expect(ada.heard.slice(-2).map(({ text }) => text)).toEqual(shown());
  });

  it('that the server does not take, or would keep where it is not safe, are refused for good', async () => {
    await expect(sendFile(await call({ file_origins: [server.files] }), 2_000_000)).rejects.toMatchObject({
      code: 'channel.rejected',
      publicMessage: 'XMPP: not-acceptable.',
    });
    await expect(sendFile(await call(), 10)).rejects.toMatchObject({
      code: 'channel.rejected',
      publicMessage: 'XMPP: the server keeps files where they are not safe.',
    });
  });
});

const urlIn = (stanza: Element): string | null | undefined => stanza.getChild('x', 'jabber:x:oob')?.getChildText('url');
