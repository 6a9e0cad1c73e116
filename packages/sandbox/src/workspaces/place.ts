import { AppError, ConversationId, TenantId, type ActorAddress } from '@queueclaw/contracts';
import { chmod, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The owner of a workspace; undefined: this process's user. */
export type Owner = { readonly uid: number; readonly gid: number } | undefined;

/**
 * The folder of a conversation's files below `root`. Different conversations have different folders, and no name leads out
 * of `root`, also not `..`, which is a valid name of a folder and no valid conversation id.
 * @throws AppError `conversation.invalid`
 */
export function workspacePath(root: string, { tenant, conversation }: ActorAddress): string {
  if (!TenantId.safeParse(tenant).success || !ConversationId.safeParse(conversation).success)
    throw new AppError('conversation.invalid');
  return join(root, tenant, `c-${conversation}`);
}

/** What the canaries leave for a moment beside the tenants; the token of its maker follows. No tenant is called so. */
export const baitPrefix = '.canary-';

/** The file that holds a workspace's own file system, beside where its folder would be. */
export const imagePath = (workspace: string): string => join(dirname(workspace), `i-${basename(workspace).slice(2)}`);

/** The workspace that a folder or an image of `makePassage`'s folder belongs to; undefined: the name is none of them. */
export const workspaceOf = (folder: string, name: string): string | undefined =>
  /^[ci]-/.test(name) ? join(folder, `c-${name.slice(2)}`) : undefined;

/**
 * Makes a folder of our own. With another user for commands, others may pass through it, whatever the umask says: the
 * workspaces below are closed to each other by what the sandbox shows.
 */
export async function makePassage(path: string, owner: Owner): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (owner !== undefined) await chmod(path, 0o711);
}
