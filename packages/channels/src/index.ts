export * from './catalogue.js';
export * from './contract.js';
export * from './registry.js';
export * from './measure.js';
export * from './split-text.js';
export { parseMessageRequest } from './http/parse.js';
export { requestError } from './request-error.js';
export { written } from './written.js';
export { webAssets, type WebAsset } from './web/assets.js';
