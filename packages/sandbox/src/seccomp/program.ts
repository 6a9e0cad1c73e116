import type { Architecture } from './architecture.js';
import { and, data, give, type Instruction, jumpIfEqual, jumpIfSet, load } from './bpf.js';
import type { SyscallName } from './syscalls.js';

/** What the kernel does with a call: SECCOMP_RET_* of linux/seccomp.h. */
export const verdict = {
  allow: 0x7fff0000,
  kill: 0x80000000,
  errno: (number: number): number => 0x00050000 | number,
} as const;

export const errno = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 } as const;

/** Calls that no command needs and that reach other processes, the kernel's insides or the shape of the system. */
const refused: readonly SyscallName[] = [
  ...(['ptrace', 'process_vm_readv', 'process_vm_writev', 'process_madvise', 'pidfd_getfd', 'kcmp'] as const),
  ...(['add_key', 'request_key', 'keyctl'] as const),
  ...(['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'userfaultfd', 'bpf', 'perf_event_open'] as const),
  ...(['mount', 'umount2', 'pivot_root', 'chroot', 'move_mount', 'open_tree', 'open_tree_attr'] as const),
  ...(['fsopen', 'fsconfig', 'fsmount', 'fspick', 'mount_setattr', 'statmount', 'listmount'] as const),
  ...(['quotactl', 'quotactl_fd', 'unshare', 'setns', 'name_to_handle_at', 'open_by_handle_at'] as const),
  ...(['init_module', 'finit_module', 'delete_module', 'kexec_load', 'kexec_file_load', 'reboot'] as const),
  ...(['swapon', 'swapoff', 'acct', 'settimeofday', 'clock_settime', 'clock_adjtime', 'adjtimex'] as const),
  ...(['sethostname', 'setdomainname', 'lookup_dcookie', 'syslog', 'nfsservctl', 'vhangup'] as const),
  ...(['fanotify_init', 'move_pages', 'migrate_pages', 'memfd_secret'] as const),
  ...(['iopl', 'ioperm', 'modify_ldt', 'uselib', 'ustat'] as const),
];

/** AF_UNIX, AF_INET, AF_INET6. All others (AF_NETLINK, AF_VSOCK, AF_PACKET, AF_ALG ...) are refused. */
const families = [1, 2, 10];
/** TIOCSTI puts characters into a terminal's input, TIOCLINUX does so by another way. */
const terminalInputs = [0x5412, 0x541c];
/** CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET. */
const newNamespaces = 0x7e020000;

/**
 * The rules for commands as a seccomp program: foreign architectures (and x32) are killed; calls that no command needs
 * fail with EPERM; sockets only of the families unix, inet and inet6; no new namespace; no input into a terminal;
 * `clone3`, whose flags a filter cannot see, is said not to exist, so that libraries fall back to `clone`. All else is
 * allowed. Arguments that the kernel reads as `int` are compared by their low 32 bits, as the kernel does.
 */
export function commandRules({ audit, foreignBit, numbers }: Architecture): readonly Instruction[] {
  const whenCalled = (name: SyscallName, block: readonly Instruction[]): readonly Instruction[] => {
    const number = numbers[name];
    return number === undefined ? [] : [jumpIfEqual(number, 0, block.length), ...block];
  };
  const refuse = give(verdict.errno(errno.EPERM));
  const allow = give(verdict.allow);
  const onlyFamilies = [
    load(data.arg(0)),
    ...families.flatMap((family) => [jumpIfEqual(family, 0, 1), allow]),
    give(verdict.errno(errno.EAFNOSUPPORT)),
  ];
  const noTerminalInput = [
    load(data.arg(1)),
    ...terminalInputs.flatMap((request) => [jumpIfEqual(request, 0, 1), refuse]),
    allow,
  ];
  return [
    load(data.arch),
    ...[jumpIfEqual(audit, 1, 0), give(verdict.kill)],
    load(data.nr),
    ...(foreignBit === undefined ? [] : [jumpIfSet(foreignBit, 0, 1), give(verdict.kill)]),
    ...refused.flatMap((name) => whenCalled(name, [refuse])),
    ...whenCalled('clone3', [give(verdict.errno(errno.ENOSYS))]),
    ...whenCalled('clone', [load(data.arg(0)), and(newNamespaces), jumpIfEqual(0, 0, 1), allow, refuse]),
    ...whenCalled('socket', onlyFamilies),
    ...whenCalled('socketpair', onlyFamilies),
    ...whenCalled('ioctl', noTerminalInput),
    allow,
  ];
}
