import { createAgent } from '@queueclaw/agent';
import { createConsole } from '@queueclaw/console';
import { createIngress } from '@queueclaw/ingress';
import { composeServices, type Service, type ServiceContext } from '@queueclaw/runtime';

const creators = { ingress: createIngress, agent: createAgent, console: createConsole };

/**
 * Everything but the tool-runner in one process, for one machine: they share the configuration, the health port and the
 * keys, and talk to each other through Redis like anywhere else. The doors close first when it stops.
 */
export async function createAllInOne(context: ServiceContext): Promise<Service> {
  const services = await Promise.all(
    Object.entries(creators).map(([part, create]) => create({ ...context, logger: context.logger.child({ part }) })),
  );
  return composeServices('all-in-one', services);
}
