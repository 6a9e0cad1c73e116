import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf } from '../body-of.js';
import { type FileGiver, fileGiver } from '../file-giver.js';

type Json = Record<string, unknown>;

/** What happens to the next message that is sent. */
export type WhatsAppMishap = { readonly status: number; readonly code?: number } | 'cut after accepting';

/** How a call is spoiled on its way, for tests of its signature. */
export type WhatsAppForgery = { readonly secret?: string; readonly body?: (body: string) => string };

/** The Cloud API as far as one number uses it, after its documentation: the Graph API, and signed webhook calls. */
export type FakeWhatsApp = {
  /** For `api_root`. */
  readonly url: string;
  readonly token: string;
  readonly secret: string;
  readonly number: string;
  callAt(url: string): void;
  /** A person writes; `more` goes into the message. Resolves to the answer's status. */
  say(text: string, more?: Json): Promise<number>;
  call(body: Json, forgery?: WhatsAppForgery): Promise<Response>;
  readonly sent: readonly {
    readonly to: string;
    readonly text: string;
    /** Of messages that have some. */
    readonly buttons?: readonly { readonly id: string; readonly title: string }[];
  }[];
  /** Files that people were sent. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array; readonly kind: string }[];
  /** Messages that were marked as read with the sign of typing. */
  readonly read: readonly string[];
  /** Keeps bytes that a person may send along; returns what their message names. */
  keep(bytes: Uint8Array): string;
  /** How files that people send are given out. */
  readonly giving: Pick<FileGiver, 'next' | 'goOn' | 'open'>;
  next(mishap: WhatsAppMishap): void;
  close(): Promise<void>;
};

const token = 'EAAG-a-token-of-the-fake-whatsapp';
const secret = 'an-app-secret-of-the-fake-whatsapp';
const number = '106540352242922';
const textMax = 4_096;

type Button = { readonly id: string; readonly title: string };
type Interactive = { body: { text: string }; action: { buttons: readonly { reply: Button }[] } };

const isButton = ({ id, title }: Button): boolean =>
  title.length >= 1 && title.length <= 20 && id.length >= 1 && id.length <= 256;

/** Starts one on a free port of loopback. */
export async function startFakeWhatsApp(): Promise<FakeWhatsApp> {
  const sent: FakeWhatsApp['sent'][number][] = [];
  const read: string[] = [];
  const files: { name: string; bytes: Uint8Array; kind: string }[] = [];
  const media = new Map<string, { readonly name: string; readonly bytes: Uint8Array }>();
  const mishaps: WhatsAppMishap[] = [];
  const given = new Map<string, Uint8Array>();
  const giving = fileGiver();
  let origin = '';
  let target = '';
  let serial = 1_000;

  const answer = (response: ServerResponse, status: number, body: Json): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const refuse = (response: ServerResponse, status: number, code: number): void =>
    answer(response, status, { error: { code, message: `(#${code}) refused`, type: 'OAuthException' } });
  const post = (body: Json, response: ServerResponse): void => {
    if (body['status'] === 'read') {
      read.push(String(body['message_id']));
      return answer(response, 200, { success: true });
    }
    const mishap = mishaps.shift();
    if (typeof mishap === 'object') return refuse(response, mishap.status, mishap.code ?? 1);
    const kind = String(body['type']);
    const shown = media.get((body[kind] as { id?: string } | undefined)?.id ?? '');
    if (shown !== undefined) {
      files.push({ ...shown, kind });
      if (mishap === 'cut after accepting') return void response.destroy();
      return answer(response, 200, { messages: [{ id: `wamid.${(serial += 1)}` }] });
    }
    const interactive = body['interactive'] as Interactive | undefined;
    const buttons = interactive?.action.buttons.map(({ reply }) => reply);
    const { body: text = '' } = (
      interactive === undefined ? (body['text'] ?? {}) : { body: interactive.body.text }
    ) as { body?: string };
    const longest = buttons === undefined ? textMax : 1_024;
    if (text.trim() === '' || text.length > longest || !(buttons ?? []).every(isButton))
      return refuse(response, 400, 100);
    if (buttons !== undefined && buttons.length > 3) return refuse(response, 400, 131_009);
    sent.push({ to: String(body['to']), text, ...(buttons === undefined ? {} : { buttons }) });
    if (mishap === 'cut after accepting') return void response.destroy();
    answer(response, 200, { messages: [{ id: `wamid.${(serial += 1)}` }] });
  };
  const upload = async ({ file }: Json, response: ServerResponse): Promise<void> => {
    if (!(file instanceof File) || file.size === 0) return refuse(response, 400, 100);
    const id = String((serial += 1));
    media.set(id, { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
    answer(response, 200, { id });
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const [path = ''] = (request.url ?? '').split('?');
      if (request.headers.authorization !== `Bearer ${token}`) return refuse(response, 401, 190);
      if (request.method === 'GET' && path === `/${number}`)
        return answer(response, 200, { id: number, display_phone_number: '+1 650 555 1111', verified_name: 'Claw' });
      if (request.method === 'POST' && path === `/${number}/messages`) return post(body, response);
      if (request.method === 'POST' && path === `/${number}/media`) return upload(body, response);
      const [, id = path.slice(1)] = /^\/given\/(\d+)$/.exec(path) ?? [];
      const bytes = request.method === 'GET' ? given.get(id) : undefined;
      if (bytes === undefined) return refuse(response, 404, 100);
      if (path === `/${id}`) return answer(response, 200, { url: `${origin}/given/${id}`, id });
      return void giving.give(response, bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const call: FakeWhatsApp['call'] = async (content, forgery = {}) => {
    const signed = JSON.stringify(content);
    const mac = createHmac('sha256', forgery.secret ?? secret)
      .update(signed)
      .digest('hex');
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${mac}` };
    return fetch(target, { method: 'POST', headers, body: forgery.body?.(signed) ?? signed });
  };
  return {
    url: origin,
    ...{ token, secret, number, sent, files, read, call, giving },
    keep: (bytes) => {
      const id = String((serial += 1));
      given.set(id, bytes);
      return id;
    },
    callAt: (url) => void (target = url),
    say: async (text, more = {}) => {
      const message = {
        from: '16505551234',
        id: `wamid.${(serial += 1)}`,
        timestamp: '1790000000',
        type: 'text',
        text: { body: text },
      };
      const value = {
        messaging_product: 'whatsapp',
        metadata: { phone_number_id: number },
        contacts: [{ wa_id: '16505551234', profile: { name: 'Ada' } }],
        messages: [{ ...message, ...more }],
      };
      const entry = [{ id: '1', changes: [{ field: 'messages', value }] }];
      return (await call({ object: 'whatsapp_business_account', entry })).status;
    },
    next: (mishap) => void mishaps.push(mishap),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
