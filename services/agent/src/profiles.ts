import type { PersonMail } from '@queueclaw/contracts';
import type { Config } from '@queueclaw/runtime';
import { toolSpecs } from '@queueclaw/tools';
import type { AgentProfile } from '@queueclaw/turn';

/** An agent as the turn sees it, and the name of its model. */
export type Profile = { readonly agent: AgentProfile; readonly model: string | undefined };

export type ProfileOf = (mail: Pick<PersonMail, 'route'> | undefined) => Profile;

/** Whether what a person writes ends what the agent is doing. */
export const mailInterrupts = ({ agent }: Profile): boolean => agent.queueMode === 'interrupt';

const defaultMaxOutputTokens = 8_192;

/** Picks the agent that a conversation talks to: the channel's, else `default`. */
export function profilesFrom(config: Config): ProfileOf {
  const made = new Map<string, Profile>();
  const make = (name: string): Profile => {
    const settings = config.agents[name];
    const { limits } = config;
    return {
      model: settings?.model,
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
        },
        maxOutputTokens: config.llm.models[settings?.model ?? '']?.max_output_tokens ?? defaultMaxOutputTokens,
        queueMode: settings?.queue_mode ?? 'collect',
      },
    };
  };
  return (mail) => {
    const name = config.channels.find((channel) => channel.name === mail?.route.channel)?.agent ?? 'default';
    let profile = made.get(name);
    if (!profile) made.set(name, (profile = make(name)));
    return profile;
  };
}
