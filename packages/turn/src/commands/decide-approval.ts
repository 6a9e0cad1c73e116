import {
  type AskedCall,
  type ControlMail,
  type Decision,
  type Journal,
  type LiveEvent,
  type PersonMail,
  personIn,
  type PhraseKey,
  type Reply,
  say,
} from '@queueclaw/contracts';
import { inOneLine } from '../ask-person.js';
import { languageOf } from '../language-of.js';
import type { CommandFacts } from './command-facts.js';

/** Who may decide, beside the person whose message began the turn and operators. */
export type ApprovalRules = {
  /** In groups: nobody else, or everybody who is heard there. */
  readonly groups: 'asker' | 'anyone';
  /** People by `channel/id`. */
  readonly approvers: readonly string[];
};

type Facts = Pick<CommandFacts, 'agent' | 'preferences' | 'now'> & {
  readonly journal: Pick<Journal, 'turn' | 'answers' | 'asking'> | undefined;
  /** Of calls that people have decided on already, though the turn has not gone on. */
  readonly decided: ReadonlySet<string>;
  readonly rules: ApprovalRules;
};

/** What a decision changes, and what is answered; `late` is answered instead when it comes too late after all. */
export type ApprovalEffect = {
  readonly reply: Reply;
  readonly late: Reply;
  readonly decide?: {
    readonly decision: Decision;
    /** The binding that is approved for the rest of the conversation. */
    readonly grant?: string;
    readonly live: LiveEvent;
  };
};

type Asker = Pick<PersonMail, 'from' | 'route' | 'group'>;

/** The person that a configuration names as `channel/id`. */
function personNamed(approver: string): string {
  const at = approver.indexOf('/');
  return personIn(approver.slice(0, at), approver.slice(at + 1));
}

function mayDecide({ from, route, operator }: ControlMail, asker: Asker | undefined, rules: ApprovalRules): boolean {
  if (operator === true) return true;
  const person = personIn(route.channel, from.id);
  if (rules.approvers.some((approver) => personNamed(approver) === person)) return true;
  if (asker === undefined) return false;
  if (asker.group === true && rules.groups === 'anyone') return true;
  return person === personIn(asker.route.channel, asker.from.id);
}

/** What a person is shown of a call in one line. */
const shown = ({ name, args }: AskedCall): string => {
  const command =
    typeof args === 'object' && args !== null && 'command' in args && typeof args.command === 'string'
      ? args.command
      : `${name} ${JSON.stringify(args)}`;
  return inOneLine(command);
};

/** Decides on a call that waits, or says why it cannot be decided on. Never throws. */
export function decideApproval(mail: ControlMail, facts: Facts): ApprovalEffect {
  const { journal, decided, rules, now } = facts;
  const { id, route, approval, action, scope = 'once' } = mail;
  const language = languageOf(facts, mail);
  const reply = (key: PhraseKey, values: Readonly<Record<string, string>> = {}): Reply => ({
    ...{ v: 1, id: `c${id}`, turn: 0, text: say(language, key, values), answers: [id], status: 'answered' },
    ...{ route, at: now },
  });
  const late = reply('approval.none');
  const open = (journal?.asking ?? []).filter((asked) => !decided.has(asked.call) && asked.expiresAt > now);
  // Without a name only what its writer can have seen is meant.
  const meant =
    approval === undefined
      ? open.filter(({ askedAt }) => askedAt < mail.at)
      : open.filter((one) => one.approval === approval);
  const [asked] = meant;
  if (journal === undefined || asked === undefined)
    return { reply: approval === undefined ? reply('command.approvals') : late, late };
  if (!mayDecide(mail, journal.answers[0], rules)) return { reply: reply('approval.not_yours'), late };
  if (meant.length > 1) {
    const list = meant.map((one) => `/${action} ${one.approval}: ${shown(one)}`).join('\n');
    return { reply: reply('approval.which', { list }), late };
  }
  const approved = action === 'approve';
  return {
    reply: reply(approved ? `approval.${scope}` : 'approval.denied', { what: shown(asked) }),
    late,
    decide: {
      decision: { call: asked.call, approval: asked.approval, approved },
      ...(approved && scope === 'conversation' ? { grant: asked.binding } : {}),
      live: {
        ...{ type: 'approval', turn: journal.turn, call: asked.call, approval: asked.approval },
        state: approved ? 'approved' : 'denied',
      },
    },
  };
}
