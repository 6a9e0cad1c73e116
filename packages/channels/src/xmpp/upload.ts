import { AppError } from '@queueclaw/contracts';
import { xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import type { OutgoingFile } from '../contract.js';
import { fileBytes } from '../file-bytes.js';
import { conditionOf, failureOf } from './failure.js';
import { ns } from './namespaces.js';
import type { Outlet } from './outlet.js';

type Ask = Outlet['ask'];

/** Puts files where the account's server keeps them (XEP-0363). */
export type Uploads = {
  /**
   * @returns the address that people get it from
   * @throws AppError `channel.rejected` where there is no such service, or it takes no such file; `channel.failed`
   */
  put(ask: Ask, file: OutgoingFile, signal: AbortSignal): Promise<string>;
};

const putMs = 120_000;
const servicesMax = 20;
/** All that a server may have said with a file (XEP-0363, 5). */
const headersTaken: ReadonlySet<string> = new Set(['authorization', 'cookie', 'expires']);
/** What passes by itself, unlike a quota or a limit. */
const passing: ReadonlySet<string> = new Set([
  'remote-server-timeout',
  'internal-server-error',
  'recipient-unavailable',
]);

const rejected = (why: string): AppError => new AppError('channel.rejected', { publicMessage: `XMPP: ${why}.` });

const query = async (ask: Ask, to: string, xmlns: string): Promise<Element | undefined> => {
  const told = await ask(xml('iq', { type: 'get', to }, xml('query', { xmlns })));
  return 'answer' in told ? told.answer.getChild('query', xmlns) : undefined;
};

async function findService(ask: Ask, domain: string): Promise<string> {
  const items = (await query(ask, domain, ns.discoItems))?.getChildren('item') ?? [];
  const hosts = [domain, ...items.map(({ attrs }) => String(attrs['jid'] ?? ''))].slice(0, servicesMax);
  for (const host of hosts) {
    const features = (await query(ask, host, ns.discoInfo))?.getChildren('feature') ?? [];
    if (features.some(({ attrs }) => attrs['var'] === ns.upload)) return host;
  }
  throw rejected('the server keeps no files');
}

type Slot = { readonly put: URL; readonly get: string; readonly headers: Readonly<Record<string, string>> };

function slotIn(answer: Element, isTrusted: (url: URL) => boolean): Slot {
  const slot = answer.getChild('slot', ns.upload);
  const given = slot?.getChild('put');
  const put = URL.parse(String(given?.attrs['url'] ?? ''));
  const get = URL.parse(String(slot?.getChild('get')?.attrs['url'] ?? ''));
  if (put === null || get === null || !(put.protocol === 'https:' || isTrusted(put)))
    throw rejected('the server keeps files where they are not safe');
  const headers = (given?.getChildren('header') ?? []).flatMap((header): [string, string][] => {
    const name = String(header.attrs['name'] ?? '').toLowerCase();
    return headersTaken.has(name) ? [[name, header.text().replaceAll(/[\r\n]/g, '')]] : [];
  });
  return { put, get: get.href, headers: Object.fromEntries(headers) };
}

/** @param origins where files may be put without TLS */
export function uploadsOf(domain: string, origins: readonly string[]): Uploads {
  const trusted = new Set(origins.map((origin) => URL.parse(origin)?.origin));
  let service: string | undefined;
  return {
    put: async (ask, file, signal) => {
      const to = (service ??= await findService(ask, domain));
      const { name: filename, size, type } = file;
      const request = xml('request', { xmlns: ns.upload, filename, size: String(size), 'content-type': type });
      const told = await ask(xml('iq', { type: 'get', to }, request));
      if ('refused' in told) {
        service = undefined;
        throw passing.has(conditionOf(told.refused)) ? failureOf(told.refused) : rejected(conditionOf(told.refused));
      }
      const { put, get, headers } = slotIn(told.answer, (url) => trusted.has(url.origin));
      const answer = await fetch(put, {
        ...{ method: 'PUT', headers: { ...headers, 'content-type': type }, body: await fileBytes(file) },
        ...{ redirect: 'error', signal: AbortSignal.any([signal, AbortSignal.timeout(putMs)]) },
      }).catch(() => undefined);
      await answer?.body?.cancel().catch(() => undefined);
      if (answer?.status === 200 || answer?.status === 201) return get;
      if (answer === undefined || answer.status >= 500 || answer.status === 429)
        throw new AppError('channel.failed', { publicMessage: 'XMPP: the server keeps no files at the moment.' });
      throw rejected(`the server did not take the file (HTTP ${answer.status})`);
    },
  };
}
