export type { ExecOptions, ExecResult } from './exec.js';
export type { FileContent, HeldFile } from './file-hands.js';
export { FileProblem } from './file-problem.js';
export { type SandboxLimits, usualLimits } from './limits.js';
export type { Launch, Place, Provider } from './provider.js';
export type { Canary, SandboxReport } from './report.js';
export { createSandbox, probeSandbox, type Sandbox, type SandboxOptions } from './sandbox.js';
