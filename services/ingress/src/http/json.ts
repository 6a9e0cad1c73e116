import { AppError } from '@queueclaw/contracts';
import { isUtf8 } from 'node:buffer';

const depthMax = 64;

const quote = 0x22;
const backslash = 0x5c;

const occursMore = (text: string, what: string, most: number): boolean => {
  let at = text.indexOf(what);
  for (let count = 0; at >= 0; at = text.indexOf(what, at + 1)) if ((count += 1) > most) return true;
  return false;
};

/** True when arrays and objects are nested deeper than 64. Counts brackets outside strings; needs no valid JSON. */
export function isTooDeep(text: string): boolean {
  // Nearly every text has too few brackets to be deep, and a native search tells.
  const half = depthMax / 2;
  if (!occursMore(text, '{', half) && !occursMore(text, '[', half)) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === backslash) at += 1;
      else if (char === quote) inString = false;
    } else if (char === quote) inString = true;
    else if (char === 0x7b || char === 0x5b) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (char === 0x7d || char === 0x5d) depth -= 1;
  }
  return false;
}

/**
 * JSON from outside. `__proto__` arrives as a property of its own, which the strict schemas refuse; nothing is merged.
 * @throws AppError `request.malformed`
 */
export function parseJsonText(text: string): unknown {
  if (isTooDeep(text)) throw new AppError('request.malformed', { publicMessage: 'The JSON is nested deeper than 64.' });
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AppError('request.malformed', { publicMessage: 'The body is not valid JSON.' });
  }
}

/**
 * JSON from bytes.
 * @throws AppError `request.malformed`
 */
export function parseJsonBytes(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new AppError('request.malformed', { publicMessage: 'The body is not valid UTF-8.' });
  return parseJsonText(bytes.toString('utf8'));
}
