export { begin } from './begin.js';
export { collectOutcome } from './collect-outcome.js';
export { fail } from './fail.js';
export { overBudget } from './over-budget.js';
export type { CommandFacts, UsageFacts } from './commands/command-facts.js';
export { obeyCommand, type Obedience } from './commands/obey-command.js';
export { proceed } from './proceed.js';
export { summarised, type Summarised, summaryRequest, withoutBefore } from './summarise.js';
export { type ApprovalRules, decideApproval } from './commands/decide-approval.js';
export type {
  AgentProfile,
  ArgsCheck,
  Judge,
  Judgement,
  Next,
  Took,
  ToolResult,
  TurnInput,
  TurnLimits,
} from './turn-input.js';
export { unheardVoice, withHeard } from './voice-notes.js';
