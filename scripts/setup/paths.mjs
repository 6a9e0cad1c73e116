import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder; every path of the set-up hangs on it. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where the set-up keeps what it installs: nothing is installed system-wide. */
export const toolchain = join(root, '.toolchain');

/** Start scripts of the programs that need libraries from `.toolchain`; the first folder on PATH. */
export const toolchainBin = join(toolchain, 'bin');
