// The deployed bytecode in the embedded VM, as a cluster: transactions with a cluster's limits, a
// clock that the test sets, oracle accounts that it writes.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import {
  type Address,
  type Instruction,
  type KeyPairSigner,
  type Transaction,
  type TransactionSigner,
  address,
  appendTransactionMessageInstructions,
  blockhash,
  compressTransactionMessageUsingAddressLookupTables,
  createKeyPairSignerFromPrivateKeyBytes,
  createTransactionMessage,
  getAddressEncoder,
  getBase64EncodedWireTransaction,
  getCompiledTransactionMessageDecoder,
  lamports,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from "@solana/kit";
import { Clock, FailedTransactionMetadata, LiteSVM, type TransactionMetadata } from "litesvm";
import * as client from "../src/index.js";

/** Where `cargo xtask build` puts the bytecode. */
const ELF = new URL("../../../target/deploy/bulwark.so", import.meta.url);
/** Bytes of the loader's state before the ELF. */
const LOADER_HEAD = 45;
const PACKET_BYTES = 1232;
const ACCOUNT_KEYS = 64;
const COMPUTE_BUDGET = address("ComputeBudget111111111111111111111111111111");

/** A transaction that was executed. */
export interface Executed {
  readonly transaction: Transaction;
  readonly sent: TransactionMetadata | FailedTransactionMetadata;
  readonly slot: bigint;
}

/** What a transaction came to. */
export interface Receipt {
  readonly events: readonly client.BulwarkEvent[];
  readonly returned: Uint8Array;
  readonly units: bigint;
}

/** A transaction that the program refused. */
export class Refused extends Error {
  readonly refusal: client.Refusal | null;
  readonly logs: readonly string[];

  constructor(said: string, logs: readonly string[]) {
    super(`${said}\n${logs.join("\n")}`);
    this.logs = logs;
    this.refusal = client.refusalFromLogs(logs);
  }
}

/** A key that is the same in every run. */
export async function keypair(name: string): Promise<KeyPairSigner> {
  const seed = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name)));
  return createKeyPairSignerFromPrivateKeyBytes(seed);
}

export class Vm {
  readonly svm: LiteSVM;
  /** Upgrade authority of the program. */
  readonly authority: KeyPairSigner;
  /** Lookup tables that every transaction uses. */
  tables: Record<Address, Address[]> = {};
  /** Transactions sent. */
  sent = 0;
  /** Every transaction with what became of it, oldest first. */
  readonly history: Executed[] = [];
  /** Names of all events so far. */
  readonly seen = new Set<string>();

  private constructor(svm: LiteSVM, authority: KeyPairSigner) {
    this.svm = svm;
    this.authority = authority;
  }

  /** A VM with the bytecode deployed, its upgrade authority set. */
  static async deployed(): Promise<Vm> {
    assert.ok(existsSync(ELF), "target/deploy/bulwark.so is missing: run `cargo xtask build`");
    const vm = new Vm(new LiteSVM().withTransactionHistory(0n), await keypair("authority"));
    vm.fund(vm.authority.address, 10_000n);
    const elf = readFileSync(ELF);
    const data = await client.programDataAddress();
    const state = new Uint8Array(LOADER_HEAD + elf.length);
    state.set([3, 0, 0, 0]);
    state.set([1], 12);
    state.set(getAddressEncoder().encode(vm.authority.address), 13);
    state.set(elf, LOADER_HEAD);
    vm.write(data, client.LOADER, state);
    const program = new Uint8Array(36);
    program.set([2, 0, 0, 0]);
    program.set(getAddressEncoder().encode(data), 4);
    vm.write(client.PROGRAM, client.LOADER, program, true);
    vm.setTime(1_767_225_600n, 400_000_000n);
    return vm;
  }

  fund(to: Address, sol: bigint): void {
    this.svm.setAccount({
      address: to,
      data: new Uint8Array(),
      executable: false,
      lamports: lamports(sol * 1_000_000_000n),
      programAddress: client.NOBODY,
      space: 0n,
    });
  }

  write(at: Address, owner: Address, data: Uint8Array, executable = false): void {
    this.svm.setAccount({
      address: at,
      data,
      executable,
      lamports: lamports(this.svm.minimumBalanceForRentExemption(BigInt(data.length))),
      programAddress: owner,
      space: BigInt(data.length),
    });
  }

  data(at: Address): Uint8Array {
    const found = this.svm.getAccount(at);
    return found.exists ? new Uint8Array(found.data) : new Uint8Array();
  }

  /** An account as a cluster tells of it. */
  found(at: Address): client.FoundAccount | null {
    const account = this.svm.getAccount(at);
    if (!account.exists) return null;
    return { data: new Uint8Array(account.data), programAddress: account.programAddress };
  }

  get now(): { unix: bigint; slot: bigint } {
    const clock = this.svm.getClock();
    return { unix: clock.unixTimestamp, slot: clock.slot };
  }

  setTime(unix: bigint, slot: bigint): void {
    this.svm.setClock(new Clock(slot, 0n, 0n, 0n, unix));
    // Lookup tables are named after a slot that the cluster remembers.
    this.svm.setSlotHashes([{ slot: slot - 1n, hash: this.svm.latestBlockhash() }]);
  }

  /** Lets seconds pass, with slots of 400 ms. */
  advance(seconds: number): void {
    const { unix, slot } = this.now;
    this.setTime(unix + BigInt(seconds), slot + BigInt(Math.max(1, (seconds * 5) / 2 | 0)));
  }

  /** Sends one transaction. @throws Refused */
  async send(payer: TransactionSigner, instructions: readonly Instruction[]): Promise<Receipt> {
    this.svm.expireBlockhash();
    const limit: Instruction = {
      programAddress: COMPUTE_BUDGET,
      accounts: [],
      data: Uint8Array.of(2, 0xc0, 0x5c, 0x15, 0),
    };
    const message = pipe(
      createTransactionMessage({ version: 0 }),
      (one) => setTransactionMessageFeePayerSigner(payer, one),
      (one) =>
        setTransactionMessageLifetimeUsingBlockhash(
          { blockhash: blockhash(this.svm.latestBlockhash()), lastValidBlockHeight: 1n << 60n },
          one,
        ),
      (one) => appendTransactionMessageInstructions([limit, ...instructions], one),
      (one) => compressTransactionMessageUsingAddressLookupTables(one, this.tables),
    );
    const transaction = await signTransactionMessageWithSigners(message);
    const keys = this.keysOf(transaction.messageBytes);
    const bytes = Buffer.from(getBase64EncodedWireTransaction(transaction), "base64").length;
    assert.ok(bytes <= PACKET_BYTES, `${bytes} bytes don't fit a packet`);
    assert.ok(keys.length <= ACCOUNT_KEYS, `${keys.length} account keys`);
    return this.receipt(this.execute(transaction), keys);
  }

  /** Executes a signed transaction. @throws Refused */
  execute(transaction: Transaction): TransactionMetadata {
    const sent = this.svm.sendTransaction(transaction);
    this.sent += 1;
    this.history.push({ transaction, sent, slot: this.now.slot });
    if (sent instanceof FailedTransactionMetadata) {
      throw new Refused(sent.toString().slice(0, 200), sent.meta().logs());
    }
    return sent;
  }

  private receipt(meta: TransactionMetadata, keys: readonly Address[]): Receipt {
    const calls = meta.innerInstructions().flat().map((inner) => {
      const compiled = inner.instruction();
      const programAddress = keys[compiled.programIdIndex()] ?? client.NOBODY;
      return { programAddress, data: new Uint8Array(compiled.data()) };
    });
    const events = client.decodeEvents(calls);
    for (const { name } of events) this.seen.add(name);
    return {
      events,
      returned: new Uint8Array(meta.returnData().data()),
      units: meta.computeUnitsConsumed(),
    };
  }

  /** All account keys of a message, looked-up ones as the runtime orders them. */
  keysOf(bytes: Parameters<ReturnType<typeof getCompiledTransactionMessageDecoder>["decode"]>[0]) {
    const compiled = getCompiledTransactionMessageDecoder().decode(bytes);
    const lookups =
      "addressTableLookups" in compiled ? (compiled.addressTableLookups ?? []) : [];
    const take = (which: "writableIndexes" | "readonlyIndexes") =>
      lookups.flatMap((lookup) =>
        lookup[which].map((place) => this.tables[lookup.lookupTableAddress]?.[place] as Address),
      );
    return [...compiled.staticAccounts, ...take("writableIndexes"), ...take("readonlyIndexes")];
  }

  /** Uses a table as it lies on the cluster, from the next transaction on. */
  useTable(table: Address): void {
    this.tables = { ...this.tables, [table]: client.readLookupTable(this.data(table)) };
    this.advance(1);
  }
}
