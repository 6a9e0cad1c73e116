/** An address without its resource: a person, or a room. */
export const bareOf = (address: string): string => address.replace(/\/.*$/s, '');
/** The resource: a person's device, or the nick of somebody in a room; empty when there is none. */
export const resourceOf = (address: string): string => (address.includes('/') ? address.replace(/^[^/]*\//, '') : '');
export const localOf = (address: string): string => address.replace(/@.*$/s, '');
export const domainOf = (address: string): string => bareOf(address).replace(/^[^@]*@/, '');

/** The name in rooms. */
export const nickOf = ({ jid, nick }: { readonly jid: string; readonly nick?: string | undefined }): string =>
  nick ?? localOf(jid);
