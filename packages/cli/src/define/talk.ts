import type { Command } from 'commander';
import type { Listing } from '../client/conversations.js';
import type { SendOptions } from '../client/send.js';
import type * as ConversationCommands from '../client/conversations.js';
import type { Words } from '../phrases/index.js';
import { conversation, ending, json, limit, type Shared } from './ending.js';

/** The commands of people who talk, over HTTP. */
export function defineTalk(program: Command, words: Words): void {
  program
    .command('chat')
    .description(words('chat'))
    .addOption(conversation(words))
    .action(
      ending(async (options: { readonly conversation?: string }) =>
        (await import('../client/chat.js')).chatCommand(options),
      ),
    );

  program
    .command('send')
    .description(words('send'))
    .argument('<text>', words('send.text'))
    .addOption(conversation(words))
    .option('--wait <duration>', words('option.wait'), '60s')
    .addOption(json(words))
    .addHelpText('after', `\n${words('help.exit_codes')}`)
    .action(
      ending(async (text: string, options: SendOptions) =>
        (await import('../client/send.js')).sendCommand(text, options),
      ),
    );

  const load = async (): Promise<typeof ConversationCommands> => import('../client/conversations.js');
  const conversations = program.command('conversations').description(words('conversations'));
  conversations
    .command('list')
    .description(words('conversations.list'))
    .addOption(limit(words, '50'))
    .addOption(json(words))
    .action(ending(async (options: Listing) => (await load()).listCommand(options)));
  conversations
    .command('show')
    .description(words('conversations.show'))
    .argument('<id>', words('conversations.id'))
    .addOption(limit(words, '100'))
    .addOption(json(words))
    .action(ending(async (id: string, options: Listing) => (await load()).showCommand(id, options)));
  conversations
    .command('export')
    .description(words('conversations.export'))
    .argument('<id>', words('conversations.id'))
    .option('-o, --output <file>', words('option.output'))
    .action(
      ending(async (id: string, options: { readonly output?: string }) => (await load()).exportCommand(id, options)),
    );
  conversations
    .command('delete')
    .description(words('conversations.delete'))
    .argument('<id...>', words('conversations.ids'))
    .addOption(json(words))
    .action(ending(async (ids: string[], options: Shared) => (await load()).deleteCommand(ids, options)));

  const people = program.command('people').description(words('people'));
  people
    .command('export')
    .description(words('people.export'))
    .argument('<channel>', words('people.channel'))
    .argument('<id>', words('people.id'))
    .option('--to <folder>', words('option.to_folder'))
    .action(
      ending(async (channel: string, id: string, options: { readonly to?: string }) =>
        (await import('../client/people.js')).exportPersonCommand(channel, id, options),
      ),
    );
  people
    .command('delete')
    .description(words('people.delete'))
    .argument('<channel>', words('people.channel'))
    .argument('<id>', words('people.id'))
    .addOption(json(words))
    .action(
      ending(async (channel: string, id: string, options: Shared) =>
        (await import('../client/people.js')).deletePersonCommand(channel, id, options),
      ),
    );
}
