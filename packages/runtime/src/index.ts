export * from './config/schema.js';
export * from './identifiers.js';
export * from './lifecycle.js';
export * from './logger.js';
export * from './metrics.js';
export * from './redaction.js';
export * from './redis.js';
