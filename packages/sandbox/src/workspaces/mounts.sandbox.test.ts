import { eventually } from '@queueclaw/testing';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStaging, type Staging } from '../bubblewrap/staging.js';
import { openWorkspaces, type Room, type Workspaces } from './workspaces.js';

const limits = { workspaceBytes: 8 * 1024 * 1024, workspaceFiles: 100 };

describe.runIf(process.getuid?.() === 0)('workspaces with file systems of their own', () => {
  let home: string;
  let staging: Staging;
  let workspaces: Workspaces;
  const at = (name: string): string => join(home, 'tenant', `c-${name}`);
  const mounted = (): Promise<string[]> => readdir(staging.outside(staging.mounts));
  const write = (name: string): Promise<void> =>
    workspaces.use(at(name), ({ outside }) => writeFile(join(outside, 'name'), name));
  const read = (name: string): Promise<string> =>
    workspaces.use(at(name), ({ outside }) => readFile(join(outside, 'name'), 'utf8'));

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'queueclaw-mounts-'));
    staging = await openStaging([], [home]);
    const owner = { uid: 59_999, gid: 59_999 };
    workspaces = openWorkspaces({ root: home, owner, limits, staging: async () => staging, idleMax: 2 });
  });
  afterAll(async () => {
    await workspaces.close();
    await staging.close();
    await rm(home, { recursive: true, force: true });
  });

  it('stay mounted only as far as they are used or were lately', async () => {
    for (const name of ['one', 'two', 'three', 'four']) await write(name);
    await eventually(async () => expect((await mounted()).length).toBe(2));
    const rooms: Room[] = [];
    const names = ['one', 'two', 'three', 'four'];
    const use = (left: readonly string[]): Promise<void> =>
      workspaces.use(at(left[0] ?? ''), async (room) => {
        rooms.push(room);
        if (left.length > 1) await use(left.slice(1));
        else expect((await mounted()).length).toBe(4);
      });
    await use(names);
    expect(new Set(rooms.map(({ inside }) => inside)).size).toBe(4);
    expect(await Promise.all(names.map(read))).toEqual(names);
  });

  it('are mounted anew when what held the mounts was killed', async () => {
    await write('one');
    process.kill(Number(/\d+/.exec(staging.namespace)?.[0]), 'SIGKILL');
    await eventually(() => expect(staging.isOpen).toBe(false));
    staging = await openStaging([], [home]);
    expect(await read('one')).toBe('one');
  });

  it('open again with what was on the disk when the power was cut, and can be used after damage', async () => {
    const image = (name: string): string => join(home, 'tenant', `i-${name}`);
    await workspaces.use(at('live'), async ({ outside }) => {
      await using file = await open(join(outside, 'name'), 'w');
      await file.writeFile('live');
      await file.sync();
      await copyFile(image('live'), image('cut'));
    });
    expect(await read('cut')).toBe('live');
    const bytes = await readFile(image('cut'));
    // Where the file system keeps what it knows of its groups.
    bytes.fill(0, 2048, 2560);
    await writeFile(image('damaged'), bytes);
    await write('damaged');
    expect(await read('damaged')).toBe('damaged');
  });

  it('say that they cannot be opened when the image is none, and open when it is one again', async () => {
    const image = join(home, 'tenant', 'i-broken');
    await mkdir(join(home, 'tenant'), { recursive: true });
    await writeFile(image, 'not a file system');
    await expect(read('broken')).rejects.toMatchObject({ kind: 'closed' });
    await rm(image);
    await write('broken');
    expect(await read('broken')).toBe('broken');
    expect((await mounted()).length).toBeLessThanOrEqual(3);
  });
});
