import type { Memory, ToolOutcome } from '@queueclaw/contracts';
import { personIn } from '@queueclaw/contracts';
import { bestOf, type Memories, type MemoryOwner } from '@queueclaw/conversations';
import type { Config } from '@queueclaw/runtime';
import type { ForgetArgs, RecallArgs, RememberArgs } from '@queueclaw/tools';
import type { ServiceCall, ServiceRun } from '../contract.js';
import { ownersOf } from './owners-of.js';

const shownMax = 20;
const said = (text: string): Omit<ToolOutcome, 'ms'> => ({ ok: true, text });

const line = ({ id, text, at }: Memory): string => `${id} (${new Date(at).toISOString().slice(0, 10)}): ${text}`;

/** Keeps a fact for the person where they are alone with the assistant, else for the conversation. */
export function rememberTool(
  memories: Memories,
  settings: () => Pick<Config['memory'], 'entries'>,
): ServiceRun<RememberArgs> {
  return async ({ text, scope }, { address, asker, name, askedAt, person }) => {
    const { tenant, conversation } = address;
    const own = person !== undefined && scope !== 'conversation';
    const owner: MemoryOwner = own ? { tenant, person } : { tenant, conversation };
    const by = personIn(asker.route.channel, asker.from.id);
    const most = settings().entries;
    if ((await memories.remember(owner, { v: 1, id: name, text, by, at: askedAt }, most)) === 'full')
      return { ok: false, code: 'tool.not_allowed', text: `${most} things are remembered already; forget some first.` };
    return said(`Remembered ${own ? 'for the person' : 'in this conversation'} as ${name}.`);
  };
}

/** Finds by words what is remembered for the person and in the conversation. */
export function recallTool(memories: Memories): ServiceRun<RecallArgs> {
  return async ({ query = '' }, call) => {
    const all = await allOf(memories, call);
    const found = query.trim() === '' ? all.toSorted((a, b) => b.at - a.at) : bestOf(all, query);
    if (found.length === 0) return said(`Nothing of it is remembered; ${all.length} other things are.`);
    const more = found.length - shownMax;
    return said([...found.slice(0, shownMax).map(line), ...(more > 0 ? [`and ${more} more`] : [])].join('\n'));
  };
}

export function forgetTool(memories: Memories): ServiceRun<ForgetArgs> {
  return async ({ id }, { address, person }) => {
    const owners = ownersOf(address, person);
    const gone = await Promise.all(owners.map((owner) => memories.drop(owner, id)));
    return said(gone.includes(true) ? `${id} is forgotten.` : `${id} is not remembered.`);
  };
}

const allOf = async (memories: Memories, { address, person }: ServiceCall): Promise<readonly Memory[]> =>
  memories.of(...ownersOf(address, person));
