import { type Language, pickLanguage } from '@queueclaw/contracts';
import type { TurnInput } from './turn-input.js';

/** The language of the system's own words: what the person chose, else the agent's, else what their device says. */
export function languageOf(
  { preferences, agent }: Pick<TurnInput, 'preferences' | 'agent'>,
  last: { readonly language?: string | undefined } | undefined,
): Language {
  return pickLanguage(preferences.language, agent.language, last?.language);
}

/** The wishes for a time zone, the strongest first. */
export function zonesOf(
  { preferences, agent }: Pick<TurnInput, 'preferences' | 'agent'>,
  last: { readonly timezone?: string | undefined } | undefined,
): readonly (string | undefined)[] {
  return [preferences.timezone, last?.timezone, agent.timezone];
}
