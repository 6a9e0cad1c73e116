/*
 * Configuration, redaction and the link between a service and its supervisor, without Redis, logs and metrics: for
 * programs that must be small and quick to start.
 */
export * from './config/access.js';
export * from './config/checks.js';
export * from './config/compare.js';
export * from './config/expand.js';
export * from './config/json-schema.js';
export * from './config/load.js';
export * from './config/nearest.js';
export * from './config/problem.js';
export * from './config/schema.js';
export * from './config/secrets.js';
export * from './config/show.js';
export * from './config/units.js';
export * from './home.js';
export * from './log-line.js';
export * from './redaction.js';
export * from './redis-users/acl.js';
export * from './redis-users/rights.js';
export * from './shutdown-times.js';
export * from './supervisor-link.js';
