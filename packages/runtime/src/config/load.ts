import { readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { checkConfig, type ConfigCheck } from './checks.js';
import { expandEnvironment, type Environment } from './expand.js';
import { coerceExpanded, issueProblems, type Locate } from './issues.js';
import { dropRetiredKeys } from './legacy.js';
import { moveAccess } from './legacy-access.js';
import { applyOverrides } from './overrides.js';
import { isPlainObject } from './paths.js';
import { parseValidPart, type ValidPart } from './parse-valid.js';
import { configError, formatPath, formatProblem, type ConfigPath, type ConfigProblem } from './problem.js';
import { Config } from './schema.js';
import { settleUnset } from './unset.js';
import { parseYaml, type YamlSource } from './yaml-source.js';

export type LoadOptions = {
  /** The file; absent: `QUEUECLAW_CONFIG`, else `queueclaw.yaml` in `cwd` when there is one. */
  readonly path?: string | undefined;
  readonly env: Environment;
  readonly cwd: string;
  /** Checks besides our own. */
  readonly checks?: readonly ConfigCheck[];
};

export type Loaded = {
  readonly config: Config;
  /** For the operator, one line each. */
  readonly warnings: string[];
  /** The file's absolute path; undefined when there is none. */
  readonly source: string | undefined;
};

export type ConfigReading =
  | ({ readonly ok: true } & Loaded)
  | { readonly ok: false; readonly problems: readonly ConfigProblem[]; readonly source: string | undefined };

const bytesMax = 1024 * 1024;

const wantedFile = ({ path, env, cwd }: LoadOptions): string | undefined => {
  const wanted = path ?? (env['QUEUECLAW_CONFIG'] || undefined);
  return wanted === undefined ? undefined : resolve(cwd, wanted);
};
const usualFile = ({ cwd }: LoadOptions): string => join(cwd, 'queueclaw.yaml');

/** The file that is read, or would be if it were there. Absolute. */
export function configFile(options: LoadOptions): string {
  return wantedFile(options) ?? usualFile(options);
}

const findFile = (options: LoadOptions): string | undefined => {
  const wanted = wantedFile(options);
  if (wanted !== undefined) return wanted;
  const usual = usualFile(options);
  return statSync(usual, { throwIfNoEntry: false })?.isFile() === true ? usual : undefined;
};

const readText = (file: string): string | ConfigProblem => {
  const problem = (message: string): ConfigProblem => ({ where: file, path: '', message });
  try {
    const bytes = readFileSync(file);
    if (bytes.length > bytesMax) return problem('the file is larger than 1 MiB');
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return problem('the file is not UTF-8');
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return problem(code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`);
  }
};

const parseConfig = (
  source: YamlSource,
  name: string,
  options: LoadOptions,
  file: string | undefined,
): ConfigReading => {
  const lineOf = (path: ConfigPath): string | undefined => {
    const line = source.lineOf(path);
    return line === undefined ? undefined : `${name}:${line}`;
  };
  const problems: ConfigProblem[] = [];
  if (source.value !== undefined && source.value !== null && !isPlainObject(source.value))
    return { ok: false, problems: [{ where: name, path: '', message: 'must be a map of sections' }], source: file };
  const retired = dropRetiredKeys(source.value ?? {}, lineOf);
  const moved = moveAccess(retired.value, lineOf);
  const expanded = expandEnvironment(moved.value, options.env);
  for (const path of expanded.malformed)
    problems.push({ where: lineOf(path), path: formatPath(path), message: 'a ${NAME} is not complete' });
  const { value: overridden, originOf } = applyOverrides(expanded.value, options.env);
  const settled = settleUnset({ ...expanded, value: overridden }, lineOf);
  for (const { path, variable } of settled.remaining) {
    if (originOf(path) !== undefined) continue;
    const message = `the environment variable ${variable} is not set; set it, or write \${${variable}:-default}`;
    problems.push({ where: lineOf(path), path: formatPath(path), message });
  }
  const where: Locate = (path) => {
    const variable = originOf(path);
    return variable === undefined ? lineOf(path) : `environment variable ${variable}`;
  };
  let { value } = settled;
  let parsed = Config.safeParse(value);
  if (!parsed.success) {
    value = coerceExpanded(value, parsed.error.issues, expanded.replaced);
    parsed = Config.safeParse(value);
  }
  if (!parsed.success) {
    const unset = new Set(settled.remaining.map(({ path }) => formatPath(path)));
    const found = parsed.error.issues.flatMap((issue) => issueProblems(issue, where));
    problems.push(...found.filter(({ path }) => !unset.has(path)));
  }
  const valid = parsed.success ? { config: parsed.data, written: (path: ConfigPath) => path } : parseValidPart(value);
  const noted =
    valid === undefined ? [] : noteFindings(valid, [checkConfig, ...(options.checks ?? [])], problems, where);
  problems.push(...noted.filter(({ warning }) => warning !== true).map(({ problem }) => problem));
  if (!parsed.success || problems.length > 0) return { ok: false, problems, source: file };
  const warnings = noted.filter(({ warning }) => warning === true).map(({ problem }) => formatProblem(problem));
  return {
    ok: true,
    config: parsed.data,
    warnings: [...retired.warnings, ...moved.warnings, ...settled.warnings, ...warnings],
    source: file,
  };
};

type Noted = { readonly problem: ConfigProblem; readonly warning: true | undefined };

/** What the checks found, but for what is known to be wrong already. */
const noteFindings = (
  valid: ValidPart,
  checks: readonly ConfigCheck[],
  known: readonly ConfigProblem[],
  where: Locate,
): Noted[] => {
  const isKnown = (path: ConfigPath): boolean => known.some((problem) => problem.path === formatPath(path));
  const isDoubtful = (path: ConfigPath): boolean => known.some((problem) => problem.path.startsWith(formatPath(path)));
  return checks
    .flatMap((check) => check(valid.config))
    .filter(({ path, unless }) => !isKnown(valid.written(path)) && (unless === undefined || !isDoubtful(unless)))
    .map(({ path, message, warning }) => {
      const written = valid.written(path);
      return { problem: { where: where(written), path: formatPath(written), message }, warning };
    });
};

/** Reads the configuration and says everything that is wrong with it at once. Never throws. */
export function readConfig(options: LoadOptions): ConfigReading {
  const file = findFile(options);
  const name = file === undefined ? 'configuration' : basename(file);
  const text = file === undefined ? '' : readText(file);
  if (typeof text !== 'string') return { ok: false, problems: [text], source: file };
  const source = parseYaml(text, name);
  if (source.problems.length > 0) return { ok: false, problems: source.problems, source: file };
  return parseConfig(source, name, options, file);
}

/**
 * The configuration: defaults, then the YAML file with `${ENV}` expanded, then the overrides of the environment.
 * @throws AppError `config.invalid` naming every problem with its file and line.
 */
export function loadConfig(options: LoadOptions): Loaded {
  const reading = readConfig(options);
  if (!reading.ok) throw configError(reading.problems);
  return { config: reading.config, warnings: reading.warnings, source: reading.source };
}
