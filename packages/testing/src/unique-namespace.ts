import { randomBytes } from 'node:crypto';

/** A key namespace nobody else uses, so that tests may share one Redis: matches `/^[a-z][a-z0-9-]{0,30}$/`. */
export function uniqueNamespace(): string {
  return `t${randomBytes(8).toString('hex')}`;
}
