import { type ActorAddress, AppError, ConversationId, TenantId } from '@queueclaw/contracts';
import { z } from 'zod';
import { refusalOf } from '../phrases/index.js';

const Before = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional();
const Limit = z.coerce.number().int().min(1).max(500).optional();

/** A tenant from an address. @throws AppError request.invalid */
export function tenantOf(value: unknown): string {
  const parsed = TenantId.safeParse(value ?? 'default');
  if (!parsed.success) throw refusalOf('request.invalid', 'wrong.tenant');
  return parsed.data;
}

/** A turn's number, or the latest. @throws AppError request.invalid */
export function turnOf(value: string): number | 'latest' {
  if (value === 'latest') return value;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw refusalOf('request.invalid', 'wrong.turn');
}

/** A day like `20261123`; undefined: today. @throws AppError request.invalid */
export function dayOf(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  const date = value.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
  const at = date === value ? Number.NaN : Date.parse(date);
  if (!Number.isNaN(at) && new Date(at).toISOString().startsWith(date)) return value;
  throw refusalOf('request.invalid', 'wrong.day');
}

/** A conversation's address. @throws AppError request.invalid, conversation.invalid */
export function addressOf(params: { readonly tenant: string; readonly id: string }): ActorAddress {
  const conversation = ConversationId.safeParse(params.id);
  if (!conversation.success) throw new AppError('conversation.invalid');
  return { tenant: tenantOf(params.tenant), conversation: conversation.data };
}

export type PageQuery = { readonly tenant?: string; readonly before?: string; readonly limit?: string };

/** Which page is asked for. @throws AppError request.invalid */
export function pageOf(query: PageQuery, usualLimit: number): { limit: number; before?: number } {
  const before = Before.safeParse(query.before);
  const limit = Limit.safeParse(query.limit);
  if (!before.success || !limit.success) throw refusalOf('request.invalid', 'wrong.page');
  return { limit: limit.data ?? usualLimit, ...(before.data === undefined ? {} : { before: before.data }) };
}
