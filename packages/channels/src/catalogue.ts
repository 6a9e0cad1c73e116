import { z } from 'zod';
import type { Channel } from './contract.js';
import { channels } from './registry.js';

/** A setting of a channel, for documentation and set-up. */
export type Setting = {
  readonly name: string;
  readonly required: boolean;
  readonly secret: boolean;
  readonly description: string | undefined;
};

/** A channel as operators choose it. */
export type CatalogueEntry = {
  readonly name: string;
  readonly title: string;
  readonly settings: readonly Setting[];
};

const ObjectSchema = z.object({
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })).default({}),
  required: z.array(z.string()).default([]),
});

const settingsOf = (channel: Channel): readonly Setting[] => {
  const { properties, required } = ObjectSchema.parse(z.toJSONSchema(channel.config, { io: 'input' }));
  return Object.entries(properties).map(([name, { description }]) => ({
    name,
    required: required.includes(name),
    secret: channel.secrets.includes(name),
    description,
  }));
};

/** Lists channels with their settings and which are secret, without loading any channel's code. */
export function catalogue(of: readonly Channel[] = channels): readonly CatalogueEntry[] {
  return of.map((channel) => ({ name: channel.name, title: channel.title, settings: settingsOf(channel) }));
}
