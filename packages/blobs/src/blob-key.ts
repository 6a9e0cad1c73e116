import { AppError, AttachmentId, TenantId } from '@queueclaw/contracts';

/** A blob's place: made here and nowhere else, so that no name from outside reaches a path unchecked. */
export type BlobKey = { readonly tenant: string; readonly sha256: string };

/** The place of a blob; undefined when the id is none. @throws AppError `system.internal` for a tenant that cannot be */
export function blobKey(tenant: string, id: string): BlobKey | undefined {
  checkTenant(tenant);
  return AttachmentId.safeParse(id).success ? { tenant, sha256: id.slice('sha256-'.length) } : undefined;
}

/** @throws AppError `system.internal`: tenants come from tokens and the configuration */
export function checkTenant(tenant: string): void {
  if (!TenantId.safeParse(tenant).success) throw new AppError('system.internal', { cause: new Error('not a tenant') });
}
