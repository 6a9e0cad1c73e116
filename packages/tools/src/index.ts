export type { CommandEnd, Tool, ToolHands, ToolRun } from './contract.js';
export { boundText } from './output-text.js';
export { checkArgs, isIdempotent, loadTool, runsInAgent, summarise, toolSpecs } from './specs.js';
export type { ScheduleArgs } from './schedule/spec.js';
