import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ServiceReport } from '@queueclaw/runtime';
import { nodeFromSource } from '@queueclaw/testing';

export type ServiceName = 'ingress' | 'agent' | 'tool-runner' | 'console';

export type ServiceProcess = {
  readonly name: ServiceName;
  readonly pid: number;
  /** Everything it has written so far. */
  output(): string;
  /** Ends it as an operator would; resolves to its exit code. */
  stop(): Promise<number | null>;
  /** Ends it as the kernel would. */
  kill(): Promise<void>;
  /** Stops its clock, as a debugger, a hypervisor or a full machine does. */
  freeze(): void;
  thaw(): void;
  alive(): boolean;
};

/** Starts one service as its own process from the sources; resolves when it serves. */
export async function startService(name: ServiceName, env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const main = fileURLToPath(new URL(`../../services/${name}/src/main.ts`, import.meta.url));
  const inherited = { PATH: process.env['PATH'] ?? '', QUEUECLAW_HEALTH_PORT: '0', QUEUECLAW_LOG_LEVEL: 'info' };
  const child = spawn(process.execPath, [...nodeFromSource, main], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => void (output = (output + chunk).slice(-200_000)));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  await ready(name, child, () => output);
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    // A frozen process does not hear anything else.
    child.kill('SIGCONT');
    return ended;
  };
  return {
    name,
    pid: child.pid ?? 0,
    output: () => output,
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    alive: () => child.exitCode === null && child.signalCode === null,
  };
}

function ready(name: string, child: ChildProcess, output: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      const report = ServiceReport.safeParse(message);
      if (report.success && report.data.type === 'ready') resolve();
    });
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}:\n${output()}`)));
    child.once('error', reject);
  });
}
