/** An open code block of Markdown (CommonMark 4.5): the marker that closes it and the line that opens it again. */
export type Fence = { readonly marker: string; readonly reopen: string };

const fenceLine = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const markerMax = 12;
const infoMax = 20;

/** True for a line that opens or closes a code block, or would if it stood alone. */
export function isFenceLine(line: string): boolean {
  return fenceLine.test(line);
}

const next = (fence: Fence | undefined, line: string): Fence | undefined => {
  const [, marker, info = ''] = fenceLine.exec(line) ?? [];
  if (marker === undefined) return fence;
  if (fence === undefined) {
    if ((marker.startsWith('`') && info.includes('`')) || marker.length > markerMax) return undefined;
    const [language = ''] = info.trim().split(/\s/);
    return { marker, reopen: marker + (language.length > infoMax ? '' : language) };
  }
  const closes = marker.startsWith(fence.marker) && info.trim() === '';
  return closes ? undefined : fence;
};

/** The code block that is open after `text`, when `fence` was open before it. */
export function fenceAfter(fence: Fence | undefined, text: string): Fence | undefined {
  return text.split('\n').reduce(next, fence);
}
