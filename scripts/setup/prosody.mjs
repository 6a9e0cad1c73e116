import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDebian, libraryFolders, unpackDebian } from './debian.mjs';
import { cachedProgram } from './native.mjs';
import { toolchainBin } from './paths.mjs';
import { place } from './place.mjs';
import { Interrupted, progress } from './report.mjs';
import { run, which } from './run.mjs';

const script = 'usr/bin/prosody';

/** The XMPP server that tests talk to: named, on PATH, or unpacked by an earlier set-up; undefined when missing. */
export const findProsody = (env) => env.QUEUECLAW_PROSODY || which('prosody', env) || cachedProgram('prosody');

/**
 * Unpacks prosody, for tests only, and returns its path; undefined where that is impossible: the tests that need it
 * then fail and say so. Call it under the lock.
 */
export async function installProsody() {
  progress('Installing prosody, for tests ...');
  try {
    return await unpackProsody();
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    progress(`prosody could not be installed: the tests of XMPP will fail. Install it yourself. (${error.message})`);
    return undefined;
  }
}

async function unpackProsody() {
  if (!isDebian()) throw new Error('no apt-get here');
  let lua;
  const folder = await place('prosody', async (temporary) => {
    const unpacked = join(temporary, 'unpacked');
    await mkdir(unpacked);
    await unpackDebian('prosody', modulesOf, unpacked);
    lua = await relocate(join(unpacked, script));
    return unpacked;
  });
  const libraries = libraryFolders(folder);
  await run(which(lua) ?? join(folder, 'usr/bin', lua), ['-e', loads], {
    env: { ...process.env, ...pathsOf(folder, lua, libraries) },
    timeoutMs: 10_000,
  });
  await mkdir(toolchainBin, { recursive: true });
  const launcher = join(toolchainBin, 'prosody');
  await writeFile(`${launcher}.${process.pid}`, launcherOf(lua, libraries), { mode: 0o755 });
  await rename(`${launcher}.${process.pid}`, launcher);
  return launcher;
}

/** What fails when a library is missing. */
const loads = `for _, name in ipairs { "socket", "ssl", "lxp", "lfs", "util.encodings", "util.hashes" } do require(name) end`;

/** The shared objects that Lua loads by itself: they have libraries of their own. */
const modulesOf = (folder) =>
  ['usr/lib/prosody/util', ...libraryFolders(folder).map((lib) => `${lib}/lua/5.4`)]
    .filter((part) => existsSync(join(folder, part)))
    .flatMap((part) => readdirSync(join(folder, part)).map((name) => join(part, name)))
    .filter((path) => path.endsWith('.so'));

/** Lets the script find its parts wherever it was unpacked to. Returns the Lua it wants, like `lua5.4`. */
async function relocate(path) {
  const text = await readFile(path, 'utf8');
  const lua = /^#!.*\b(lua[\d.]*)/.exec(text)?.[1];
  if (lua === undefined || !text.includes(`'/usr/lib/prosody`)) throw new Error('the package is not as expected');
  await writeFile(path, text.replaceAll(`'/usr/lib/prosody`, `os.getenv("PROSODY_ROOT")..'/usr/lib/prosody`));
  return lua;
}

/** Where Lua finds prosody and what it needs, for an unpacked package at `root`. */
function pathsOf(root, lua, libraries) {
  const version = lua.slice('lua'.length);
  const scripts = `${root}/usr/share/lua/${version}`;
  const objects = [`${root}/usr/lib/prosody/?.so`, ...libraries.map((lib) => `${root}/${lib}/lua/${version}/?.so`)];
  return {
    LUA_PATH: `${scripts}/?.lua;${scripts}/?/init.lua;${root}/usr/lib/prosody/?.lua;;`,
    LUA_CPATH: `${objects.join(';')};;`,
    LD_LIBRARY_PATH: libraries.map((lib) => `${root}/${lib}`).join(':'),
  };
}

const launcherOf = (lua, libraries) =>
  [
    '#!/bin/sh',
    'export PROSODY_ROOT=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)/prosody',
    ...Object.entries(pathsOf('$PROSODY_ROOT', lua, libraries)).map(([name, value]) => `export ${name}="${value}"`),
    `lua="$PROSODY_ROOT/usr/bin/${lua}"`,
    `[ -x "$lua" ] || lua=${lua}`,
    `exec "$lua" "$PROSODY_ROOT/${script}" "$@"`,
    '',
  ].join('\n');
