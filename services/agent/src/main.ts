import { runService } from '@queueclaw/runtime';

runService('agent', async (context) => (await import('./app.js')).createAgent(context));
