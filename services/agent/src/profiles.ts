import type { PersonMail, Preferences } from '@queueclaw/contracts';
import { contextTokensOf, type Models } from '@queueclaw/llm';
import type { Config } from '@queueclaw/runtime';
import { toolSpecs } from '@queueclaw/tools';
import type { AgentProfile } from '@queueclaw/turn';

/** An agent as the turn sees it, and the name of its model. */
export type Profile = { readonly agent: AgentProfile; readonly model: string };

/** `preferences` take the place of what the agent is configured with, as far as they are still possible. */
export type ProfileOf = (mail: Pick<PersonMail, 'route'> | undefined, preferences?: Preferences) => Profile;

/** Whether what a person writes ends what the agent is doing. */
export const mailInterrupts = ({ agent }: Profile): boolean => agent.queueMode === 'interrupt';

const defaultMaxOutputTokens = 8_192;

/** Picks the agent that a conversation talks to: the channel's, else `default`. */
export function profilesFrom(config: Config, models: Models): ProfileOf {
  const made = new Map<string, Profile>();
  const known = new Set(models.names());
  const make = (name: string, model: string, queueMode: AgentProfile['queueMode']): Profile => {
    const settings = config.agents[name];
    const { limits, llm } = config;
    const contextTokens = known.has(model) ? contextTokensIn(llm, model) : usualContextTokens;
    const maxOutputTokens = llm.models[model]?.max_output_tokens ?? defaultMaxOutputTokens;
    return {
      model,
      agent: {
        name,
        instructions: settings?.instructions,
        language: settings?.language,
        timezone: settings?.timezone,
        tools: toolSpecs(settings?.tools),
        limits: {
          steps: limits.steps,
          toolCalls: limits.tool_calls,
          tokens: limits.tokens,
          turnMs: limits.turn_time,
          toolMs: config.tools.timeout,
          approvalMs: config.tools.approvals.timeout,
        },
        contextTokens,
        maxOutputTokens: Math.min(maxOutputTokens, Math.floor(contextTokens / 2)),
        queueMode,
      },
    };
  };
  return (mail, preferences = {}) => {
    const name = config.channels.find((channel) => channel.name === mail?.route.channel)?.agent ?? 'default';
    const settings = config.agents[name];
    const wanted = preferences.model !== undefined && known.has(preferences.model) ? preferences.model : undefined;
    const model = wanted ?? settings?.model ?? models.default.name;
    const queueMode = preferences.queueMode ?? settings?.queue_mode ?? 'collect';
    const key = `${name}\n${model}\n${queueMode}`;
    let profile = made.get(key);
    if (!profile) made.set(key, (profile = make(name, model, queueMode)));
    return profile;
  };
}

const usualContextTokens = 128_000;

/** Models that a test gives are in no configuration. */
function contextTokensIn(llm: Config['llm'], model: string): number {
  try {
    return contextTokensOf(model, llm.models);
  } catch {
    return usualContextTokens;
  }
}
