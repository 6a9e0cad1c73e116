import type { Staging } from './bubblewrap/staging.js';

/** How to start a program that runs a command contained. Data only: `run` starts it. */
export type Launch = {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of the program itself; the command's is the provider's business. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Whom it runs as; only for a process that is root. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** What the program reads from descriptor 3. */
  readonly rules?: Uint8Array | undefined;
  /** The program writes `{"child-pid": n}` and, when the command ended by itself, `{"exit-code": n}` to descriptor 4. */
  readonly reportsStatus: boolean;
  /** The byte that is written to the error stream before the command starts, and is not the command's. */
  readonly startMark?: number | undefined;
};

/** Where a command runs. */
export type Place = {
  /** Absolute path of the folder that the command sees as its own, as the provider finds it. */
  readonly workspace: string;
  readonly readOnly?: boolean | undefined;
  /** Files of control groups: what writes 0 to them, first of all, is bounded by them. */
  readonly joins?: readonly string[] | undefined;
};

/** A way to contain commands. */
export type Provider = {
  readonly name: 'bubblewrap' | 'none';
  /** Makes ready what all calls share; throws with the reason when this machine cannot. */
  open(): Promise<void>;
  /** @param command for `/bin/sh -c` */
  launch(command: string, place: Place): Launch;
  /** Once it is open: a mount namespace of ours in which workspaces may be mounted; undefined: none can be made here. */
  readonly staging?: Staging | undefined;
  /** Ends what `open` started. */
  close(): Promise<void>;
};
