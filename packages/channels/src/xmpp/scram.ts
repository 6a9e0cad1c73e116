import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

type Credentials = { readonly username: string; readonly password: string };

/** What the library asks of a way to log in. Texts are bytes, a character each. */
type Mechanism = {
  readonly name: string;
  readonly clientFirst: boolean;
  response(credentials: Credentials): Promise<string>;
  challenge(text: string): void;
};

const derive = promisify(pbkdf2);
const iterationsMax = 1_000_000;
const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const escapedName = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C');

/**
 * SCRAM (RFC 5802, RFC 7677), deriving the key beside the event loop: the library's own takes it up for most of a second.
 * @throws Error when the server's challenge is not well-formed, or asks for too much work
 */
export function scram(digest: 'sha1' | 'sha256'): new () => Mechanism {
  const length = digest === 'sha1' ? 20 : 32;
  return class implements Mechanism {
    readonly name: string = digest === 'sha1' ? 'SCRAM-SHA-1' : 'SCRAM-SHA-256';
    readonly clientFirst = true;
    readonly #nonce = randomBytes(18).toString('base64url');
    #challenge: string | undefined;

    async response({ username, password }: Credentials): Promise<string> {
      const first = `n=${escapedName(username.normalize('NFKC'))},r=${this.#nonce}`;
      if (this.#challenge === undefined) return bytesOf(`n,,${first}`);
      const given = new Map(this.#challenge.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
      const [nonce = '', salt = '', iterations] = [given.get('r'), given.get('s'), Number(given.get('i'))];
      const sane = iterations >= 1 && iterations <= iterationsMax && nonce.startsWith(this.#nonce) && salt !== '';
      if (!sane) throw new Error('SCRAM: not a challenge');
      const salted = await derive(password.normalize('NFKC'), Buffer.from(salt, 'base64'), iterations, length, digest);
      const clientKey = createHmac(digest, salted).update('Client Key').digest();
      const storedKey = createHash(digest).update(clientKey).digest();
      const last = `c=biws,r=${nonce}`;
      const signed = createHmac(digest, storedKey).update(`${first},${this.#challenge},${last}`).digest();
      const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signed[at] ?? 0)));
      return bytesOf(`${last},p=${proof.toString('base64')}`);
    }

    challenge(text: string): void {
      this.#challenge = Buffer.from(text, 'latin1').toString('utf8');
    }
  };
}
