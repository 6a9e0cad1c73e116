import { runService } from '@queueclaw/runtime';

runService('ingress', async (context) => (await import('./app.js')).createIngress(context));
