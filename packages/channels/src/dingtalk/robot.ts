import { AppError } from '@queueclaw/contracts';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { IncomingFile, OutgoingFile } from '../contract.js';
import { fetchBytes } from '../fetch-bytes.js';
import { mediaForm } from '../media-form.js';
import type { DingTalkConfig } from './config.js';
import { failureOf, isStaleToken, unreachable, uploadFailure } from './failure.js';

const callMs = 15_000;
const uploadMs = 60_000;
const pictures: readonly string[] = ['image/png', 'image/jpeg', 'image/gif', 'image/bmp'];
const earlyMs = 180_000;
const titleCharsMax = 40;

const Refusal = z.looseObject({ code: z.string() });
const Token = z.looseObject({ accessToken: z.string().min(1), expireIn: z.number().positive() });
const Place = z.looseObject({ downloadUrl: z.url({ protocol: /^https?$/ }).max(8_192) });
const Uploaded = z.looseObject({ errcode: z.number().int(), media_id: z.string().min(1).max(512).optional() });
const Endpoint = z.looseObject({ endpoint: z.url(), ticket: z.string().min(1).max(4_096) });
const Sent = z.looseObject({
  invalidStaffIdList: z.array(z.unknown()).default([]),
  flowControlledStaffIdList: z.array(z.unknown()).default([]),
});

/** Who gets a message: a person of the company, or a group the robot is in. */
export type Addressee = { readonly person: string } | { readonly group: string };

/** The API of one robot. Everything throws AppError `channel.failed` or `channel.rejected`. */
export type Robot = {
  /** Asks for a token, unless one is known. */
  check(): Promise<void>;
  post(markdown: string, to: Addressee, signal: AbortSignal): Promise<void>;
  /** Delivers an AI card under our own id; the same id is the same card. */
  openCard(id: string, to: Addressee, signal: AbortSignal): Promise<void>;
  /** All that a card says; `done` ends it. */
  fillCard(id: string, markdown: string, done: boolean, signal: AbortSignal): Promise<void>;
  /** Uploads a file and posts it: pictures as such, everything else as a file. */
  postFile(file: OutgoingFile, to: Addressee, signal: AbortSignal): Promise<void>;
  /** The bytes of what somebody sent. */
  fetchFile(file: IncomingFile, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Where the stream of these topics is; the ticket in it is good for once, and secret. */
  streamAddress(topics: readonly string[], signal: AbortSignal): Promise<string>;
};

const titleOf = (markdown: string): string =>
  markdown
    .replaceAll(/[`*#>\s]+/g, ' ')
    .trim()
    .slice(0, titleCharsMax)
    .toWellFormed() || '…';

/** @param signal ends every call */
export function robotApi(config: DingTalkConfig, signal: AbortSignal): Robot {
  const root = config.api_root.replace(/\/$/, '');
  const robotCode = config.robot_code ?? config.client_id;
  let known: { readonly token: string; readonly until: number } | undefined;

  const call = async (
    path: string,
    data: object,
    token: string | undefined,
    ends: AbortSignal,
    method: 'POST' | 'PUT' = 'POST',
  ): Promise<unknown> => {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(`${root}${path}`, {
        method,
        headers: {
          ...{ 'content-type': 'application/json', accept: 'application/json' },
          ...(token === undefined ? {} : { 'x-acs-dingtalk-access-token': token }),
        },
        body: JSON.stringify(data),
        redirect: 'error',
        signal: AbortSignal.any([signal, ends, AbortSignal.timeout(callMs)]),
      });
      const text = await response.text();
      answer = response.ok || text.startsWith('{') ? JSON.parse(text) : undefined;
    } catch {
      throw unreachable();
    }
    if (response.ok) return answer;
    const code = Refusal.safeParse(answer).data?.code;
    if (isStaleToken(response.status, code)) known = undefined;
    throw failureOf(response.status, code);
  };
  const tokenOf = async (ends: AbortSignal): Promise<string> => {
    if (known !== undefined && known.until > Date.now()) return known.token;
    const asked = { appKey: config.client_id, appSecret: config.client_secret };
    const token = Token.safeParse(await call('/v1.0/oauth2/accessToken', asked, undefined, ends));
    if (!token.success) throw unreachable();
    const { accessToken, expireIn } = token.data;
    known = { token: accessToken, until: Date.now() + expireIn * 1_000 - earlyMs };
    return accessToken;
  };
  const put = async (msgKey: string, param: object, to: Addressee, ends: AbortSignal): Promise<void> => {
    const words = { robotCode, msgKey, msgParam: JSON.stringify(param) };
    const token = await tokenOf(ends);
    if ('group' in to) {
      await call('/v1.0/robot/groupMessages/send', { ...words, openConversationId: to.group }, token, ends);
      return;
    }
    const told = await call('/v1.0/robot/oToMessages/batchSend', { ...words, userIds: [to.person] }, token, ends);
    const sent = Sent.safeParse(told);
    if (!sent.success) return;
    if (sent.data.flowControlledStaffIdList.length > 0) throw failureOf(429, 'flowControlled');
    if (sent.data.invalidStaffIdList.length > 0)
      throw new AppError('channel.rejected', { publicMessage: 'DingTalk: the person cannot be reached.' });
  };
  /** The older API, which takes the same token; what it refuses it answers with 200, too. */
  const upload = async (type: 'image' | 'file', file: OutgoingFile, ends: AbortSignal): Promise<string> => {
    const address = new URL(`${config.media_root.replace(/\/$/, '')}/media/upload?type=${type}`);
    address.searchParams.set('access_token', await tokenOf(ends));
    const body = await mediaForm(file);
    const limits = AbortSignal.any([signal, ends, AbortSignal.timeout(uploadMs)]);
    const answer = await fetch(address, { method: 'POST', body, redirect: 'error', signal: limits })
      .then((response) => response.json())
      .catch(() => undefined);
    const told = Uploaded.safeParse(answer);
    if (!told.success) throw unreachable();
    const { errcode, media_id: id } = told.data;
    if (errcode === 0 && id !== undefined) return id;
    const failure = uploadFailure(errcode);
    if (failure.code === 'channel.failed') known = undefined;
    throw failure;
  };
  return {
    check: async () => void (await tokenOf(signal)),
    post: (markdown, to, ends) => put('sampleMarkdown', { title: titleOf(markdown), text: markdown }, to, ends),
    openCard: async (outTrackId, to, ends) => {
      const { card_template_id: cardTemplateId = '', card_variable: key } = config;
      const place =
        'group' in to
          ? {
              openSpaceId: `dtv1.card//IM_GROUP.${to.group}`,
              imGroupOpenSpaceModel: { supportForward: true },
              imGroupOpenDeliverModel: { robotCode },
            }
          : {
              openSpaceId: `dtv1.card//IM_ROBOT.${to.person}`,
              imRobotOpenSpaceModel: { supportForward: true },
              imRobotOpenDeliverModel: { spaceType: 'IM_ROBOT', robotCode },
            };
      const card = { cardTemplateId, outTrackId, callbackType: 'STREAM', cardData: { cardParamMap: { [key]: '' } } };
      await call('/v1.0/card/instances/createAndDeliver', { ...card, ...place }, await tokenOf(ends), ends);
    },
    fillCard: async (outTrackId, content, isFinalize, ends) => {
      const said = { outTrackId, guid: randomUUID(), key: config.card_variable, content, isFull: true, isFinalize };
      await call('/v1.0/card/streaming', { ...said, isError: false }, await tokenOf(ends), ends, 'PUT');
    },
    postFile: async (file, to, ends) => {
      const picture = pictures.includes(file.type);
      const media = await upload(picture ? 'image' : 'file', file, ends);
      if (picture) return put('sampleImageMsg', { photoURL: media }, to, ends);
      const { name } = file;
      const fileType = /\.([a-z0-9]{1,10})$/i.exec(name)?.[1]?.toLowerCase() ?? 'bin';
      await put('sampleFile', { mediaId: media, fileName: name, fileType }, to, ends);
    },
    fetchFile: async (file, ends) => {
      const asked = { downloadCode: file.handle, robotCode };
      const ask = async (): Promise<unknown> =>
        call('/v1.0/robot/messageFiles/download', asked, await tokenOf(ends), ends);
      // A token that ended before its time is forgotten by then.
      const again = (thrown: unknown): unknown => (known === undefined ? ask() : Promise.reject(thrown));
      const told = Place.safeParse(await ask().catch(again));
      const url = URL.parse(told.data?.downloadUrl ?? '');
      // DingTalk says where, not the person. It names a store of its own, which gets no token; whoever sits on the way may not say.
      if (url === null || !(url.protocol === 'https:' || url.origin === URL.parse(root)?.origin))
        throw new AppError('channel.rejected');
      return fetchBytes(url, {}, AbortSignal.any([signal, ends]), file);
    },
    streamAddress: async (topics, ends) => {
      const { client_id: clientId, client_secret: clientSecret } = config;
      const subscriptions = topics.map((topic) => ({ type: 'CALLBACK', topic }));
      const asked = { clientId, clientSecret, ua: 'queueclaw', subscriptions };
      const parsed = Endpoint.safeParse(await call('/v1.0/gateway/connections/open', asked, undefined, ends));
      if (!parsed.success) throw unreachable();
      const address = new URL(parsed.data.endpoint);
      if (address.protocol !== root.replace(/^http(s?):.*$/s, 'ws$1:')) throw unreachable();
      address.searchParams.set('ticket', parsed.data.ticket);
      return address.href;
    },
  };
}
