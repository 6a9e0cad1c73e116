import { runService } from '@queueclaw/runtime';

runService('tool-runner', async (context) => (await import('./app.js')).createToolRunner(context));
