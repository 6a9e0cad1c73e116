export { begin } from './begin.js';
export { collectOutcome } from './collect-outcome.js';
export { fail } from './fail.js';
export { overBudget } from './over-budget.js';
export { proceed } from './proceed.js';
export type {
  AgentProfile,
  ArgsCheck,
  Next,
  QueueMode,
  Took,
  ToolResult,
  TurnInput,
  TurnLimits,
} from './turn-input.js';
