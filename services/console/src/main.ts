import { runService } from '@queueclaw/runtime';

runService('console', async (context) => (await import('./app.js')).createConsole(context));
