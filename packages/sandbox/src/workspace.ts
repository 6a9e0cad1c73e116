import { AppError, ConversationId, TenantId, type ActorAddress } from '@queueclaw/contracts';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The owner of a workspace; undefined: this process's user. */
export type Owner = { readonly uid: number; readonly gid: number } | undefined;

/**
 * The folder of a conversation's files below `root`. Different conversations have different folders, and no name leads out
 * of `root`, also not `..`, which is a valid conversation id.
 * @throws AppError `conversation.invalid`
 */
export function workspacePath(root: string, { tenant, conversation }: ActorAddress): string {
  if (!TenantId.safeParse(tenant).success || !ConversationId.safeParse(conversation).success)
    throw new AppError('conversation.invalid');
  return join(root, tenant, `c-${conversation}`);
}

/**
 * Makes a folder of our own. With another user for commands, others may pass through it, whatever the umask says: the
 * workspaces below are closed to each other by what the sandbox shows.
 */
async function makePassage(path: string, owner: Owner): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (owner !== undefined) await chmod(path, 0o711);
}

/** Makes the folder that holds all workspaces. */
export async function makeWorkspaces(root: string, owner: Owner): Promise<void> {
  await makePassage(root, owner);
}

/** Makes a conversation's workspace (0700, owned by whom its commands run as) unless it is there; returns its path. */
export async function makeWorkspace(root: string, address: ActorAddress, owner: Owner): Promise<string> {
  const path = workspacePath(root, address);
  await makePassage(join(root, address.tenant), owner);
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (owner !== undefined) await chown(path, owner.uid, owner.gid);
  return path;
}
