import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { isNetworkType, isOnNetwork } from './network.js';

it('knows file systems that other machines may use too', async () => {
  expect([0x6969, 0xff534d42, 0xff534d42 | 0, 0x65735546].map(isNetworkType)).toEqual([true, true, true, true]);
  expect([0xef53, 0x01021994, 0x794c7630, 0x58465342].map(isNetworkType)).toEqual([false, false, false, false]);
  expect(await isOnNetwork(tmpdir())).toBe(false);
});
