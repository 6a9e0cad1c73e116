/** One instruction of classic BPF (`struct sock_filter`, linux/filter.h). */
export type Instruction = { readonly code: number; readonly jt: number; readonly jf: number; readonly k: number };

/** The opcodes that seccomp programs here are made of (linux/bpf_common.h). */
export const opcode = { load: 0x20, and: 0x54, jumpIfEqual: 0x15, jumpIfSet: 0x45, return: 0x06 } as const;

/** Offsets into `struct seccomp_data`, little endian: the low half of an argument comes first. */
export const data = { nr: 0, arch: 4, arg: (index: number): number => 16 + 8 * index } as const;

export const load = (offset: number): Instruction => ({ code: opcode.load, jt: 0, jf: 0, k: offset });

/** Keeps the bits of `mask`. */
export const and = (mask: number): Instruction => ({ code: opcode.and, jt: 0, jf: 0, k: mask });

/** Skips `jt` instructions when the value equals `k`, else `jf`. */
export const jumpIfEqual = (k: number, jt: number, jf: number): Instruction => ({
  code: opcode.jumpIfEqual,
  ...{ jt, jf, k },
});

/** Skips `jt` instructions when the value has any bit of `k`, else `jf`. */
export const jumpIfSet = (k: number, jt: number, jf: number): Instruction => ({
  code: opcode.jumpIfSet,
  ...{ jt, jf, k },
});

export const give = (verdict: number): Instruction => ({ code: opcode.return, jt: 0, jf: 0, k: verdict });

/** The bytes that `seccomp(2)` and `bwrap --seccomp` read: 8 per instruction, little endian (x86_64 and aarch64 are). */
export function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, jt, jf, k }, at) => {
    view.setUint16(at * 8, code, true);
    view.setUint8(at * 8 + 2, jt);
    view.setUint8(at * 8 + 3, jf);
    view.setUint32(at * 8 + 4, k >>> 0, true);
  });
  return bytes;
}
