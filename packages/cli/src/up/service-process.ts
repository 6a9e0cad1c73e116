import { ServiceReport } from '@queueclaw/runtime/settings';
import { type ChildProcess, spawn } from 'node:child_process';
import { CommandError } from '../exit-code.js';
import { type ServiceName, serviceEntry } from '../program-files.js';
import type { BoundedLog } from './bounded-log.js';
import { eachLine } from './line-splitter.js';
import { supervise, type Supervised } from './supervise.js';
import { tell } from '../phrases/index.js';

type Report<T extends ServiceReport['type']> = Extract<ServiceReport, { type: T }>;
export type Ready = Report<'ready'>;
export type Reloaded = Report<'reloaded'>;

export type ServiceProcess = Supervised & {
  /** Resolves with its checks when it serves for the first time; rejects when it says that it never can. */
  readonly ready: Promise<Ready>;
};

export type ServiceProcessOptions = {
  readonly name: ServiceName;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: BoundedLog;
  readonly onLine: (line: string) => void;
  readonly onStart: (pid: number) => void;
  readonly onHealthPort: (port: number) => void;
  readonly onDeath: (how: string, restartInMs: number) => void;
  /** It serves again after a death. */
  readonly onBack: () => void;
  readonly onReloaded: (change: Reloaded) => void;
  /** While it stops: what it still waits for. */
  readonly onWorking: (work: Report<'working'>) => void;
};

/**
 * Sizes of V8's heap for one machine: without a bound it lets garbage pile up to some 200 MB before it looks. What lives is
 * about 35 MB; the bounds leave room for hundreds of conversations at once. The tool-runner mostly waits.
 */
const flags: Partial<Record<ServiceName, readonly string[]>> = {
  'all-in-one': ['--max-semi-space-size=4', '--max-old-space-size=448'],
  'tool-runner': ['--max-semi-space-size=1', '--max-old-space-size=256'],
};

const triesBeforeReadyMax = 5;

/** What a start again cannot mend: only a person can. */
const isFinal = (code: string): boolean => code === 'config.invalid' || code === 'redis.unsafe';

/**
 * Runs one service as a child in its own process group, so that a Ctrl-C at the terminal reaches it only through us, and
 * keeps it running. It stops by itself when this process dies (its IPC channel closes).
 */
export function runServiceProcess(options: ServiceProcessOptions): ServiceProcess {
  const { name, cwd, env, log } = options;
  const ready = Promise.withResolvers<Ready>();
  ready.promise.catch(() => undefined);
  let served = false;
  let tries = 0;
  let complaint: { code: string; message: string } | undefined;

  const hear = (message: unknown): void => {
    const report = ServiceReport.safeParse(message).data;
    if (report?.type === 'health') options.onHealthPort(report.port);
    if (report?.type === 'failed') complaint = report;
    if (report?.type === 'reloaded') options.onReloaded(report);
    if (report?.type === 'working') options.onWorking(report);
    if (report?.type !== 'ready') return;
    if (served) options.onBack();
    served = true;
    ready.resolve(report);
  };
  const onStart = (child: ChildProcess): void => {
    complaint = undefined;
    tries += 1;
    child.on('message', hear);
    for (const stream of [child.stdout, child.stderr])
      if (stream)
        eachLine(stream, (line) => {
          log.write(`${line}\n`);
          options.onLine(line);
        });
    if (child.pid !== undefined) options.onStart(child.pid);
  };
  const onDeath = (how: string, restartInMs: number): boolean => {
    const reason = complaint?.message ?? how;
    if (!served && (isFinal(complaint?.code ?? '') || tries >= triesBeforeReadyMax)) {
      ready.reject(new CommandError(tell('error.start', { name, reason })));
      return false;
    }
    options.onDeath(reason, restartInMs);
    return true;
  };
  const launch = (): ChildProcess =>
    spawn(process.execPath, [...process.execArgv, ...(flags[name] ?? []), serviceEntry(name)], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
  return { ...supervise({ name, launch, onStart, onDeath }), ready: ready.promise };
}
