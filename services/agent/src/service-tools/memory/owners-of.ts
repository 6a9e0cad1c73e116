import { type ActorAddress, personIn, type PersonMail } from '@queueclaw/contracts';
import type { MemoryOwner } from '@queueclaw/conversations';

type Said = Pick<PersonMail, 'from' | 'route' | 'group'>;

/**
 * The one person who is alone with the assistant, as `personIn` names them. Undefined in a group, when several write, and over the
 * HTTP API, where a token may speak for many: what is remembered of a person is then neither read nor written.
 */
export function personAlone(said: readonly Said[]): string | undefined {
  const people = new Set(said.map(({ from, route }) => personIn(route.channel, from.id)));
  if (people.size !== 1 || said.some(({ group, route }) => group === true || route.channel === 'http'))
    return undefined;
  return [...people][0];
}

/** Whose memories a turn may use. */
export function ownersOf({ tenant, conversation }: ActorAddress, person: string | undefined): readonly MemoryOwner[] {
  return [...(person === undefined ? [] : [{ tenant, person }]), { tenant, conversation }];
}
