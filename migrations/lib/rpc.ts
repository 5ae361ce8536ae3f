/** A cluster by its RPC. */

import {
  type Base58EncodedBytes,
  type Signature,
  type TransactionSigner,
  appendTransactionMessageInstructions,
  createSolanaRpc,
  createTransactionMessage,
  fetchEncodedAccounts,
  getBase58Decoder,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from "@solana/kit";
import { address, createKeyPairSignerFromBytes } from "@solana/kit";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { AuditedChain } from "./audit.js";
import { PROGRAM, explain, generated, refusalFrom } from "./client.js";

const COMPUTE_BUDGET = address("ComputeBudget111111111111111111111111111111");
/** A limit of 1,400,000 compute units: the largest that a transaction has. */
const UNITS = Uint8Array.of(2, 0xc0, 0x5c, 0x15, 0);
/** How long a transaction is waited for: as long as its blockhash lives. */
const SECONDS = 90;

/** A wallet as `solana-keygen` writes it. */
export async function wallet(file: string): Promise<TransactionSigner> {
  const bytes = Uint8Array.from(JSON.parse(readFileSync(file, "utf8")) as number[]);
  return createKeyPairSignerFromBytes(bytes);
}

/** The cluster behind an RPC address. */
export function rpcChain(url: string): AuditedChain {
  const rpc = createSolanaRpc(url);
  const confirmed = async (signature: Signature): Promise<void> => {
    for (let second = 0; second < SECONDS; second += 1) {
      const { value } = await rpc.getSignatureStatuses([signature]).send();
      const status = value[0];
      if (status?.err) throw new Error(`${signature} failed: ${JSON.stringify(status.err)}`);
      if (status && status.confirmationStatus !== "processed") return;
      await pause(1_000);
    }
    throw new Error(`${signature} wasn't confirmed in ${SECONDS} s: run again, it goes on there`);
  };
  return {
    accounts: async (addresses) => {
      const found = await fetchEncodedAccounts(rpc, [...addresses], { commitment: "confirmed" });
      return found.map((one) =>
        one.exists ? { data: one.data, owner: one.programAddress } : null,
      );
    },
    margins: async (compartment) => {
      const starts = Uint8Array.from(generated.MARGIN_STATE_DISCRIMINATOR);
      const bytes = getBase58Decoder().decode(starts) as Base58EncodedBytes;
      const of = compartment.toString() as Base58EncodedBytes;
      const found = await rpc
        .getProgramAccounts(PROGRAM, {
          commitment: "confirmed",
          encoding: "base64",
          // The addresses alone.
          dataSlice: { offset: 0, length: 0 },
          filters: [
            { memcmp: { offset: 0n, bytes, encoding: "base58" } },
            { memcmp: { offset: BigInt(starts.length), bytes: of, encoding: "base58" } },
          ],
        })
        .send();
      return found.map(({ pubkey }) => pubkey);
    },
    balance: async (of) => (await rpc.getBalance(of, { commitment: "confirmed" }).send()).value,
    rent: async (space) => rpc.getMinimumBalanceForRentExemption(BigInt(space)).send(),
    slot: async () => rpc.getSlot({ commitment: "finalized" }).send(),
    send: async (payer, instructions) => {
      const { value } = await rpc.getLatestBlockhash({ commitment: "confirmed" }).send();
      const budget = { programAddress: COMPUTE_BUDGET, accounts: [], data: UNITS };
      const message = pipe(
        createTransactionMessage({ version: 0 }),
        (one) => setTransactionMessageFeePayerSigner(payer, one),
        (one) => setTransactionMessageLifetimeUsingBlockhash(value, one),
        (one) => appendTransactionMessageInstructions([budget, ...instructions], one),
      );
      const transaction = await signTransactionMessageWithSigners(message);
      try {
        const wire = getBase64EncodedWireTransaction(transaction);
        await rpc
          .sendTransaction(wire, { encoding: "base64", preflightCommitment: "confirmed" })
          .send();
      } catch (error) {
        const refusal = refusalFrom(error, { instructions: [budget, ...instructions] });
        if (refusal) throw new Error(explain(refusal), { cause: error });
        throw error;
      }
      await confirmed(getSignatureFromTransaction(transaction));
    },
  };
}
