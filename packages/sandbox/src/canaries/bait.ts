import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { ownerToken } from '../owner-token.js';
import { baitPrefix } from '../workspaces/place.js';

/** What the canaries try to reach on the host, made for this one probe. */
export type Bait = {
  readonly token: string;
  /** A folder of the host, with a readable file `secret` that holds the token. */
  readonly folder: string;
  /** The command's own folder. */
  readonly workspace: string;
  /** A listener of ours on the host's loopback. */
  readonly port: number;
  readonly connections: () => number;
  /** The name of an abstract unix socket that we listen on. */
  readonly socketName: string;
  /** This process's namespaces, `net:[4026531840]` and so on. */
  readonly namespaces: readonly string[];
  /** This process's, with spaces. */
  readonly commandLine: string;
  close(): Promise<void>;
};

const kinds = ['user', 'pid', 'net', 'mnt', 'ipc', 'uts', 'cgroup'];

const listen = async (server: Server, target: string | { port: number; host: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    if (typeof target === 'string') server.listen(target, resolve);
    else server.listen(target, resolve);
  });

/** Lays the bait in a new folder below `root`. */
export async function layBait(root: string, makeWorkspace: (path: string) => Promise<void>): Promise<Bait> {
  const token = randomBytes(16).toString('hex');
  const folder = await mkdtemp(join(root, `${baitPrefix}${ownerToken()}-`));
  const workspace = join(folder, 'workspace');
  // Open to all: what keeps the command out must be the sandbox, not the rights.
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'secret'), token, { mode: 0o644 });
  await makeWorkspace(workspace);
  const socketName = `queueclaw-${token}`;
  let count = 0;
  const servers = [createServer(), createServer()] as const;
  for (const server of servers)
    server.on('connection', (socket) => {
      count += 1;
      socket.destroy();
    });
  await Promise.all([listen(servers[0], { port: 0, host: '127.0.0.1' }), listen(servers[1], `\0${socketName}`)]);
  const address = servers[0].address();
  return {
    ...{ token, folder, workspace, socketName },
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: () => count,
    commandLine: (await readFile('/proc/self/cmdline', 'utf8')).replaceAll('\0', ' '),
    namespaces: await Promise.all(kinds.map((kind) => readlink(`/proc/self/ns/${kind}`).catch(() => kind))),
    close: async () => {
      for (const server of servers) server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Processes of this machine whose command line holds `mark`. */
export async function processesWith(mark: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, at) => lines[at]?.includes(mark)).map(Number);
}
