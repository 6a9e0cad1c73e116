import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGuarded } from '../guarded-process.js';
import { findProsody } from '../redis-server.js';
import { testCertificate, testKey } from './certificate.js';
import { freePort } from '../free-port.js';

/** A real XMPP server on loopback, with accounts and rooms. */
export type Prosody = {
  /** For `service`: through here connections can be cut. */
  readonly url: string;
  /** The same server without that, for people. */
  readonly straight: string;
  readonly domain: string;
  /** Where it keeps files that are put to it, at most 1 MiB each (XEP-0363). */
  readonly files: string;
  /** Rooms are `<name>@<rooms>`, and made by who enters first. */
  readonly rooms: string;
  /** An account's password; the accounts are given at the start. */
  password(name: string): string;
  /** Breaks the connections that came through `url`, as a network does: neither side says good-bye. */
  cut(): void;
  /** While it is held, nothing goes through `url` in either direction. */
  hold(held: boolean): void;
  /** Connections through `url`. */
  lines(): number;
  stop(): Promise<void>;
};

const domain = 'xmpp.test';
const rooms = 'rooms.xmpp.test';
const hint =
  'No prosody to test XMPP with: run "node scripts/bootstrap.mjs" (Debian and Ubuntu), install prosody, or set QUEUECLAW_PROSODY.';

const passwordOf = (name: string): string => `the-password-of-${name}`;

/**
 * Starts prosody with its own folder, on free ports; with `tls` it offers TLS, with `testCertificate`.
 * @throws Error with what to do where there is none
 */
export async function startProsody(accounts: readonly string[], { tls = false } = {}): Promise<Prosody> {
  const program = findProsody(process.env);
  if (program === undefined) throw new Error(hint);
  const { port, filesPort, stop } = await startOnce(program, accounts, tls);
  const proxy = await openProxy(port);
  return {
    ...proxy,
    straight: `xmpp://127.0.0.1:${port}`,
    files: `http://127.0.0.1:${filesPort}`,
    domain,
    rooms,
    password: passwordOf,
    stop: async () => {
      await proxy.close();
      await stop();
    },
  };
}

async function startOnce(
  program: string,
  accounts: readonly string[],
  tls: boolean,
  triesLeft = 3,
): Promise<{ port: number; filesPort: number; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'queueclaw-prosody-'));
  const store = join(folder, domain.replace('.', '%2e'), 'accounts');
  await mkdir(store, { recursive: true });
  for (const name of accounts)
    await writeFile(join(store, `${name}.dat`), `return { ["password"] = "${passwordOf(name)}" };\n`);
  const [port, filesPort] = [await freePort(), await freePort()];
  const config = join(folder, 'prosody.cfg.lua');
  await writeFile(config, configOf(folder, port, filesPort, tls));
  await writeFile(join(folder, 'certificate.pem'), testCertificate);
  await writeFile(join(folder, 'key.pem'), testKey, { mode: 0o600 });
  try {
    const stop = await startGuarded({
      command: [program, '--config', config],
      folder,
      ready: /Activated service 'c2s' on \[/,
      failed: /Activated service '(?:c2s|http)' on no ports|Failed to open server port/,
    });
    return { port, filesPort, stop };
  } catch (error) {
    // Somebody else may have taken the port meanwhile.
    if (triesLeft > 1) return startOnce(program, accounts, tls, triesLeft - 1);
    throw error;
  }
}

const configOf = (folder: string, port: number, filesPort: number, tls: boolean): string => `
run_as_root = true
daemonize = false
data_path = "${folder}"
pidfile = "${folder}/pid"
log = { info = "*console" }
interfaces = { "127.0.0.1" }
c2s_ports = { ${port} }
http_interfaces = { "127.0.0.1" }
http_ports = { ${filesPort} }
https_ports = {}
http_default_host = "files.${domain}"
http_external_url = "http://127.0.0.1:${filesPort}/"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
modules_enabled = { "c2s", "message", "iq", "presence", "roster", "saslauth", "ping", "smacks", "offline", "blocklist", "disco"${tls ? ', "tls"' : ''} }
modules_disabled = { "s2s", "posix"${tls ? '' : ', "tls"'} }
ssl = { certificate = "${folder}/certificate.pem", key = "${folder}/key.pem" }
VirtualHost "${domain}"
Component "${rooms}" "muc"
  muc_room_locking = false
Component "files.${domain}" "http_file_share"
  http_file_share_size_limit = 1048576
`;

const portOf = (server: Server): number => {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
};

async function openProxy(
  port: number,
): Promise<Pick<Prosody, 'url' | 'cut' | 'hold' | 'lines'> & { close(): Promise<void> }> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let held = false;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const [from, to] of [pair, [far, near] as const])
      from
        .on('data', (data) => void to.write(data))
        .on('error', end)
        .on('close', end);
    if (held) for (const socket of pair) socket.pause();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  return {
    url: `xmpp://127.0.0.1:${portOf(server)}`,
    cut,
    hold: (now) => {
      held = now;
      for (const pair of pairs)
        for (const socket of pair)
          if (now) socket.pause();
          else socket.resume();
    },
    lines: () => pairs.size,
    close: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
