export * from './catalogue.js';
export { type Clock, openClock, type Recurrence } from './clock.js';
export * from './consume.js';
export * from './define.js';
export * from './group-commit.js';
export * from './produce.js';
export * from './view.js';
