/** Hands the program's upgrade authority to the guardian: the one way from a deployment that trusts
 * a key to one whose program is replaced only as members decided: seven days ahead, or 48 hours for
 * an incident upgrade whose quorum is reached in a pause and to which nobody objects. */

import {
  AccountRole,
  type Address,
  type Instruction,
  type ReadonlyUint8Array,
  type TransactionSigner,
  getAddressDecoder,
} from "@solana/kit";
import type { Chain } from "./chain.js";
import { LOADER, guardianAddress, programDataAddress, readGuardian } from "./client.js";
import { programRoom } from "./program.js";

/** `UpgradeableLoaderInstruction::SetAuthority`. */
const SET_AUTHORITY = Uint8Array.of(4, 0, 0, 0);
/** `UpgradeableLoaderState::ProgramData`: its tag, the slot of the latest deployment, an option. */
const PROGRAM_DATA = 3;
const OPTION = 12;
const KEY = 13;
/** A member without a heartbeat for so many seconds has no powers (docs/guardian.md). */
const SILENT_AFTER = 30n * 86_400n;

const key = (bytes: ReadonlyUint8Array): Address => getAddressDecoder().decode(bytes);

/** What a hand-over needs. */
export interface HandOver {
  readonly chain: Chain;
  /** Upgrade authority of today; pays the fee. */
  readonly authority: TransactionSigner;
  /** The guardian's address as whoever runs this knows it: it can't be taken back. */
  readonly confirmed?: Address;
  readonly print: (line: string) => void;
  /** Seconds since 1970. */
  readonly now: bigint;
}

/** Who may upgrade the program; null if nobody may ever again. */
function authorityOf(data: ReadonlyUint8Array): Address | null {
  if (data[0] !== PROGRAM_DATA) throw new Error("the program isn't there: deploy it first");
  return data[OPTION] === 0 ? null : key(data.slice(KEY, KEY + 32));
}

async function read(chain: Chain): Promise<{ guardian: Address; upgrades: Address | null }> {
  const guardian = await guardianAddress();
  const [found] = await chain.accounts([await programDataAddress()]);
  if (!found) throw new Error("the program isn't there: deploy it first");
  return { guardian, upgrades: authorityOf(found.data) };
}

/** Members who never spoke since they joined, or have fallen silent. */
async function silent(chain: Chain, at: Address, now: bigint): Promise<readonly Address[]> {
  const [found] = await chain.accounts([at]);
  if (!found) throw new Error("there is no guardian: create it, and let its members speak first");
  const { members } = readGuardian({ data: found.data, programAddress: found.owner });
  const mute = members.filter(
    (one) => one.heartbeatAt <= one.joinedAt || now - one.heartbeatAt > SILENT_AFTER,
  );
  return mute.map((one) => one.key);
}

/** Hands over, unless it is done. Returns whether anything was sent. */
export async function handOver(run: HandOver): Promise<boolean> {
  const { chain, authority, print } = run;
  const { guardian, upgrades } = await read(chain);
  if (upgrades === guardian) {
    print("nothing to do: the guardian is the program's upgrade authority");
    return false;
  }
  if (upgrades === null) throw new Error("nobody may upgrade this program any more");
  if (upgrades !== authority.address) {
    throw new Error(`the upgrade authority is ${upgrades}, the wallet ${authority.address}`);
  }
  const mute = await silent(chain, guardian, run.now);
  if (mute.length !== 0) {
    throw new Error(
      `members who haven't shown that they have their keys: ${mute.join(", ")}; ` +
        "each sends a heartbeat first",
    );
  }
  const room = await programRoom(chain);
  if (room) print(room);
  print(`upgrade authority ${upgrades} -> ${guardian} (guardian), for good`);
  if (run.confirmed === undefined) {
    print("nothing sent: say the guardian's address to hand over");
    return false;
  }
  if (run.confirmed !== guardian) {
    throw new Error(`the guardian of this program is ${guardian}, not ${run.confirmed}`);
  }
  await chain.send(authority, [await setAuthority(authority, guardian)]);
  const after = await read(chain);
  if (after.upgrades !== guardian) throw new Error(`the authority is ${after.upgrades}`);
  print("done: from now on the program is replaced only as the guardian decided, days ahead");
  return true;
}

async function setAuthority(from: TransactionSigner, to: Address): Promise<Instruction> {
  const signer = { address: from.address, role: AccountRole.READONLY_SIGNER, signer: from };
  return {
    programAddress: LOADER,
    accounts: [
      { address: await programDataAddress(), role: AccountRole.WRITABLE },
      signer,
      { address: to, role: AccountRole.READONLY },
    ],
    data: SET_AUTHORITY,
  };
}
