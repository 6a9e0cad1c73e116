import { nodeFromSource } from '../../packages/testing/src/node-from-source.ts';

// Makes Node run this repository's TypeScript as it stands; for `node --conditions=source --import`.
await import(nodeFromSource.at(-1));
