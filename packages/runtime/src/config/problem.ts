import { AppError } from '@queueclaw/contracts';

/** The way to a value in the configuration: `['server', 'port']`. */
export type ConfigPath = readonly (string | number)[];

/** One thing that is wrong with the configuration. */
export type ConfigProblem = {
  /** `queueclaw.yaml:12`, or the environment variable that set the value; absent for what is nowhere written. */
  readonly where: string | undefined;
  /** Dotted path, empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
};

/** A path in the words of people: `server.tokens[0].token`. */
export function formatPath(path: ConfigPath): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}

/** One line: where, what, why. */
export function formatProblem(problem: ConfigProblem): string {
  const start = [problem.where, problem.path].filter((part) => part !== undefined && part !== '').join(': ');
  return start === '' ? problem.message : `${start}: ${problem.message}`;
}

/** All problems as one AppError `config.invalid`; its message has a line for each and holds no value that may be secret. */
export function configError(problems: readonly ConfigProblem[]): AppError {
  const lines = problems.slice(0, 50).map((problem) => `  ${formatProblem(problem)}`);
  if (problems.length > 50) lines.push(`  and ${problems.length - 50} more`);
  return new AppError('config.invalid', { publicMessage: ['The configuration is not valid:', ...lines].join('\n') });
}
