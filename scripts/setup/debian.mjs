import { readdirSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Interrupted, SetupError } from './report.mjs';
import { run, which } from './run.mjs';

/** Whether this machine has the tools of Debian or Ubuntu. */
export const isDebian = () => ['apt-get', 'apt-cache', 'dpkg-deb', 'ldd'].every((name) => which(name) !== undefined);

/**
 * Unpacks a Debian package with what it needs and the system lacks into `folder`, touching nothing outside it: no root
 * needed, nothing registered, no service started. `programs` says which paths inside must find their libraries, once
 * they are there.
 */
export async function unpackDebian(packageName, programs, folder) {
  const work = `${folder}-apt`;
  const ownLists = await privateApt(work);
  const hasLists = readdirSync('/var/lib/apt/lists', { withFileTypes: true }).some((entry) => entry.isFile());
  const unpackWith = async (apt) => {
    const needed = await neededPackages(packageName, apt);
    await download([...needed], apt, work, folder);
    await closeOverLibraries(packageName, needed, programs, apt, work, folder);
  };
  if (hasLists) {
    try {
      return await unpackWith(['-o', 'APT::Sandbox::User=root']);
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      // The machine's package lists may be out of date: try once more with fresh ones of our own.
    }
  }
  await run('apt-get', [...ownLists, 'update'], { env });
  return unpackWith(ownLists);
}

/** Libraries to add when the unpacked program runs: folders below `folder` that hold shared objects. */
export function libraryFolders(folder) {
  const found = [];
  for (const lib of ['usr/lib', 'lib'])
    for (const entry of list(join(folder, lib)))
      if (entry.isDirectory() && list(join(folder, lib, entry.name)).some(({ name }) => /\.so(\.|$)/.test(name)))
        found.push(join(lib, entry.name));
  return found;
}

const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };

async function privateApt(work) {
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'debs'])
    await mkdir(join(work, part), { recursive: true });
  const pairs = {
    'Dir::State': join(work, 'state'),
    'Dir::State::status': '/var/lib/dpkg/status',
    'Dir::Cache': join(work, 'cache'),
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  return Object.entries(pairs).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

async function neededPackages(packageName, apt) {
  const plan = await run('apt-get', [...apt, '-s', '--no-install-recommends', 'install', packageName], { env });
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]);
  return new Set([packageName, ...names]);
}

async function download(names, apt, work, folder) {
  const debs = join(work, 'debs');
  const before = new Set(await readdir(debs));
  await run('apt-get', [...apt, 'download', ...names], { cwd: debs, env });
  for (const deb of await readdir(debs))
    if (!before.has(deb)) await run('dpkg-deb', ['-x', join(debs, deb), folder], { env });
}

/** A package manager's database can claim libraries that are not there (slimmed images): fetch those the loader misses. */
async function closeOverLibraries(packageName, needed, programs, apt, work, folder) {
  let missing = await missingLibraries(programs(folder), folder);
  if (missing.length === 0) return;
  const kinds = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const tree = await run('apt-cache', [...apt, 'depends', '--recurse', ...kinds, packageName], { env });
  const libraries = [...tree.matchAll(/^(lib[\w.+-]+)/gm)].map((match) => match[1]);
  const wanted = libraries.filter((name) => !needed.has(name) && !/^lib(c6|gcc|crypt1)/.test(name));
  await download([...new Set(wanted)], apt, work, folder);
  missing = await missingLibraries(programs(folder), folder);
  if (missing.length > 0) throw new SetupError(`${packageName} misses ${missing.join(', ')}`);
}

async function missingLibraries(programs, folder) {
  const path = libraryFolders(folder).map((lib) => join(folder, lib));
  const files = programs.map((program) => join(folder, program));
  const report = await run('ldd', files, { env: { ...env, LD_LIBRARY_PATH: path.join(':') } });
  return [...new Set([...report.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1]))];
}

function list(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Writes a start script that lets an unpacked program find its libraries wherever the repository is moved to. */
export async function writeLauncher(file, unpackedName, program, libraries) {
  const paths = libraries.map((lib) => `$here/${unpackedName}/${lib}`).join(':');
  const prefix = paths ? `LD_LIBRARY_PATH="${paths}" ` : '';
  const lines = ['#!/bin/sh', 'here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)'];
  await writeFile(file, [...lines, `${prefix}exec "$here/${unpackedName}/${program}" "$@"`, ''].join('\n'), {
    mode: 0o755,
  });
}
