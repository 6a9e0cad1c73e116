/** Collects output and counts it as it is read. */
export type OutputTap = {
  add(chunk: Uint8Array): void;
  readonly truncated: boolean;
  bytes(): Uint8Array;
};

/** Keeps the first `bytesMax` bytes and calls `onOverflow`, once, at the first byte beyond them. */
export function outputTap(bytesMax: number, onOverflow: () => void): OutputTap {
  const chunks: Uint8Array[] = [];
  let kept = 0;
  let truncated = false;
  return {
    add(chunk): void {
      const room = bytesMax - kept;
      if (room > 0) chunks.push(chunk.length <= room ? chunk : chunk.slice(0, room));
      kept += Math.min(room, chunk.length);
      if (chunk.length <= room || truncated) return;
      truncated = true;
      onOverflow();
    },
    get truncated(): boolean {
      return truncated;
    },
    bytes: () => Buffer.concat(chunks),
  };
}
