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

/** A way to contain commands. */
export type Provider = {
  readonly name: 'bubblewrap' | 'none';
  /** Makes ready what all calls share; throws with the reason when this machine cannot. */
  open(): Promise<void>;
  /**
   * @param command for `/bin/sh -c`
   * @param workspace absolute path of the folder that the command sees as its own
   */
  launch(command: string, workspace: string): Launch;
  /** Ends what `open` started. */
  close(): Promise<void>;
};
