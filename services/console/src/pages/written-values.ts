import type { Countable, Words } from '../phrases/index.js';
import { type Html, html } from './html.js';

/** A time as people read it, in UTC, and as programs do. */
export function time(ms: number): Html {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime()) || ms <= 0) return html`<span class="quiet">–</span>`;
  const iso = date.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)}</time>`;
}

/** `840 ms`, `2.4 s`, `3 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}

/** `12 345`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** `1 turn`, `12 345 turns`. */
export function some(words: Words, value: number, of: Countable): Html {
  return words(`${of}.${value === 1 ? 'one' : 'many'}`, { count: count(value) });
}

/** `0.0125 USD`, from millionths. */
export function money(micros: number, currency: string): string {
  const [whole = '0', part = ''] = (micros / 1_000_000).toFixed(6).split('.');
  return `${count(Number(whole))}.${part.replace(/0{1,4}$/, '')} ${currency}`;
}

/** A text in full up to `charsMax` characters; how many are left out is said. */
export function cut(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}\n… +${count(text.length - charsMax)}`;
}
