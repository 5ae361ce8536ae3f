/** A running deployment, read from its cluster. */

import {
  type Address,
  type GetMultipleAccountsApi,
  type Rpc,
  fetchEncodedAccounts,
} from "@solana/kit";
import {
  AccountError,
  type FoundAccount,
  readBank,
  readCompartment,
  readMarket,
} from "./accounts.js";
import { compartmentAddress } from "./addresses.js";
import { type Deployment, newDeployment } from "./deployment.js";

/** Reads accounts; nothing for those that aren't there. */
export type FetchAccounts = (
  addresses: readonly Address[],
) => Promise<readonly (FoundAccount | null)[]>;

/** Reads accounts by a cluster's RPC. */
export function rpcFetch(rpc: Rpc<GetMultipleAccountsApi>): FetchAccounts {
  return async (addresses) => {
    const found = await fetchEncodedAccounts(rpc, [...addresses]);
    return found.map((account) =>
      account.exists ? { data: account.data, programAddress: account.programAddress } : null,
    );
  };
}

/** Reads the addresses of a compartment with everything that it lists. */
export async function loadDeployment(fetch: FetchAccounts, id: number): Promise<Deployment> {
  const address = await compartmentAddress(id);
  const [found] = await fetch([address]);
  if (!found) throw new AccountError(`there is no compartment ${id}: nothing at ${address}`);
  const compartment = readCompartment(found);
  if (!compartment.board) throw new AccountError(`compartment ${id} has no Board yet`);
  const made = await newDeployment(id, compartment.board);
  const [banks, markets] = await Promise.all([
    fetch(compartment.banks),
    fetch(compartment.markets),
  ]);
  return {
    ...made,
    banks: compartment.banks.map((bank, place) => {
      const { vault, mint, tokenProgram } = readBank(banks[place]);
      return { bank, vault, mint, tokenProgram };
    }),
    markets: compartment.markets.map((market, place) => {
      const { book } = readMarket(markets[place]);
      return { market, book };
    }),
  };
}
