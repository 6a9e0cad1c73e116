/*
 * What is known about tools before any of them is loaded: a door of its own, for programs that must be quick to start.
 */
export { toolSpecs } from './specs.js';
