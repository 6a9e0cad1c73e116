import { AppError } from '@queueclaw/contracts';
import type { PairedPerson, Pairings, PairingAccount, WaitingPerson } from '@queueclaw/mailbox';

/** Who asks to write to the assistant and who may, over several tenants. */
export type PairingDesk = {
  /** Who waits, then who may write; both oldest first within a tenant. */
  list(): Promise<{ readonly waiting: readonly WaitingPerson[]; readonly people: readonly PairedPerson[] }>;
  /** @throws AppError pairing.not_found, pairing.full */
  approve(code: string, by: string): Promise<PairingAccount & { readonly person: string; readonly name?: string }>;
  /**
   * @param tenant absent: whichever it is
   * @throws AppError pairing.not_found
   */
  revoke(tenant: string | undefined, account: string, person: string): Promise<PairingAccount>;
};

/** Codes are read aloud and written by hand. */
const asGiven = (code: string): string => code.toUpperCase().replaceAll(/[\s-]+/g, '');

/** @param tenants that the configuration names */
export function openPairingDesk(pairings: Pairings, tenants: readonly string[]): PairingDesk {
  return {
    list: async () => {
      const lists = await Promise.all(tenants.map((tenant) => pairings.list(tenant)));
      return { waiting: lists.flatMap(({ waiting }) => waiting), people: lists.flatMap(({ people }) => people) };
    },
    approve: async (code, by) => {
      for (const tenant of tenants) {
        try {
          const { account, request } = await pairings.approve(tenant, asGiven(code), by);
          const { id: person, name } = request.from;
          return { tenant, account, person, ...(name === undefined ? {} : { name }) };
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'pairing.not_found') throw error;
        }
      }
      throw new AppError('pairing.not_found');
    },
    revoke: async (wanted, account, person) => {
      for (const tenant of wanted === undefined ? tenants : [wanted])
        if (await pairings.revoke({ tenant, account }, person)) return { tenant, account };
      throw new AppError('pairing.not_found');
    },
  };
}
