import { statfs } from 'node:fs/promises';

/** statfs(2): file systems that several machines may have mounted at once. */
const shared: ReadonlySet<number> = new Set([
  0x6969, // nfs
  0xff534d42, // cifs
  0xfe534d42, // smb2
  0x517b, // smb
  0x00c36400, // ceph
  0x01021997, // 9p, virtio
  0x65735546, // fuse: gluster, buckets, and others
  0x0bd00bd0, // lustre
  0x47504653, // gpfs
  0x01161970, // gfs2
  0x7461636f, // ocfs2
  0x5346414f, // afs
]);

/** Whether a folder is on a file system that other machines may use at the same time. */
export async function isOnNetwork(folder: string): Promise<boolean> {
  const { type } = await statfs(folder);
  return isNetworkType(type);
}

/** @param type as statfs(2) gives it, of either sign */
export const isNetworkType = (type: number): boolean => shared.has(type >>> 0);
