export * from './budgets.js';
export * from './day.js';
export * from './limits.js';
export * from './standing-of.js';
export * from './usage-counter.js';
export * from './usage-of.js';
