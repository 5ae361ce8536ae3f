/** A running deployment, read from its cluster. */

import {
  type Address,
  type GetMultipleAccountsApi,
  type ReadonlyUint8Array,
  type Rpc,
  fetchEncodedAccounts,
} from "@solana/kit";
import { AccountError, readBank, readCompartment, readMarket } from "./accounts.js";
import { compartmentAddress } from "./addresses.js";
import { type Deployment, newDeployment } from "./deployment.js";

/** Reads the bytes of accounts; nothing for those that aren't there. */
export type FetchAccounts = (
  addresses: readonly Address[],
) => Promise<readonly (ReadonlyUint8Array | null)[]>;

/** Reads accounts by a cluster's RPC. */
export function rpcFetch(rpc: Rpc<GetMultipleAccountsApi>): FetchAccounts {
  return async (addresses) => {
    const found = await fetchEncodedAccounts(rpc, [...addresses]);
    return found.map((account) => (account.exists ? account.data : null));
  };
}

/** Reads the addresses of a compartment with everything that it lists. */
export async function loadDeployment(fetch: FetchAccounts, id: number): Promise<Deployment> {
  const address = await compartmentAddress(id);
  const [data] = await fetch([address]);
  if (!data) throw new AccountError(`there is no compartment ${id}: nothing at ${address}`);
  const compartment = readCompartment(data);
  if (!compartment.board) throw new AccountError(`compartment ${id} has no Board yet`);
  const made = await newDeployment(id, compartment.board);
  const [banks, markets] = await Promise.all([
    fetch(compartment.banks),
    fetch(compartment.markets),
  ]);
  return {
    ...made,
    banks: compartment.banks.map((bank, place) => {
      const { vault, mint, tokenProgram } = readBank(banks[place] ?? new Uint8Array());
      return { bank, vault, mint, tokenProgram };
    }),
    markets: compartment.markets.map((market, place) => {
      const { book } = readMarket(markets[place] ?? new Uint8Array());
      return { market, book };
    }),
  };
}
