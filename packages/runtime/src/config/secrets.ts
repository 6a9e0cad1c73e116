import type { Environment } from './expand.js';
import { isPlainObject } from './paths.js';
import type { Config } from './schema.js';

const secretName = /token|secret|passw|(api|access|private|encrypt|aes|signing|mail)_?key|credential|cookie/i;
const secretVariable = /(TOKEN|SECRET|PASSWORD|PASSWD|KEY)$/;
/** Shorter values are not secrets but words, and taking them out would make the logs unreadable. */
const charsMin = 8;

/** True when a setting of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** The password in a URL, as it is written and decoded; nothing when it has none or is not a URL. */
export function urlPasswords(text: string): string[] {
  const written = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*?:([^/@\s]+)@/i.exec(text)?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}

const collect = (value: unknown, secret: boolean, found: string[]): void => {
  if (typeof value === 'string') found.push(...(secret ? [value] : urlPasswords(value)));
  else if (Array.isArray(value)) for (const item of value) collect(item, secret, found);
  else if (isPlainObject(value))
    for (const [key, item] of Object.entries(value)) collect(item, isSecretName(key), found);
};

/**
 * Every secret the process knows: of the configuration by the names of its keys, passwords in URLs, and of the
 * environment by the names of its variables. For `registerSecret`.
 */
export function collectSecrets(config: Config, env: Environment): string[] {
  const found: string[] = [];
  collect({ ...config, limits: undefined, agents: undefined }, false, found);
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (secretVariable.test(name)) found.push(value);
    else found.push(...urlPasswords(value));
  }
  return [...new Set(found)].filter((secret) => secret.length >= charsMin);
}
