/** One attempted escape and what came of it. */
export type Canary = {
  readonly name: string;
  /** `containment`: a success refuses the shell; `resources`: a success means that only weaker limits hold. */
  readonly class: 'containment' | 'resources';
  readonly escaped: boolean;
  /** For the operator; no secret. */
  readonly detail: string;
};

/** What this machine's sandbox holds, as tried at the start. */
export type SandboxReport = {
  readonly provider: 'bubblewrap' | 'none';
  /** Commands run only when this is `ok`. `unavailable`: there is no sandbox here; `failed`: an escape got through. */
  readonly containment: 'ok' | 'failed' | 'unavailable';
  /**
   * `full`: memory, processes, processor time and disk of a call are bounded as a whole; `limited`: memory per process, disk
   * by measuring before and after each call, and one call at a time.
   */
  readonly resources: 'full' | 'limited';
  /** Why it is not `ok` or not `full`, one sentence each, for the operator. */
  readonly reasons: readonly string[];
  readonly canaries: readonly Canary[];
};
