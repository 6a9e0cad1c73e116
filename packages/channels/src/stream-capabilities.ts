import { z } from 'zod';
import type { Capabilities } from './contract.js';

/** What all channels share that the ingress serves itself: the reader is our own client, and Redis is the platform. */
export const streamCapabilities: Capabilities = {
  delivery: 'stream',
  holders: 'any',
  edit: true,
  typing: true,
  buttons: false,
  files: false,
  voice: false,
  markdown: 'full',
  textMax: 1_000_000,
  textUnit: 'utf16',
  idempotence: 'key',
  outboxesPerJob: 100,
};

/** They have no settings: they are there as soon as the ingress is. */
export const noSettings = z.strictObject({});
