import {
  type BudgetScope,
  commandMenu,
  type CommandTopic,
  type ControlMail,
  type Language,
  type MenuCommand,
  type PhraseKey,
  type Preferences,
  QueueMode,
  say,
} from '@queueclaw/contracts';
import type { CommandFacts, UsageFacts } from './command-facts.js';
import { languageName } from './language-name.js';

type Say = (key: PhraseKey, values?: Readonly<Record<string, string | number>>) => string;
export type Setting = 'queue' | 'model' | 'language' | 'timezone';

const namesShown = 50;
const micros = 1_000_000;

const toolsOf = ({ agent }: CommandFacts, tell: Say): string => {
  const list = agent.tools.map(({ name, description }) => `${name}: ${/^[^.]*\.?/.exec(description)?.[0] ?? ''}`);
  return list.length === 0 ? tell('command.tools.none') : tell('command.tools', { list: list.join('\n') });
};

const list = (names: readonly string[]): string =>
  names.slice(0, namesShown).join(', ') + (names.length > namesShown ? ', ...' : '');

const line =
  (language: Language) =>
  ({ name, description }: MenuCommand): string =>
    `/${name}: ${description[language]}`;

/** What a setting is now, and whether that is the default. */
export function settingNow(setting: Setting, facts: CommandFacts, wishes: Preferences, language: Language): string {
  const { agent, model, models } = facts;
  const tell: Say = (key, values) => say(language, key, values);
  const usual = (now: string): string => tell('command.default', { now });
  const named = (tag: string): string => languageName(tag, language) ?? tag;
  switch (setting) {
    case 'queue':
      return wishes.queueMode ?? usual(agent.queueMode);
    case 'model': {
      const wanted = wishes.model;
      if (wanted === undefined) return usual(model);
      return models.includes(wanted) ? wanted : tell('command.gone', { wanted, now: model });
    }
    case 'language':
      if (wishes.language !== undefined) return named(wishes.language);
      return usual(agent.language === undefined ? tell('command.auto') : named(agent.language));
    case 'timezone':
      return wishes.timezone ?? usual(agent.timezone ?? 'UTC');
    default:
      return setting satisfies never;
  }
}

const whose: Readonly<Record<BudgetScope, PhraseKey>> = {
  person: 'budget.whose.person',
  conversation: 'budget.whose.conversation',
  tenant: 'budget.whose.tenant',
};

function usageText(usage: UsageFacts | undefined, tell: Say): string {
  if (usage === undefined) return tell('command.usage.unknown');
  const { inputTokens, outputTokens, toolCalls, turns, costMicros, currency, budgets } = usage;
  const money = (value: number): number => Number((value / micros).toFixed(4));
  const cost = costMicros > 0 ? tell('command.usage.cost', { money: money(costMicros), currency }) : '';
  const lines = budgets.map(({ scope, unit, limit, used }) => {
    const [most, spent] = unit === 'money' ? [money(limit), money(used)] : [limit, used];
    const named = unit === 'money' ? currency : tell(`command.unit.${unit}`);
    return tell('command.usage.left', { used: spent, limit: most, unit: named, whose: tell(whose[scope]) });
  });
  const first = { input: inputTokens, output: outputTokens, calls: toolCalls, turns, cost };
  return [tell('command.usage', first), ...lines].join('\n');
}

function statusText(facts: CommandFacts, wishes: Preferences, language: Language, tell: Say): string {
  const { agent, turn, working, journal, toolsOut, waiting, entries, summarised } = facts;
  const now = (setting: Setting): string => settingNow(setting, facts, wishes, language);
  const step = (journal?.step ?? 0) + 1;
  return tell('command.status', {
    ...{ agent: agent.name, model: now('model'), queue: now('queue'), language: now('language') },
    ...{ timezone: now('timezone'), turns: turn, waiting, entries, summarised },
    now:
      journal === undefined && !working
        ? tell('command.idle')
        : toolsOut > 0
          ? tell('command.running_tools', { step, count: toolsOut })
          : tell('command.running', { step }),
  });
}

/** How a command is used; `wrong` was not understood. */
export function howTo(topic: CommandTopic, facts: CommandFacts, wishes: Preferences, language: Language): string {
  const tell: Say = (key, values) => say(language, key, values);
  switch (topic) {
    case 'queue':
    case 'model':
    case 'language':
    case 'timezone': {
      const names = topic === 'queue' ? list(QueueMode.options) : list(facts.models);
      return tell(`command.how.${topic}`, { now: settingNow(topic, facts, wishes, language), names });
    }
    case 'new':
    case 'compact':
    case 'approvals':
      return tell(`command.how.${topic}`);
    default:
      return tell('command.how.alone');
  }
}

/** What a command that only asks is told. */
export function tellAbout(mail: ControlMail, facts: CommandFacts, wishes: Preferences, language: Language): string {
  const tell: Say = (key, values) => say(language, key, values);
  const { about = 'help', wrong, from, route } = mail;
  if (wrong !== undefined) return tell('command.wrong', { wrong, how: howTo(about, facts, wishes, language) });
  switch (about) {
    case 'help':
      return tell('command.help', { list: commandMenu.map(line(language)).join('\n') });
    case 'status':
      return statusText(facts, wishes, language, tell);
    case 'usage':
      return usageText(facts.usage, tell);
    case 'models':
      return tell('command.models', { list: facts.models.slice(0, namesShown).join('\n') });
    case 'tools':
      return toolsOf(facts, tell);
    case 'approvals':
      return tell('command.approvals');
    case 'whoami': {
      const { conversation } = facts;
      const name = from.name ?? tell('command.unknown_name');
      return tell('command.whoami', { channel: route.channel, id: from.id, name, conversation });
    }
    default:
      return howTo(about, facts, wishes, language);
  }
}
