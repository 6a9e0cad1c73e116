import type { ModelCall } from '@queueclaw/contracts';
import { parseArguments } from '../calls.js';

export type CallPart = {
  readonly index?: number | null | undefined;
  readonly id?: string | null | undefined;
  readonly function?:
    | { readonly name?: string | null | undefined; readonly arguments?: string | null | undefined }
    | null
    | undefined;
};

type Building = { index: number; id: string; name: string; text: string };

export type CallAssembler = {
  add(part: CallPart): void;
  /** The calls; only meaningful when the vendor said that its answer is complete. */
  finish(): ModelCall[];
};

/**
 * Puts tool calls together from the deltas of Chat Completions. Compatible servers leave out indexes or ids, or send every
 * call under index 0: an id that was not seen begins a new call.
 */
export function createCallAssembler(): CallAssembler {
  const calls: Building[] = [];
  const find = ({ index, id }: CallPart): Building | undefined => {
    if (id) return calls.find((call) => call.id === id) ?? calls.find((call) => call.index === index && call.id === '');
    return index == null ? calls.at(-1) : calls.findLast((call) => call.index === index);
  };
  return {
    add(part) {
      let call = find(part);
      if (call === undefined) {
        call = { index: part.index ?? calls.length, id: '', name: '', text: '' };
        calls.push(call);
      }
      call.id ||= part.id ?? '';
      call.name ||= part.function?.name ?? '';
      call.text += part.function?.arguments ?? '';
    },
    finish: () =>
      calls.map(({ id, name, text }, at) => ({ id: id || `call_${at + 1}`, name, args: parseArguments(text) })),
  };
}
