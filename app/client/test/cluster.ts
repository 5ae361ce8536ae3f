// The embedded VM behind JSON-RPC: as much of a cluster as a deployment asks for.
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Address,
  type Base58EncodedBytes,
  getBase58Decoder,
  getBase58Encoder,
  getTransactionDecoder,
} from "@solana/kit";
import { FailedTransactionMetadata } from "litesvm";
import { Refused, type Vm } from "./vm.js";

type Params = readonly unknown[];

function account(vm: Vm, at: Address) {
  const found = vm.svm.getAccount(at);
  if (!found.exists) return null;
  return {
    data: [Buffer.from(found.data).toString("base64"), "base64"],
    executable: found.executable,
    lamports: Number(found.lamports),
    owner: found.programAddress,
    rentEpoch: 0,
    space: found.data.length,
  };
}

interface ProgramQuery {
  readonly dataSlice?: { readonly offset: number; readonly length: number };
  readonly filters?: readonly { readonly memcmp: { readonly offset: number; readonly bytes: string } }[];
}

function programAccounts(vm: Vm, program: Address, { dataSlice, filters = [] }: ProgramQuery) {
  const wanted = (data: Uint8Array) =>
    filters.every(({ memcmp: { offset, bytes } }) => {
      const sought = getBase58Encoder().encode(bytes);
      return sought.every((byte, place) => data[offset + place] === byte);
    });
  return vm.svm
    .getProgramAccounts(program)
    .filter(({ data }) => wanted(data as Uint8Array))
    .map(({ address: pubkey, data }) => {
      const { offset, length } = dataSlice ?? { offset: 0, length: data.length };
      const part = Buffer.from(data.slice(offset, offset + length)).toString("base64");
      const whole = account(vm, pubkey);
      return { pubkey, account: { ...whole, data: [part, "base64"] } };
    });
}

function send(vm: Vm, params: Params): Base58EncodedBytes | string {
  const bytes = Buffer.from(params[0] as string, "base64");
  const sent = vm.execute(getTransactionDecoder().decode(bytes));
  vm.advance(1);
  vm.svm.expireBlockhash();
  return getBase58Decoder().decode(sent.signature());
}

/** Newest first, as a cluster tells them. */
function signatures(vm: Vm, { before, until, limit }: { before?: string; until?: string; limit: number }) {
  const all = vm.history.map(({ sent, slot }) => {
    const failed = sent instanceof FailedTransactionMetadata;
    const signature = getBase58Decoder().decode((failed ? sent.meta() : sent).signature());
    return { signature, slot: Number(slot), err: failed ? {} : null, memo: null, blockTime: null };
  });
  const list = all.reverse();
  const place = (of: string) => list.findIndex(({ signature }) => signature === of);
  const from = before === undefined ? 0 : place(before) + 1;
  const end = until === undefined ? list.length : place(until);
  return list.slice(from, Math.min(end, from + limit));
}

/** As `getTransaction` writes it with encoding `json`. */
function transaction(vm: Vm, sought: string) {
  for (const { transaction, sent, slot } of vm.history) {
    if (sent instanceof FailedTransactionMetadata) continue;
    const signature = getBase58Decoder().decode(sent.signature());
    if (signature !== sought) continue;
    const inner = sent.innerInstructions().map((calls, index) => ({
      index,
      instructions: calls.map((call) => {
        const compiled = call.instruction();
        const data = getBase58Decoder().decode(new Uint8Array(compiled.data()));
        const accounts = [...compiled.accounts()];
        return { programIdIndex: compiled.programIdIndex(), accounts, data };
      }),
    }));
    const accountKeys = vm.keysOf(transaction.messageBytes);
    return {
      slot: Number(slot),
      meta: { err: null, innerInstructions: inner, loadedAddresses: { writable: [], readonly: [] } },
      transaction: { signatures: [signature], message: { accountKeys } },
    };
  }
  return null;
}

function answer(vm: Vm, method: string, params: Params): unknown {
  const context = { slot: Number(vm.now.slot) };
  switch (method) {
    case "getMultipleAccounts":
      return { context, value: (params[0] as Address[]).map((at) => account(vm, at)) };
    case "getBalance":
      return { context, value: Number(vm.svm.getBalance(params[0] as Address) ?? 0n) };
    case "getProgramAccounts":
      return programAccounts(vm, params[0] as Address, params[1] as ProgramQuery);
    case "getMinimumBalanceForRentExemption":
      return Number(vm.svm.minimumBalanceForRentExemption(BigInt(params[0] as number)));
    case "getSlot":
      return Number(vm.now.slot - 1n);
    case "getLatestBlockhash":
      return { context, value: { blockhash: vm.svm.latestBlockhash(), lastValidBlockHeight: 1e9 } };
    case "sendTransaction":
      return send(vm, params);
    case "getSignaturesForAddress":
      return signatures(vm, params[1] as Parameters<typeof signatures>[1]);
    case "getTransaction":
      return transaction(vm, params[0] as string);
    case "getSignatureStatuses":
      return { context, value: [{ ...context, confirmationStatus: "confirmed", err: null }] };
    default:
      throw new Error(`this cluster doesn't know ${method}`);
  }
}

/** Serves a VM until it is closed. */
export async function serve(vm: Vm): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part: Buffer) => (text += part.toString()));
    request.on("end", () => {
      const { id, method, params } = JSON.parse(text) as {
        id: unknown;
        method: string;
        params?: Params;
      };
      response.setHeader("content-type", "application/json");
      try {
        const result = answer(vm, method, params ?? []);
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
      } catch (error) {
        const logs = error instanceof Refused ? error.logs : [];
        const told = { code: -32002, message: String(error), data: { err: null, logs } };
        response.end(JSON.stringify({ jsonrpc: "2.0", id, error: told }));
      }
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, server };
}
