import type { Command } from 'commander';
import type { Listing } from '../client/conversations.js';
import type { TestOptions } from '../channels/test-command.js';
import type * as InventoryCommands from '../operate/inventory.js';
import type * as DeadLetterCommands from '../operate/dead-letters.js';
import type * as PairingCommands from '../operate/pairing.js';
import type * as ApprovalCommands from '../operate/approvals.js';
import type * as ScheduleCommands from '../operate/schedules.js';
import type { Words } from '../phrases/index.js';
import { config, ending, json, limit, type Shared } from './ending.js';

/** The commands that say what there is, and those of operators. */
export function defineOperate(program: Command, words: Words): void {
  const inventory = async (): Promise<typeof InventoryCommands> => import('../operate/inventory.js');
  program
    .command('models')
    .description(words('models'))
    .addOption(config(words))
    .addOption(json(words))
    .action(ending(async (options: Shared) => (await inventory()).modelsCommand(options)));
  program
    .command('tools')
    .description(words('tools'))
    .addOption(config(words))
    .addOption(json(words))
    .action(ending(async (options: Shared) => (await inventory()).toolsCommand(options)));
  const channels = program.command('channels').description(words('channels'));
  channels
    .command('list')
    .description(words('channels.list'))
    .addOption(json(words))
    .action(ending(async (options: Shared) => (await inventory()).channelsListCommand(options)));
  channels
    .command('status')
    .description(words('channels.status'))
    .addOption(config(words))
    .addOption(json(words))
    .action(
      ending(async (options: Shared) => (await import('../operate/channels-status.js')).channelsStatusCommand(options)),
    );
  definePairing(program, words);
  defineSchedules(program, words);
  defineApprovals(program, words);
  channels
    .command('test')
    .description(words('channels.test'))
    .argument('<channel>', words('channels.test.channel'))
    .argument('[account]', words('channels.test.account'))
    .option('--to <id>', words('option.to'))
    .option('--text <text>', words('option.text'))
    .addOption(config(words))
    .addOption(json(words))
    .action(
      ending(async (name: string, account: string | undefined, options: TestOptions) =>
        (await import('../channels/test-command.js')).channelsTestCommand(name, account, options),
      ),
    );
  defineDeadLetters(program, words);
}

function definePairing(program: Command, words: Words): void {
  const load = async (): Promise<typeof PairingCommands> => import('../operate/pairing.js');
  const pairing = program.command('pairing').description(words('pairing'));
  pairing
    .command('list')
    .description(words('pairing.list'))
    .addOption(json(words))
    .action(ending(async (options: Shared) => (await load()).listPairingsCommand(options)));
  pairing
    .command('approve')
    .description(words('pairing.approve'))
    .argument('<code>', words('pairing.code'))
    .addOption(json(words))
    .action(ending(async (code: string, options: Shared) => (await load()).approvePairingCommand(code, options)));
  pairing
    .command('revoke')
    .description(words('pairing.revoke'))
    .argument('<account>', words('pairing.account'))
    .argument('<person>', words('pairing.person'))
    .addOption(json(words))
    .action(
      ending(async (account: string, person: string, options: Shared) =>
        (await load()).revokePairingCommand(account, person, options),
      ),
    );
}

function defineSchedules(program: Command, words: Words): void {
  const load = async (): Promise<typeof ScheduleCommands> => import('../operate/schedules.js');
  const schedules = program.command('schedules').description(words('schedules'));
  schedules
    .command('list')
    .description(words('schedules.list'))
    .addOption(json(words))
    .action(ending(async (options: Shared) => (await load()).listSchedulesCommand(options)));
  for (const action of ['pause', 'resume', 'delete'] as const)
    schedules
      .command(action)
      .description(words(`schedules.${action}`))
      .argument('<id>', words('schedules.id'))
      .addOption(json(words))
      .action(ending(async (id: string, options: Shared) => (await load()).changeScheduleCommand(action, id, options)));
}

function defineApprovals(program: Command, words: Words): void {
  const load = async (): Promise<typeof ApprovalCommands> => import('../operate/approvals.js');
  const approvals = program.command('approvals').description(words('approvals'));
  approvals
    .command('list')
    .description(words('approvals.list'))
    .addOption(json(words))
    .action(ending(async (options: Shared) => (await load()).listApprovalsCommand(options)));
  approvals
    .command('approve')
    .description(words('approvals.approve'))
    .argument('<name>', words('approvals.name'))
    .option('--conversation', words('approvals.conversation'))
    .addOption(json(words))
    .action(
      ending(async (name: string, options: Shared & { readonly conversation?: boolean }) =>
        (await load()).decideApprovalCommand('approve', name, options),
      ),
    );
  approvals
    .command('deny')
    .description(words('approvals.deny'))
    .argument('<name>', words('approvals.name'))
    .addOption(json(words))
    .action(
      ending(async (name: string, options: Shared) => (await load()).decideApprovalCommand('deny', name, options)),
    );
}

function defineDeadLetters(program: Command, words: Words): void {
  const load = async (): Promise<typeof DeadLetterCommands> => import('../operate/dead-letters.js');
  const letters = program.command('dead-letters').description(words('dead-letters'));
  letters
    .command('list')
    .description(words('dead-letters.list'))
    .addOption(limit(words, '50'))
    .addOption(json(words))
    .action(ending(async (options: Listing) => (await load()).listCommand(options)));
  letters
    .command('show')
    .description(words('dead-letters.show'))
    .argument('<id>', words('dead-letters.id'))
    .addOption(json(words))
    .action(ending(async (id: string) => (await load()).showCommand(id)));
  letters
    .command('retry')
    .description(words('dead-letters.retry'))
    .argument('<id...>', words('dead-letters.ids'))
    .addOption(json(words))
    .action(ending(async (ids: string[], options: Shared) => (await load()).retryCommand(ids, options)));
  letters
    .command('drop')
    .description(words('dead-letters.drop'))
    .argument('<id...>', words('dead-letters.ids'))
    .addOption(json(words))
    .action(ending(async (ids: string[], options: Shared) => (await load()).dropCommand(ids, options)));
}
