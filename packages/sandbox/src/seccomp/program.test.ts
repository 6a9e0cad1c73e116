import { describe, expect, it } from 'vitest';
import { architecture } from './architecture.js';
import { encode } from './bpf.js';
import { commandRules, errno, verdict } from './program.js';
import type { SyscallName } from './syscalls.js';

type Call = { nr: number; arch: number; args?: readonly bigint[] };

/** Runs an encoded program as the kernel does (`struct sock_filter`), on one call (`struct seccomp_data`). */
function decide(program: Uint8Array, { nr, arch, args = [] }: Call): number {
  const input = new DataView(new ArrayBuffer(64));
  input.setUint32(0, nr, true);
  input.setUint32(4, arch, true);
  args.forEach((value, at) => input.setBigUint64(16 + at * 8, value, true));
  const code = new DataView(program.buffer);
  let accumulator = 0;
  for (let pc = 0; pc < program.length / 8; pc += 1) {
    const [op, jt, jf] = [code.getUint16(pc * 8, true), code.getUint8(pc * 8 + 2), code.getUint8(pc * 8 + 3)];
    const k = code.getUint32(pc * 8 + 4, true);
    if (op === 0x20) accumulator = input.getUint32(k, true);
    else if (op === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (op === 0x15) pc += accumulator === k ? jt : jf;
    else if (op === 0x45) pc += (accumulator & k) !== 0 ? jt : jf;
    else if (op === 0x06) return k;
    else throw new Error(`the kernel would refuse opcode ${op}`);
  }
  throw new Error('the program ran past its end');
}

const eperm = verdict.errno(errno.EPERM);

describe.each(['x64', 'arm64'])('on %s', (name) => {
  const machine = architecture(name);
  if (machine === undefined) throw new Error('unknown');
  const program = encode(commandRules(machine));
  const number = (call: SyscallName): number => machine.numbers[call] ?? -1;
  const call = (syscall: SyscallName, ...args: bigint[]): number =>
    decide(program, { nr: number(syscall), arch: machine.audit, args });

  it('is a program that the kernel accepts: whole instructions, at most 4,096, jumps inside', () => {
    expect(program.length % 8).toBe(0);
    const rules = commandRules(machine);
    expect(rules.length).toBeLessThan(4_096);
    rules.forEach(({ jt, jf, code }, at) => {
      expect(Math.max(jt, jf)).toBeLessThan(256);
      if (code === 0x15 || code === 0x45) expect(at + 1 + Math.max(jt, jf)).toBeLessThan(rules.length);
    });
  });

  it('allows what it does not name', () => {
    const named = new Set(Object.values(machine.numbers));
    for (let nr = 0; nr < 500; nr += 1)
      if (!named.has(nr)) expect(decide(program, { nr, arch: machine.audit })).toBe(verdict.allow);
  });

  it.each([
    ...(['ptrace', 'process_vm_readv', 'process_vm_writev', 'add_key', 'request_key', 'keyctl'] as const),
    ...(['io_uring_setup', 'userfaultfd', 'bpf', 'perf_event_open', 'mount', 'umount2', 'pivot_root'] as const),
    ...([
      'move_mount',
      'open_tree',
      'fsopen',
      'fsmount',
      'mount_setattr',
      'setns',
      'unshare',
      'open_by_handle_at',
    ] as const),
  ])('refuses %s', (syscall) => expect(call(syscall)).toBe(eperm));

  it('opens sockets of unix, inet and inet6 only, whatever hides in the upper half of the argument', () => {
    for (const family of [1n, 2n, 10n, (1n << 32n) + 2n]) expect(call('socket', family)).toBe(verdict.allow);
    for (const family of [16n, 40n, 17n, 38n, (1n << 32n) + 16n, (7n << 32n) + 40n])
      for (const syscall of ['socket', 'socketpair'] as const)
        expect(call(syscall, family)).toBe(verdict.errno(errno.EAFNOSUPPORT));
  });

  it('refuses to put characters into a terminal, also with rubbish in the upper half, and allows other requests', () => {
    for (const request of [0x5412n, 0x541cn, 0x1_0000_5412n, 0xffff_ffff_0000_5412n])
      expect(call('ioctl', 0n, request)).toBe(eperm);
    for (const request of [0x5401n, 0x5413n]) expect(call('ioctl', 0n, request)).toBe(verdict.allow);
  });

  it('makes processes and threads but no namespaces', () => {
    expect(call('clone', 17n)).toBe(verdict.allow);
    expect(call('clone', 0x3d0f00n)).toBe(verdict.allow);
    for (const bit of [17n, 25n, 26n, 27n, 28n, 29n, 30n]) expect(call('clone', 17n | (1n << bit))).toBe(eperm);
    expect(call('clone3')).toBe(verdict.errno(errno.ENOSYS));
  });

  it('kills calls of foreign architectures', () => {
    for (const arch of [0x40000003, 0xc000003e, 0xc00000b7, 0x40000028, 0].filter((other) => other !== machine.audit))
      expect(decide(program, { nr: 39, arch })).toBe(verdict.kill);
  });
});

it('kills calls of the x32 ABI', () => {
  const machine = architecture('x64');
  if (machine === undefined) throw new Error('unknown');
  expect(decide(encode(commandRules(machine)), { nr: 0x40000000 | 41, arch: machine.audit })).toBe(verdict.kill);
});

it('knows no other processor', () => {
  expect(architecture('riscv64')).toBeUndefined();
});
