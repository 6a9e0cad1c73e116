import { runService } from '@queueclaw/runtime';

runService('all-in-one', async (context) => (await import('./app.js')).createAllInOne(context));
