export * from './catalogue.js';
export * from './contract.js';
export * from './registry.js';
export * from './split/measure.js';
export * from './split/split-text.js';
export { parseMessageRequest } from './http/parse.js';
export { requestError } from './stream/request-error.js';
export { written } from './stream/written.js';
export { webAssets, type WebAsset } from './web/assets.js';
