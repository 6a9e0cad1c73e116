export type { CommandEnd, Tool, ToolHands, ToolRun } from './contract.js';
export { type CallPolicy, judgeCall } from './judge.js';
export { boundText } from './output-text.js';
export { checkArgs, isIdempotent, loadTool, runsInAgent, summarise, toolSpecs } from './specs.js';
export type { ScheduleArgs } from './schedule/spec.js';
export type { ForgetArgs } from './forget/spec.js';
export type { RecallArgs } from './recall/spec.js';
export type { RememberArgs } from './remember/spec.js';
export type { ConversationsArgs } from './conversations/spec.js';
