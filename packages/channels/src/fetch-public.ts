import { AppError } from '@queueclaw/contracts';
import { lookup as lookUp } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { FetchedFile, IncomingFile } from './contract.js';
import { fetchBytes, isPage } from './fetch-bytes.js';
import { isPublicAddress } from './public-address.js';

/** For tests: another way to find addresses, what is allowed of them, and who is believed. */
export type PublicNet = {
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly isAllowed?: (address: string) => boolean;
  readonly ca?: string;
};

const resolveAll = (host: string): Promise<readonly string[]> =>
  new Promise((resolve, reject) =>
    lookUp(host, { all: true }, (error, found) => {
      if (error === null) resolve(found.map(({ address }) => address));
      else reject(error);
    }),
  );

const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

/** Finds hosts of the Internet only; the connection is made to the very addresses that were judged. */
const lookupOf =
  (resolve: NonNullable<PublicNet['resolve']>, isAllowed: (address: string) => boolean): LookupFunction =>
  (host, { all }, told) => {
    resolve(host).then(
      (found) => {
        const allowed = found.filter(isAllowed).map((address) => ({ address, family: isIP(address) }));
        const [first] = allowed;
        if (first === undefined) told(new Error('no address of the Internet'), '');
        else if (all === true) told(null, allowed);
        else told(null, first.address, first.family);
      },
      (error: unknown) => told(error instanceof Error ? error : new Error('not found'), ''),
    );
  };

const ask = (
  url: URL,
  options: { lookup: LookupFunction; signal: AbortSignal; ca?: string },
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { accept: '*/*', 'accept-encoding': 'identity' };
    request(url, { ...options, headers, agent: false }, resolve)
      .on('error', reject)
      .end();
  });

/**
 * A file at an address that a person gave. Unless its origin is one of `origins`, it must be over TLS and lie on the Internet:
 * nobody makes us ask this machine or its network. Leads nowhere else.
 * @throws AppError `channel.failed` (5xx, 429, no connection), `channel.rejected` (no such address, everything else that is no file)
 */
export async function fetchPublic(
  file: IncomingFile,
  origins: readonly string[],
  signal: AbortSignal,
  { resolve = resolveAll, isAllowed = isPublicAddress, ca }: PublicNet = {},
): Promise<FetchedFile> {
  const url = URL.parse(file.handle);
  if (url === null || url.username !== '' || url.password !== '') throw new AppError('channel.rejected');
  if (origins.some((origin) => URL.parse(origin)?.origin === url.origin)) return fetchBytes(url, {}, signal, file);
  const host = bare(url.hostname);
  if (url.protocol !== 'https:' || (isIP(host) !== 0 && !isAllowed(host))) throw new AppError('channel.rejected');
  const lookup = lookupOf(resolve, isAllowed);
  const answer = await ask(url, { lookup, signal, ...(ca === undefined ? {} : { ca }) }).catch(() => undefined);
  if (answer === undefined) throw new AppError('channel.failed');
  const { statusCode: status = 0, headers } = answer;
  const instead = isPage(headers['content-type']) && !isPage(file.type);
  if (status === 200 && !instead) return answer as AsyncIterable<Buffer>;
  answer.destroy();
  throw new AppError(status >= 500 || status === 429 ? 'channel.failed' : 'channel.rejected');
}
