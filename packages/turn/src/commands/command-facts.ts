import type { BudgetScope, BudgetUnit, Journal, Preferences } from '@queueclaw/contracts';
import type { AgentProfile } from '../turn-input.js';

/** What a person has used on this day, and their budgets. */
export type UsageFacts = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly toolCalls: number;
  readonly turns: number;
  readonly costMicros: number;
  readonly currency: string;
  readonly budgets: readonly {
    readonly scope: BudgetScope;
    readonly unit: BudgetUnit;
    readonly limit: number;
    readonly used: number;
  }[];
};

/** What is known when a command is obeyed. */
export type CommandFacts = {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly conversation: string;
  /** As configured, without the conversation's preferences. */
  readonly agent: AgentProfile;
  /** The model that the agent uses, and all that there are. */
  readonly model: string;
  readonly models: readonly string[];
  readonly preferences: Preferences;
  /** Turns so far. */
  readonly turn: number;
  /** Somebody works on it at this moment. */
  readonly working: boolean;
  /** Of the turn that is under way, once a step of it is durable. */
  readonly journal: Pick<Journal, 'step'> | undefined;
  readonly toolsOut: number;
  readonly waiting: number;
  readonly entries: number;
  readonly summarised: number;
  /** Undefined: not known now, or nobody asked. */
  readonly usage: UsageFacts | undefined;
};
