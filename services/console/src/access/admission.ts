import { AppError } from '@queueclaw/contracts';
import { isLoopback } from '@queueclaw/runtime';
import { refusalOf } from '../phrases/index.js';
import { hostnameOf, type Visitor } from './visitor.js';

/**
 * `open`: health, style sheet and login. `queues`: ids, names, counts and times. `people`: what people wrote, and dead
 * letters.
 */
export type Room = 'open' | 'queues' | 'people';

export type Knock = {
  readonly method: string;
  readonly room: Room;
  readonly visitor: Visitor;
  /** Operators are configured. */
  readonly guarded: boolean;
};

export const isLooking = (method: string): boolean => method === 'GET' || method === 'HEAD';

/**
 * Lets a request in. Without operators, this machine may look and nobody may act; with operators, they may do everything
 * and this machine may look at queues.
 * @throws AppError auth.required, auth.invalid, auth.forbidden
 */
export function admit({ method, room, visitor, guarded }: Knock): void {
  if (!guarded) {
    if (!isLooking(method)) throw refusalOf('auth.forbidden', 'wrong.acts');
    if (room === 'open' || visitor.local) return;
    throw new AppError('auth.forbidden');
  }
  if (room === 'open' || visitor.operator) return;
  if (visitor.refused) throw new AppError('auth.invalid');
  if (room === 'queues' && isLooking(method) && visitor.local) return;
  throw refusalOf('auth.required', 'wrong.operator');
}

export type Approach = {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly boundHost: string;
  readonly guarded: boolean;
  readonly bySession: boolean;
};

const hostOfOrigin = (origin: string): string | undefined => /^https?:\/\/([^/?#@\s]+)$/i.exec(origin)?.[1];
const withoutUsualPort = (host: string): string => host.toLowerCase().replace(/:(80|443)$/, '');

/**
 * Refuses pages of other sites, names that are not ours (DNS rebinding: without operators the name is all there is to go
 * by), and acts under a browser's cookie that no page of ours asked for.
 * @throws AppError request.origin
 */
export function checkOrigin({ method, host, origin, boundHost, guarded, bySession }: Approach): void {
  const foreign = new AppError('request.origin');
  if (host === undefined) throw foreign;
  const name = hostnameOf(host);
  if (!guarded && !isLoopback(name) && name !== boundHost.toLowerCase()) throw foreign;
  if (origin === undefined) {
    if (bySession && !isLooking(method)) throw foreign;
    return;
  }
  const own = hostOfOrigin(origin);
  if (own === undefined || withoutUsualPort(own) !== withoutUsualPort(host)) throw foreign;
}
