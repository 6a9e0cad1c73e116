export * from './conversations.js';
export * from './live.js';
export * from './message-status.js';
export * from './open.js';
export * from './parse-command.js';
export * from './people.js';
export * from './types.js';
