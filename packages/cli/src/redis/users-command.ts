import { aclTemplate, loadConfig } from '@queueclaw/runtime/settings';
import { exitCode } from '../exit-code.js';

/**
 * `queueclaw redis users`: the template of an ACL file for the configured namespace and shards. It holds no password:
 * `#@<user>@` stands for the SHA-256 of each.
 */
export async function redisUsersCommand(options: { readonly config?: string }): Promise<number> {
  const { config } = loadConfig({ path: options.config, env: process.env, cwd: process.cwd() });
  process.stdout.write(aclTemplate({ namespace: config.state.namespace, shards: config.state.shards }));
  return exitCode.ok;
}
