import { type Address, type Instruction, type TransactionSigner } from "@solana/kit";
import { getCreateAccountInstruction } from "@solana-program/system";

/** Makes an account of `space` zeroed bytes that belongs to `owner`. */
export function createAccount(
  payer: TransactionSigner,
  newAccount: TransactionSigner,
  lamports: bigint,
  space: number,
  owner: Address,
): Instruction {
  return getCreateAccountInstruction({
    payer,
    newAccount,
    lamports,
    space,
    programAddress: owner,
  });
}
