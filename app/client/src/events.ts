/**
 * Events. The program emits each by a call to itself, so they are inner instructions of a
 * transaction: never cut off, as logs are.
 */

import { type Address, type ReadonlyUint8Array, getBase58Encoder } from "@solana/kit";
import { PROGRAM } from "./addresses.js";
import { BULWARK_EVENTS, type BulwarkEvents } from "./generated/events.js";

export type { BulwarkEvents } from "./generated/events.js";

/** What every self-call of an Anchor program begins with. */
const TAG = [0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d] as const;

/** An event: its name and its fields. Narrow it by `name`. */
export type BulwarkEvent = {
  readonly [Name in keyof BulwarkEvents]: {
    /** Name. */
    readonly name: Name;
    /** Fields. */
    readonly data: BulwarkEvents[Name];
  };
}[keyof BulwarkEvents];

/** An inner instruction, however it was fetched. */
export interface InnerCall {
  /** The program that was called. */
  readonly programAddress: Address;
  /** What it was told. */
  readonly data: ReadonlyUint8Array;
}

const begins = (data: ReadonlyUint8Array, with_: readonly number[], at: number): boolean =>
  with_.every((byte, place) => data[at + place] === byte);

/**
 * The event in the data of an inner instruction; nothing if it is none.
 *
 * @throws RangeError where it is an event that this release doesn't know: update the client.
 */
export function decodeEvent(data: ReadonlyUint8Array): BulwarkEvent | null {
  if (!begins(data, TAG, 0)) return null;
  const names = Object.keys(BULWARK_EVENTS) as (keyof BulwarkEvents)[];
  const name = names.find((one) => begins(data, BULWARK_EVENTS[one].discriminator, TAG.length));
  if (!name) throw new RangeError("an event that this release of the client doesn't know");
  return decoded(name, data);
}

function decoded<Name extends keyof BulwarkEvents>(name: Name, data: ReadonlyUint8Array) {
  const head = TAG.length + 8;
  const [fields, end] = BULWARK_EVENTS[name].decoder().read(data, head);
  if (end !== data.length) {
    throw new RangeError(`${name}: ${data.length - end} bytes more than this release knows`);
  }
  return { name, data: fields } as BulwarkEvent;
}

/** The events of a transaction in their order, from its inner instructions. */
export function decodeEvents(calls: Iterable<InnerCall>): BulwarkEvent[] {
  const found: BulwarkEvent[] = [];
  for (const { programAddress, data } of calls) {
    const event = programAddress === PROGRAM ? decodeEvent(data) : null;
    if (event) found.push(event);
  }
  return found;
}

/** Inner instructions as `getTransaction` of a cluster's RPC returns them (encoding `json`). */
export interface RpcInnerInstructions {
  /** One entry for each outer instruction that called others. */
  readonly innerInstructions?:
    | readonly {
        readonly instructions: readonly {
          readonly programIdIndex: number;
          readonly data: string;
        }[];
      }[]
    | null;
}

/**
 * The inner instructions of a transaction as the RPC returns it. `keys` are all of its accounts:
 * those of the message, then those loaded from lookup tables, writable ones first.
 */
export function innerCalls(meta: RpcInnerInstructions, keys: readonly Address[]): InnerCall[] {
  const encoder = getBase58Encoder();
  return (meta.innerInstructions ?? []).flatMap(({ instructions }) =>
    instructions.flatMap(({ programIdIndex, data }) => {
      const programAddress = keys[programIdIndex];
      return programAddress ? [{ programAddress, data: encoder.encode(data) }] : [];
    }),
  );
}
