import type { Incoming, IncomingFile } from './contract.js';

/** A file of `fixtures/`: a payload and what it must become. */
export type Fixture = {
  /** The guarantee, as a test's title. */
  readonly says: string;
  readonly payload: unknown;
  /** A voice note: becomes a file that says so, or words. */
  readonly voice?: true;
  /** An edit, or somebody who comes in: must become nothing. Platforms that tell of it need one. */
  readonly shows?: 'edit' | 'join';
  /** The bot wrote it itself: must become nothing. Platforms need at least one. */
  readonly own?: boolean;
  /** The expected mail, in part. */
  readonly expect?: readonly {
    readonly conversation: string;
    readonly text: string;
    readonly place?: Incoming['place'];
    readonly addressed?: boolean;
    readonly files?: readonly Partial<IncomingFile>[];
  }[];
  /** The expected error code instead. */
  readonly error?: string;
};
