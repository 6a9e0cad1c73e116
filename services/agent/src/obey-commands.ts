import type { ActorAddress, ControlMail } from '@queueclaw/contracts';
import type { Mailbox, Obey, WaitingCommand } from '@queueclaw/mailbox';
import { type CommandFacts, decideApproval, obeyCommand } from '@queueclaw/turn';
import type { StepDeps } from './step.js';

/**
 * Obeys the commands of a conversation, whoever works on it: each has its effect and its one answer in one write. A wish for a
 * summary is kept for the worker that claims the conversation next.
 */
export function commandObeyer(mailbox: Mailbox, deps: StepDeps, address: ActorAddress): Obey {
  return async (commands) => {
    for (const command of commands) {
      const { mail } = command;
      if (mail === undefined) {
        await mailbox.obey(address, command, {});
        continue;
      }
      if (mail.action === 'approve' || mail.action === 'deny') {
        await decide(mailbox, deps, address, { ...command, mail });
        continue;
      }
      if (mail.action === 'compact' && (await mailbox.obey(address, command, { keep: mail })) !== 'taken') continue;
      const { reply, change } = obeyCommand(mail, await factsFor(mailbox, deps, address, mail));
      if ((await mailbox.obey(address, command, { reply, change })) === 'done') deps.replies.announce(address, [reply]);
    }
  };
}

async function decide(
  mailbox: Mailbox,
  { profileOf, approvals, replies }: StepDeps,
  address: ActorAddress,
  command: WaitingCommand & { readonly mail: ControlMail },
): Promise<void> {
  const { mail } = command;
  const { journal, decided, preferences } = await mailbox.glance(address);
  const facts = { now: Date.now(), journal, decided, preferences, agent: profileOf(mail).agent, rules: approvals };
  const { reply, late, decide: made } = decideApproval(mail, facts);
  const done =
    made === undefined
      ? await mailbox.obey(address, command, { reply })
      : await mailbox.decide(address, command, { ...made, reply, late });
  if (done !== 'gone') replies.announce(address, [reply]);
}

async function factsFor(
  mailbox: Mailbox,
  { models, profileOf, budget }: StepDeps,
  address: ActorAddress,
  mail: ControlMail,
): Promise<CommandFacts> {
  const now = Date.now();
  const glance = await mailbox.glance(address);
  const { agent, model } = profileOf(mail);
  const usage = mail.about === 'usage' ? await budget.told(address, mail, now) : undefined;
  return { ...glance, now, conversation: address.conversation, agent, model, models: models.names(), usage };
}
