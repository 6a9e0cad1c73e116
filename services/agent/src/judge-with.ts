import type { ActorAddress } from '@queueclaw/contracts';
import type { Config } from '@queueclaw/runtime';
import { type CallPolicy, judgeCall } from '@queueclaw/tools';
import type { Judge } from '@queueclaw/turn';

/** The configured policy as a turn asks it. */
export function judgeWith(tools: Config['tools']): (address: ActorAddress) => Judge {
  const { enable_dangerous: enableDangerous, allowed_commands: allowedCommands, policy: rules } = tools;
  const policy: CallPolicy = { enableDangerous, allowedCommands, rules };
  return (address) =>
    (call, { spec, route, tainted }) =>
      judgeCall(policy, spec, call, { ...address, channel: route?.channel, tainted });
}
