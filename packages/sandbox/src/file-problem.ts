const sentences = {
  outside: 'The path leads outside of the workspace.',
  name: 'The path is not valid.',
  missing: 'There is no such file.',
  'not-a-file': 'This is not a regular file.',
  'not-a-folder': 'A part of the path is a link or no folder; links are not followed.',
  denied: 'The file may not be read or written.',
  full: 'There is no space left in the workspace.',
  quota: 'The workspace holds more than it may and cannot be written any more.',
  closed: 'The workspace cannot be opened on this machine at the moment.',
  platform: 'Files need Linux.',
} as const;

/** Why a file of a workspace could not be read or written: for the model to read, not a fault of ours. */
export class FileProblem extends Error {
  readonly kind: keyof typeof sentences;

  constructor(kind: keyof typeof sentences, options?: ErrorOptions) {
    super(sentences[kind], options);
    this.name = 'FileProblem';
    this.kind = kind;
  }
}

const kinds: Readonly<Record<string, keyof typeof sentences>> = {
  ENOENT: 'missing',
  ELOOP: 'not-a-folder',
  EMLINK: 'not-a-folder',
  ENOTDIR: 'not-a-folder',
  EISDIR: 'not-a-file',
  ENXIO: 'not-a-file',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENAMETOOLONG: 'name',
  EINVAL: 'name',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
};

/** Runs file work; the system's errors that a command can cause become a FileProblem. */
export async function problemOf<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const kind = error instanceof Error && 'code' in error ? kinds[String(error.code)] : undefined;
    throw kind === undefined ? error : new FileProblem(kind);
  }
}
