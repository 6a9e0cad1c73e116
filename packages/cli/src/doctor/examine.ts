import { type Config, formatProblem, homeFolder, readConfig } from '@queueclaw/runtime/settings';
import { join } from 'node:path';
import { assertPortsFree } from '../up/free-port.js';
import { type Environment, type Finding, reasonOf } from './finding.js';
import { checkHome, checkNode, checkPlatform, checkPnpm } from './machine.js';
import { checkConfiguredRedis, checkRedisProgram } from './redis.js';
import { findRunning, type RunningSystem } from '../running-system.js';
import { checkModel, checkRunnerSandbox, probeThisSandbox } from './tools.js';
import { tell } from '../phrases/index.js';
import { whyInWords } from '../phrases/why-in-words.js';

const checkPorts = async ({ server, console }: Config): Promise<Finding> => {
  try {
    await assertPortsFree([
      { what: tell('port.chat'), ...server, variable: 'PORT', key: 'server.port' },
      { what: tell('port.console'), ...console, variable: 'CONSOLE_PORT', key: 'console.port' },
    ]);
    return {
      name: 'Ports',
      state: 'ok',
      detail: tell('doctor.ports_free', { first: server.port, second: console.port }),
    };
  } catch (error) {
    return { name: 'Ports', state: 'failed', detail: reasonOf(error) };
  }
};

/** `name: why`, as the services say it. */
const modelInWords = (detail: string | undefined): string | undefined =>
  detail?.replace(/^([^:\s]+(?::[^:\s]+)*): (.*)$/s, (_, name: string, why: string) => `${name}: ${whyInWords(why)}`);

const examineRunning = ({ pid, state, checks }: RunningSystem): Finding[] => {
  const main = checks['all-in-one'];
  const redis = main?.['redis'];
  const unwell = Object.entries(main ?? {}).filter(([, check]) => !check.ok);
  const why = unwell.map(([name, { detail }]) => `${name}: ${detail ?? tell('doctor.not_ok')}`).join('; ');
  return [
    main === undefined
      ? { name: 'Services', state: 'failed', detail: tell('doctor.supervisor_alone', { pid }) }
      : {
          name: 'Services',
          state: unwell.length === 0 ? 'ok' : 'failed',
          detail: why || tell('doctor.up', { pid, address: state.chat ?? '-' }),
        },
    {
      name: 'Redis',
      state: redis?.ok === true ? 'ok' : 'failed',
      detail: redis?.ok === true ? tell('doctor.redis_reached') : (redis?.detail ?? tell('doctor.services_silent')),
    },
    checkRunnerSandbox(checks['tool-runner']),
    { name: 'Model', state: 'ok', detail: modelInWords(main?.['model']?.detail) ?? tell('unknown') },
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
    detail: [source ?? tell('doctor.no_file'), ...warnings].join('\n'),
  };
  const before = [...machine, configuration, checkHome(home)];
  const running = await findRunning(join(home, 'run'));
  if (running !== undefined) return [...before, ...examineRunning(running)];
  const redis = config.state.redis === undefined ? checkRedisProgram(env) : checkConfiguredRedis(config.state.redis);
  const rest = [redis, probeThisSandbox(env, home), checkModel(config, env), checkPorts(config)];
  return [...before, ...(await Promise.all(rest))];
}
