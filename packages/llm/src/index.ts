export type { Choice } from './choose-model.js';
export { createModels, type CreateModelsOptions, type Models } from './router.js';
export { createScriptedModel, type ScriptFunction } from './scripted/scripted-model.js';
export type { Script, ScriptStep } from './scripted/script.js';
export type { Gate } from './shared/gate.js';
export { createTranscriber, type Transcriber, type Transcription } from './transcriber.js';
export { contextTokensOf } from './window.js';
export { sharedGate, type SharedGateOptions } from './shared/redis-gate.js';
