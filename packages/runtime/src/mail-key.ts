import { AppError } from '@queueclaw/contracts';
import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './config/expand.js';
import { makePrivateFolder } from './home.js';

const charsMin = 32;

const check = (key: string, where: string): string => {
  if (key.length >= charsMin) return key;
  throw new AppError('config.invalid', { publicMessage: `${where} must hold at least ${charsMin} characters.` });
};

const readKey = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * The key that signs mail (HMAC): `QUEUECLAW_MAIL_KEY`, else the one in `<home>/mail.key`, made once (256 bits, readable
 * by its owner only). When several processes start at the same time, all get the same key.
 * @throws AppError `config.invalid` when the key is shorter than 32 characters.
 */
export function loadMailKey(env: Environment, home: string): string {
  const given = env['QUEUECLAW_MAIL_KEY'];
  if (given !== undefined && given !== '') return check(given, 'QUEUECLAW_MAIL_KEY');
  const file = join(home, 'mail.key');
  const known = readKey(file);
  if (known !== undefined) {
    chmodSync(file, 0o600);
    return check(known, file);
  }
  makePrivateFolder(home);
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    // A link appears whole or not at all, and never over another process's key.
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return check(readKey(file) ?? '', file);
}
