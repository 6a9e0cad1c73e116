/** The log files of `up`, one for each process. */
export const logFiles: readonly string[] = ['all-in-one', 'tool-runner', 'redis'];

/** Parts that share a process, and so a file. */
export const logParts: readonly string[] = ['ingress', 'agent', 'console'];

/** What `logs --service` accepts. */
export const logNames: readonly string[] = [...logFiles, ...logParts];
