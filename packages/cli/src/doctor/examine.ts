import { type Config, formatProblem, homeFolder, readConfig } from '@queueclaw/runtime/settings';
import { join } from 'node:path';
import { assertPortsFree } from '../up/free-port.js';
import { type Environment, type Finding, reasonOf } from './finding.js';
import { checkHome, checkNode, checkPlatform, checkPnpm } from './machine.js';
import { checkConfiguredRedis, checkRedisProgram } from './redis.js';
import { findRunning, type RunningSystem } from '../running-system.js';
import { checkModel, checkRunnerSandbox, probeThisSandbox } from './tools.js';

const checkPorts = async ({ server, console }: Config): Promise<Finding> => {
  try {
    await assertPortsFree([
      { what: 'the chat page and API', ...server, variable: 'PORT', key: 'server.port' },
      { what: 'the console', ...console, variable: 'CONSOLE_PORT', key: 'console.port' },
    ]);
    return { name: 'Ports', state: 'ok', detail: `${server.port} and ${console.port} are free` };
  } catch (error) {
    return { name: 'Ports', state: 'failed', detail: reasonOf(error) };
  }
};

const examineRunning = ({ pid, state, checks }: RunningSystem): Finding[] => {
  const main = checks['all-in-one'];
  const redis = main?.['redis'];
  const unwell = Object.entries(main ?? {}).filter(([, check]) => !check.ok);
  const why = unwell.map(([name, { detail }]) => `${name}: ${detail ?? 'not ok'}`).join('; ');
  return [
    main === undefined
      ? { name: 'Services', state: 'failed', detail: `process ${pid} supervises, but its services do not answer` }
      : {
          name: 'Services',
          state: unwell.length === 0 ? 'ok' : 'failed',
          detail: why || `up is process ${pid}, at ${state.chat}`,
        },
    {
      name: 'Redis',
      state: redis?.ok === true ? 'ok' : 'failed',
      detail:
        redis?.ok === true ? 'the services reach it, and it is safe' : (redis?.detail ?? 'the services do not answer'),
    },
    checkRunnerSandbox(checks['tool-runner']),
    { name: 'Model', state: 'ok', detail: main?.['model']?.detail ?? 'unknown' },
  ];
};

/** Checks everything that this machine needs: what runs when it runs, else what would be started. */
export async function examine(world: {
  readonly path: string | undefined;
  readonly env: Environment;
  readonly cwd: string;
}): Promise<Finding[]> {
  const { env } = world;
  const machine = [checkNode(process.versions.node), checkPnpm(env), checkPlatform(process.platform, process.arch)];
  const { nameChecks } = await import('../name-checks.js');
  const reading = readConfig({ ...world, checks: nameChecks });
  if (!reading.ok) {
    const detail = reading.problems.map(formatProblem).join('\n');
    return [...machine, { name: 'Configuration', state: 'failed', detail }];
  }
  const { config, warnings, source } = reading;
  const home = homeFolder(config.state.home, env);
  const configuration: Finding = {
    name: 'Configuration',
    state: warnings.length > 0 ? 'warning' : 'ok',
    detail: [source ?? 'no file: the defaults', ...warnings].join('\n'),
  };
  const before = [...machine, configuration, checkHome(home)];
  const running = await findRunning(join(home, 'run'));
  if (running !== undefined) return [...before, ...examineRunning(running)];
  const redis = config.state.redis === undefined ? checkRedisProgram(env) : checkConfiguredRedis(config.state.redis);
  const rest = [redis, probeThisSandbox(env, home), checkModel(config, env), checkPorts(config)];
  return [...before, ...(await Promise.all(rest))];
}
