export * from './discord/fake-discord.js';
export * from './eventually.js';
export * from './node-from-source.js';
export * from './redis-server.js';
export * from './redis-fixture.js';
export * from './redis-user.js';
export * from './telegram/fake-telegram.js';
export * from './unique-namespace.js';
