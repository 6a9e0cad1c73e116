import type { REST } from '@discordjs/rest';
import { type Choice, type MenuCommand, menuArgument } from '@queueclaw/contracts';
import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ButtonStyle,
  ComponentType,
  InteractionResponseType,
  MessageFlags,
  type RESTPutAPIApplicationCommandsJSONBody,
  Routes,
} from 'discord-api-types/v10';
import { type Interaction, textOf } from './interaction.js';

const buttonsPerRow = 5;
const valueCharsMax = 150;
/** Discord waits so long for an answer. */
const ackMs = 3_000;

/** Choices as the components of a message; nothing without choices. */
export function componentsOf(choices: readonly Choice[] = []): object {
  if (choices.length === 0) return {};
  const buttons = choices.map(({ label, text }) => ({
    ...{ type: ComponentType.Button, style: ButtonStyle.Secondary, label, custom_id: text },
  }));
  const rows = Array.from({ length: Math.ceil(buttons.length / buttonsPerRow) }, (_, row) => ({
    type: ComponentType.ActionRow,
    components: buttons.slice(row * buttonsPerRow, (row + 1) * buttonsPerRow),
  }));
  return { components: rows };
}

/** The menu as slash commands, what may follow one as its only option. */
export const commandsOf = (menu: readonly MenuCommand[]): RESTPutAPIApplicationCommandsJSONBody =>
  menu.map(({ name, description, argument }) => ({
    ...{ type: ApplicationCommandType.ChatInput, name },
    ...{ description: description.en, description_localizations: { 'zh-CN': description.zh } },
    options: argument
      ? [
          {
            ...{ type: ApplicationCommandOptionType.String, name: 'value', required: false, max_length: valueCharsMax },
            ...{ description: menuArgument.en, description_localizations: { 'zh-CN': menuArgument.zh } },
          },
        ]
      : [],
  }));

/**
 * Tells Discord that an interaction was heard: a command is shown back to who wrote it alone, a button just stops waiting. The
 * answer itself comes as a message. Does not wait, since others would wait with it; too late is too late.
 */
export function acknowledge(rest: REST, interaction: Interaction, signal: AbortSignal): void {
  const { id, token, type } = interaction;
  const data = {
    ...{ content: `\`${(textOf(interaction) ?? '?').replaceAll('`', "'")}\``, flags: MessageFlags.Ephemeral },
    allowed_mentions: { parse: [] },
  };
  const body =
    type === 3
      ? { type: InteractionResponseType.DeferredMessageUpdate }
      : { type: InteractionResponseType.ChannelMessageWithSource, data };
  const soon = AbortSignal.any([signal, AbortSignal.timeout(ackMs)]);
  rest.post(Routes.interactionCallback(id, token), { body, auth: false, signal: soon }).catch(() => undefined);
}
