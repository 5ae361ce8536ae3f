/**
 * What a proposal of the guardian does, in one plain sentence with the values before and after:
 * `crates/words` as WebAssembly, so that a page and the command line have the same words. A module
 * of its own, loaded when it is first asked for.
 */

import {
  type Address,
  type ReadonlyUint8Array,
  getAddressEncoder,
  getBase64Encoder,
  getU16Encoder,
} from "@solana/kit";
import { AccountError, type AccountSource, ownBytes } from "./accounts/common.js";
import { type Action, actionNumber, encodeAction } from "./actions.js";
import { RuleError } from "./errors.js";
import * as accounts from "./generated/accounts/index.js";

/** Bytes of an account's discriminator. */
const DISCRIMINATOR = 8;

/** What the module exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  words_place(number: number): number;
  words_size(number: number): number;
  words_text(): number;
  words_say(what: number, seen: number, name: number, unix: bigint, slot: bigint): number;
  words_act(what: number, unix: bigint, slot: bigint): number;
}

/** A moment of the cluster. */
export interface Moment {
  /** Unix second. */
  readonly unix: bigint;
  /** Slot. */
  readonly slot: bigint;
}

/** Accounts that values before are read from; what is missing is said to be unknown. */
export interface SeenAccounts {
  /** The Protocol. */
  readonly protocol?: AccountSource;
  /** The guardian. */
  readonly guardian?: AccountSource;
  /** The compartment that the action is about. */
  readonly compartment?: AccountSource;
  /** Its Board. */
  readonly board?: AccountSource;
  /** Its insurance. */
  readonly insurance?: AccountSource;
  /** The market that the action is about. */
  readonly market?: AccountSource;
  /** The bank that the action is about; of a payment to the treasury the quote bank. */
  readonly bank?: AccountSource;
  /** Name of the item that the action is about, as its readers know it. */
  readonly name?: string;
}

/** What a member does about a proposal that is open or queued. */
export const VOICES = ["approve", "object", "execute"] as const;
/** What a member does about a proposal that is open or queued. */
export type VoiceKind = (typeof VOICES)[number];

/** Something that nobody should put his name to. */
export class BlindError extends Error {
  /** Which kind of error. */
  override readonly name = "BlindError";
}

const PROPOSAL = 0;
const NAME = 8;
const KEY = 9;
/** Places of the desk, discriminators, and what errors call them. */
const PLACES = {
  protocol: [1, accounts.PROTOCOL_STATE_DISCRIMINATOR, "Protocol"],
  guardian: [2, accounts.GUARDIAN_STATE_DISCRIMINATOR, "guardian"],
  compartment: [3, accounts.COMPARTMENT_STATE_DISCRIMINATOR, "compartment"],
  board: [4, accounts.BOARD_STATE_DISCRIMINATOR, "Board"],
  insurance: [5, accounts.INSURANCE_STATE_DISCRIMINATOR, "insurance"],
  market: [6, accounts.MARKET_STATE_DISCRIMINATOR, "market"],
  bank: [7, accounts.BANK_STATE_DISCRIMINATOR, "bank"],
} as const;
const SEEN = Object.keys(PLACES) as (keyof typeof PLACES)[];
/** Parts of the proposal, for an action that is none yet. */
const KIND = 10;
const LENGTH = 11;
const ACTION = 12;

/** The words. One at a time: a call writes its accounts into the module's memory. */
export class Words {
  readonly #wasm: Exports;

  /** @internal {@link loadWords} makes it. */
  constructor(wasm: Exports) {
    this.#wasm = wasm;
  }

  /**
   * The sentence of a proposal: its number, what it does, how it stands, when it counts.
   *
   * @throws BlindError where its bytes are no action, or an account is another item's.
   */
  proposal(proposal: AccountSource, seen: SeenAccounts, at: Moment): string {
    this.#put(PROPOSAL, proposal, accounts.PROPOSAL_STATE_DISCRIMINATOR, "proposal");
    return this.#say(0, seen, at);
  }

  /** What an action does that is no proposal, such as a restriction alone. */
  action(action: Action, seen: SeenAccounts, at: Moment): string {
    this.#putAction(action);
    return this.#say(2, seen, at);
  }

  /**
   * The sentence that a proposal of this action would have, by the program's own rules.
   *
   * @throws RuleError with the error that the program would refuse it with.
   */
  proposed(action: Action, by: Address, seen: SeenAccounts, at: Moment): string {
    this.#putAction(action);
    this.#try(0, by, seen, at);
    return this.#say(0, withoutGuardian(seen), at, seen.guardian !== undefined);
  }

  /**
   * How a proposal would stand after a voice, by the program's own rules.
   *
   * @throws RuleError with the error that the program would refuse it with.
   */
  after(
    proposal: AccountSource,
    voice: { readonly act: VoiceKind; readonly by: Address },
    seen: SeenAccounts,
    at: Moment,
  ): string {
    this.#put(PROPOSAL, proposal, accounts.PROPOSAL_STATE_DISCRIMINATOR, "proposal");
    this.#try(VOICES.indexOf(voice.act) + 1, voice.by, seen, at);
    return this.#say(1, withoutGuardian(seen), at, seen.guardian !== undefined);
  }

  #try(what: number, by: Address, { protocol, guardian }: SeenAccounts, at: Moment): void {
    this.#putSeen("protocol", protocol);
    this.#putSeen("guardian", guardian);
    this.#bytes(KEY).set(getAddressEncoder().encode(by));
    const code = this.#wasm.words_act(what, at.unix, at.slot);
    if (code !== 0) throw new RuleError(code);
  }

  /** `acted`: the guardian on the desk stays as an act left it. */
  #say(what: number, seen: SeenAccounts, { unix, slot }: Moment, acted = false): string {
    let bits = acted ? 1 << PLACES.guardian[0] : 0;
    for (const kind of SEEN) {
      if (seen[kind] === undefined) continue;
      this.#putSeen(kind, seen[kind]);
      bits |= 1 << PLACES[kind][0];
    }
    const name = this.#name(seen.name ?? "");
    const length = this.#wasm.words_say(what, bits, name, unix, slot);
    if (length === 0) throw new BlindError("this action has no words: don't sign it");
    const text = new Uint8Array(
      this.#wasm.memory.buffer,
      this.#wasm.words_text(),
      Math.abs(length),
    );
    const said = new TextDecoder().decode(text);
    if (length < 0) throw new BlindError(said);
    return said;
  }

  #name(name: string): number {
    const place = this.#bytes(NAME);
    return new TextEncoder().encodeInto(name, place).written;
  }

  #putAction(action: Action): void {
    const bytes = encodeAction(action);
    const place = this.#bytes(ACTION);
    if (bytes.length > place.length) throw new RangeError("this action is too long");
    this.#bytes(PROPOSAL).fill(0);
    place.set(bytes);
    this.#bytes(KIND).set(getU16Encoder().encode(actionNumber(action.kind)));
    this.#bytes(LENGTH).set(getU16Encoder().encode(bytes.length));
  }

  #putSeen(kind: keyof typeof PLACES, source: AccountSource): void {
    const [number, discriminator, what] = PLACES[kind];
    this.#put(number, source, discriminator, what);
  }

  #put(number: number, source: AccountSource, starts: ReadonlyUint8Array, what: string): void {
    const data = ownBytes(what, source);
    const place = this.#bytes(number);
    if (data.length !== place.length + DISCRIMINATOR) {
      const bytes = place.length + DISCRIMINATOR;
      throw new AccountError(`a ${what} has ${bytes} bytes, this account ${data.length}`);
    }
    if (!starts.every((byte, at) => data[at] === byte)) {
      throw new AccountError(`this account is no ${what}`);
    }
    place.set(data.subarray(DISCRIMINATOR));
  }

  #bytes(number: number): Uint8Array {
    const { memory, words_place, words_size } = this.#wasm;
    return new Uint8Array(memory.buffer, words_place(number), words_size(number));
  }
}

/** Without the guardian, which the desk has as the act left it. */
function withoutGuardian(seen: SeenAccounts): SeenAccounts {
  const { guardian: _, ...others } = seen;
  return others;
}

let loading: Promise<Words> | undefined;

/** Loads and compiles the words, once; works in Node.js and in browsers. */
export function loadWords(): Promise<Words> {
  loading ??= compile().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function compile(): Promise<Words> {
  const { WORDS_WASM } = await import("./words.wasm.js");
  const bytes = new Uint8Array(getBase64Encoder().encode(WORDS_WASM));
  const { instance } = await WebAssembly.instantiate(bytes);
  return new Words(instance.exports as unknown as Exports);
}
