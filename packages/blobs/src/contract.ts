import type { Attachment } from '@queueclaw/contracts';
import type { Readable } from 'node:stream';
import type { BlobKey } from './blob-key.js';

/** Bytes, a piece at a time. */
export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** What is said about bytes that come in. */
export type About = {
  readonly name: string | undefined;
  /** What the sender says they are; a picture is only what looks like one. */
  readonly type: string | undefined;
  /** At most so many; never more than the configured size. */
  readonly bytesMax?: number | undefined;
  /** How many there will be, when it is known: too many are refused before the first one is read. */
  readonly bytes?: number | undefined;
};

/** Stored bytes. Whoever gets the stream reads it to its end or destroys it. */
export type BlobContent = {
  /** The whole blob, in bytes. */
  readonly size: number;
  readonly stream: Readable;
};

/**
 * Bytes by their SHA-256, each tenant's apart. A blob is there whole or not at all, and lives until it has not been referred
 * to for as long as its sweeper waits. Every call may throw `system.unavailable`.
 */
export type Blobs = {
  /** The configured size of one blob, in bytes. */
  readonly bytesMax: number;
  /**
   * Stores a stream; durable when it resolves. The same bytes again are the same blob.
   * @throws AppError `attachment.too_large`, `attachment.quota`; whatever the stream itself fails with
   */
  put(tenant: string, bytes: Bytes, about: About): Promise<Attachment>;
  /** A blob, or its first `bytesMax` bytes; undefined when there is none of this name. */
  get(tenant: string, id: string, part?: { readonly bytesMax: number }): Promise<BlobContent | undefined>;
  /** Somebody refers to it: its life starts anew. False when there is none. */
  touch(tenant: string, id: string): Promise<boolean>;
  delete(tenant: string, id: string): Promise<void>;
  /**
   * Removes what nobody has referred to since a moment (milliseconds since the epoch), and what crashed uploads left. Any
   * number of processes may do it at once. Returns how many it removed.
   */
  sweep(before: number): Promise<number>;
  close(): void;
};

/** Where blobs lie: a folder or a bucket. It is handed whole, checked files under names that are safe. */
export type Store = {
  /** Takes a file over; durable when it resolves. What was there under this key is replaced, which is the same bytes. */
  keep(key: BlobKey, file: { readonly path: string; readonly size: number }): Promise<void>;
  read(key: BlobKey, bytesMax: number | undefined): Promise<BlobContent | undefined>;
  touch(key: BlobKey): Promise<boolean>;
  remove(key: BlobKey): Promise<void>;
  sweep(before: number): Promise<number>;
  /** The size of every blob of a tenant, in bytes. */
  sizes(tenant: string): AsyncIterable<number>;
  close(): void;
};
