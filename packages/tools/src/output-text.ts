/** What a model reads of one call, bytes of UTF-8. */
export const outputTextBytesMax = 32_768;

// Escape sequences of terminals, then control characters but tab and newline.
// oxlint-disable-next-line no-control-regex
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Bytes of a program as text for a model: UTF-8 with what is invalid replaced, no escape sequences, no control characters. */
export function cleanText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll('\r\n', '\n').replace(escapes, '').replace(controls, '');
}

/** The text within the bound: head and tail, with a line in between that says how much is missing. */
export function boundText(text: string, bytesMax: number = outputTextBytesMax): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= bytesMax) return text;
  const room = bytesMax - 64;
  const head = decodeWhole(bytes.subarray(0, Math.floor(room * 0.7)));
  const tail = decodeWhole(bytes.subarray(bytes.length - Math.floor(room * 0.3)));
  return `${head}\n… ${bytes.length - room} bytes left out …\n${tail}`;
}

/** Decodes a cut piece; the broken characters at its ends are dropped. */
const decodeWhole = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/^\ufffd+|\ufffd+$/g, '');
