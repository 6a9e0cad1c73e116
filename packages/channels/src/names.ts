/*
 * What is known about channels before any of them is loaded: a door of its own, for programs that must be quick to start.
 */
export { catalogue, type CatalogueEntry } from './catalogue.js';
export type { Channel, ChannelCode, Connection } from './contract.js';
export { findChannel } from './registry.js';
