import type { Config } from '@queueclaw/runtime';
import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/** Somebody who may act. */
export type Operator = {
  /** Names the token without telling it. */
  readonly id: string;
  readonly name: string;
};

/** Knows the configured operators, by token and by session. */
export type Operators = {
  /** False: nobody may act, and only this machine may look. */
  readonly configured: boolean;
  findByToken(token: string): Operator | undefined;
  /** A session that any replica recognises until `expiresAt`, milliseconds; worthless once the token is changed. */
  openSession(operator: Operator, expiresAt: number): string;
  findBySession(session: string, now: number): Operator | undefined;
};

const charsMax = 512;
const sessionKey = (token: string): Buffer => hash('sha256', `queueclaw console session\n${token}`, 'buffer');

/** Keeps digests only, looks up by digest and compares in constant time. */
export function operatorsFrom(configured: Config['console']['operators']): Operators {
  const known = configured.map(({ token, name }) => {
    const digest = hash('sha256', token, 'buffer');
    return { digest, key: sessionKey(token), operator: { id: digest.toString('hex').slice(0, 16), name } };
  });
  const sign = (key: Buffer, id: string, expiresAt: string): Buffer =>
    createHmac('sha256', key).update(`${id}.${expiresAt}`).digest();

  return {
    configured: known.length > 0,
    findByToken: (token) => {
      if (token.length > charsMax) return undefined;
      const digest = hash('sha256', token, 'buffer');
      return known.find((one) => timingSafeEqual(one.digest, digest))?.operator;
    },
    openSession: ({ id }, expiresAt) => {
      const owner = known.find(({ operator }) => operator.id === id);
      if (!owner) throw new Error('no such operator');
      return `${id}.${expiresAt}.${sign(owner.key, id, String(expiresAt)).toString('base64url')}`;
    },
    findBySession: (session, now) => {
      const [id = '', expiresAt = '', signature = '', ...more] = session.length > charsMax ? [] : session.split('.');
      const owner = known.find(({ operator }) => operator.id === id);
      if (!owner || more.length > 0 || !/^[0-9]{1,16}$/.test(expiresAt) || Number(expiresAt) <= now) return undefined;
      const given = Buffer.from(signature, 'base64url');
      const right = sign(owner.key, id, expiresAt);
      return given.length === right.length && timingSafeEqual(given, right) ? owner.operator : undefined;
    },
  };
}
