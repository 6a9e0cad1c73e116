/** What one call, and the workspace of one conversation, may use. */
export type SandboxLimits = {
  /** Of all processes of a call together, files in `/tmp` included; without a control group: of each. */
  readonly memoryBytes: number;
  /** Processes and threads of a call. */
  readonly processes: number;
  /** Processors that a call may keep busy; a half is 0.5. Without a control group there is no bound. */
  readonly cpus: number;
  readonly workspaceBytes: number;
  /** Files and folders of a workspace. */
  readonly workspaceFiles: number;
};

const mebibyte = 1024 * 1024;

/** What holds unless the configuration says otherwise. */
export const usualLimits: SandboxLimits = {
  memoryBytes: 512 * mebibyte,
  processes: 128,
  cpus: 1,
  workspaceBytes: 256 * mebibyte,
  workspaceFiles: 20_000,
};
