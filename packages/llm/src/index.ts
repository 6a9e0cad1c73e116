export type { Choice } from './choose-model.js';
export { createModels, type CreateModelsOptions, type Models } from './router.js';
export { createScriptedModel, type ScriptFunction } from './scripted/scripted-model.js';
export type { Script, ScriptStep } from './scripted/script.js';
