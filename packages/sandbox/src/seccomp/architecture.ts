import { arm64Numbers, type SyscallName, x64Numbers } from './syscalls.js';

/** What the program has to know about a processor. */
export type Architecture = {
  /** AUDIT_ARCH_* of linux/audit.h. */
  readonly audit: number;
  /** Calls with this bit belong to a second ABI (x32) and are killed; undefined where there is none. */
  readonly foreignBit: number | undefined;
  readonly numbers: Readonly<Partial<Record<SyscallName, number>>>;
};

const x64: Architecture = { audit: 0xc000003e, foreignBit: 0x40000000, numbers: x64Numbers };
const arm64: Architecture = { audit: 0xc00000b7, foreignBit: undefined, numbers: arm64Numbers };

/**
 * The architecture by Node's name for it (`process.arch`): `x64` or `arm64`; undefined for any other, on which there is no
 * sandbox.
 */
export function architecture(name: string): Architecture | undefined {
  return name === 'x64' ? x64 : name === 'arm64' ? arm64 : undefined;
}
