import { findChannel, catalogue } from '@queueclaw/channels/names';
import { checkModels } from '@queueclaw/llm/names';
import { type ConfigCheck, type Finding, nearest } from '@queueclaw/runtime/settings';
import { toolSpecs } from '@queueclaw/tools/names';

const meant = (name: string, known: readonly string[]): string => {
  const one = nearest(name, known);
  return one === undefined ? `known are ${known.join(', ')}` : `did you mean ${one}?`;
};

/** A channel that cannot work is left off by the ingress, so these are warnings. */
const checkChannels: ConfigCheck = ({ channels }) =>
  channels.flatMap(({ name, enable, config }, at): Finding[] => {
    if (!enable) return [];
    const path = ['channels', at];
    const channel = findChannel(name);
    if (channel === undefined) {
      const known = catalogue().map((entry) => entry.name);
      const message = `channel ${name.slice(0, 64)} is left off: there is none of this name; ${meant(name, known)}`;
      return [{ path: [...path, 'name'], message, warning: true }];
    }
    if (channel.capabilities.delivery === 'stream') return [];
    const parsed = channel.config.safeParse(config);
    if (parsed.success) return [];
    return parsed.error.issues.slice(0, 20).map((issue) => ({
      path: [...path, 'config', ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))],
      message: `channel ${name} is left off: ${issue.message}`,
      warning: true,
    }));
  });

const checkTools: ConfigCheck = ({ agents }) => {
  const known = toolSpecs().map((spec) => spec.name);
  return Object.entries(agents).flatMap(([agent, { tools = [] }]) =>
    tools.flatMap((tool, at): Finding[] => {
      if (known.includes(tool)) return [];
      const message = `there is no tool ${tool.slice(0, 64)}; ${meant(tool, known)}`;
      return [{ path: ['agents', agent, 'tools', at], message, warning: true }];
    }),
  );
};

/** Names that only other packages know: of models, providers, channels and tools. */
export const nameChecks: readonly ConfigCheck[] = [checkModels, checkChannels, checkTools];
