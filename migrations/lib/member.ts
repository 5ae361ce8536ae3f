/** What a member of the guardian does, from his own machine: one act, one transaction. */

import {
  type Address,
  type Instruction,
  type TransactionSigner,
  getBase16Decoder,
  getBase16Encoder,
} from "@solana/kit";
import { type Chain, sol } from "./chain.js";
import * as client from "./client.js";
import type { Confirm } from "./confirm.js";

/** What an act needs. */
export interface MemberRun {
  readonly chain: Chain;
  /** Number of the compartment. */
  readonly compartment: number;
  /** The member; whoever pays, where anybody may. */
  readonly signer: TransactionSigner;
  /** Asks whether to sign what was shown; throws where not. */
  readonly confirm: Confirm;
  /** Name of the market, bank or feed that it is about, as its readers know it. */
  readonly name?: string;
  readonly print: (line: string) => void;
}

/** Fields of actions that are whole numbers of 64 bits, and those that are bytes. */
const WHOLE = new Set(["value", "membership", "ordinary", "relax", "sequence", "amount"]);
const BYTES = new Set(["hash", "id"]);

/**
 * An action as people write it: the fields of the client's `Action` in JSON, 64 bits as numbers or
 * strings, bytes in hexadecimal, a parameter by its name.
 *
 * @throws Error where it is none.
 */
export function readAction(text: string): client.Action {
  const action = JSON.parse(text, (field, value: unknown) => {
    if (field === "id" && typeof value === "string" && value.includes(".")) {
      const number = client.parameterId(value as client.ParameterName);
      if (number === undefined) throw new Error(`there is no parameter ${value}`);
      return number;
    }
    if (BYTES.has(field) && typeof value === "string") return getBase16Encoder().encode(value);
    const whole = typeof value === "number" || typeof value === "string";
    return WHOLE.has(field) && whole ? BigInt(value) : value;
  }) as client.Action;
  if (!client.ACTION_KINDS.includes(action.kind)) {
    throw new Error(`"kind" is one of ${client.ACTION_KINDS.join(", ")}`);
  }
  return action;
}

/** The longest restriction by one member alone, seconds: the program cuts what is longer. */
const ALONE = 21_600;

const people = (list: readonly (Address | null)[]) =>
  list.map((one) => one ?? "a former member").join(", ") || "nobody";

const fetchOf =
  (chain: Chain): client.FetchAccounts =>
  async (addresses) =>
    (await chain.accounts(addresses)).map(
      (found) => found && { data: found.data, programAddress: found.owner },
    );

/** Who has said what of a proposal. */
function standing({ proposal, approvedBy, objectedBy }: client.DescribedProposal): string[] {
  return [
    `state    ${proposal.state}; its rent goes back to ${proposal.payer}`,
    `for      ${people(approvedBy)}`,
    `against  ${people(objectedBy)}`,
  ];
}

/** A member's acts. */
export class Member {
  private constructor(
    private readonly run: MemberRun,
    private readonly fetch: client.FetchAccounts,
    private readonly deployment: client.Deployment,
  ) {}

  static async of(run: MemberRun): Promise<Member> {
    const fetch = fetchOf(run.chain);
    return new Member(run, fetch, await client.loadDeployment(fetch, run.compartment));
  }

  private async send(said: string, instruction: Instruction): Promise<void> {
    await this.run.chain.send(this.run.signer, [instruction]);
    this.run.print(said);
  }

  private async proposal(nonce: bigint): Promise<client.ProposalView> {
    const [found] = await this.fetch([await client.proposalAddress(nonce)]);
    if (!found) throw new Error(`there is no proposal ${nonce}, or it is closed`);
    return client.readProposal(found);
  }

  /** Shows what a signature does, and who pays for it; goes on once that is confirmed. */
  private async shown(said: client.Described, more: readonly string[], rent = 0n): Promise<void> {
    const { signer, print, confirm } = this.run;
    print(said.sentence);
    print(`  hash     ${getBase16Decoder().decode(said.hash)}, SHA-256 of its kind and bytes`);
    for (const line of more) print(`  ${line}`);
    const held = rent > 0n ? `, and ${sol(rent)} SOL that come back when it is closed` : "";
    print(`  pays     ${signer.address}: the fee${held}`);
    await confirm();
  }

  /** Who stands where, and what comes of this voice. */
  private async shownVoice(nonce: bigint, act: client.VoiceKind): Promise<client.Described> {
    const { signer, name } = this.run;
    const said = await client.describeProposal(this.fetch, nonce, {
      voice: { act, by: signer.address },
      ...(name === undefined ? {} : { name }),
    });
    const lines = [...standing(said), `then     ${said.after ?? ""}`];
    await this.shown(said, lines);
    return said;
  }

  /** What can't be read is a reason to object, so an objection to it is still asked for. */
  private async shownObjection(nonce: bigint): Promise<void> {
    try {
      await this.shownVoice(nonce, "object");
    } catch (error) {
      if (!(error instanceof client.BlindError)) throw error;
      const { signer, print, confirm } = this.run;
      print(`Proposal ${nonce} can't be read here: ${error.message}. You can object to it all the same.`);
      print(`  pays     ${signer.address}: the fee`);
      await confirm();
    }
  }

  async heartbeat(): Promise<void> {
    await this.send("you are here: powers stay awake for 30 days", await client.heartbeat(this.run.signer));
  }

  /** Restricts alone: seconds, at most six hours. */
  async restrict(scope: client.Scope, asked: number, reason: number): Promise<void> {
    const seconds = Math.min(asked, ALONE);
    const act = { scope, seconds, reason };
    const said = await client.describeAction(this.fetch, { kind: "restrict", ...act });
    await this.shown(said, ["alone    in force at once, twice in seven days at most"]);
    const quote = await client.quoteBlock(this.fetch);
    const restricted = await client.restrict(this.deployment, this.run.signer, { ...act, quote });
    await this.send(`restricted for ${seconds} s, in force now`, restricted);
  }

  /** Proposes, which is the proposer's approval. Returns the proposal's number. */
  async propose(action: client.Action): Promise<bigint> {
    const { deployment, run } = this;
    const by = run.signer.address;
    const said = await client.describeProposed(this.fetch, action, by, run.name);
    const rent = await run.chain.rent(client.ACCOUNT_SIZES.proposal);
    await this.shown(said, ["for      you, by proposing it"], rent);
    const [found] = await this.fetch([await client.guardianAddress()]);
    const { nonce } = client.readGuardian(found);
    const quote = await client.quoteBlock(this.fetch);
    const proposed = await client.propose(deployment, run.signer, nonce, action, quote);
    await this.send(`proposal ${nonce}: ${action.kind}`, proposed);
    await this.tell(nonce);
    return nonce;
  }

  async approve(nonce: bigint): Promise<void> {
    const { hash } = await this.shownVoice(nonce, "approve");
    const quote = await client.quoteBlock(this.fetch);
    const { deployment, run } = this;
    // Bound to what was shown: another action under this number isn't approved.
    const voice = await client.approveProposal(deployment, run.signer, nonce, hash, quote);
    await this.send(`approved proposal ${nonce}`, voice);
    await this.tell(nonce);
  }

  async object(nonce: bigint): Promise<void> {
    await this.shownObjection(nonce);
    const quote = await client.quoteBlock(this.fetch);
    const { deployment, run } = this;
    const voice = await client.objectToProposal(deployment, run.signer, nonce, quote);
    await this.send(`objected to proposal ${nonce}`, voice);
    const told = this.tell(nonce);
    await told.catch((error) => {
      if (!(error instanceof client.BlindError)) throw error;
    });
  }

  /** What a proposal does, where it stands, and what is next. */
  async tell(nonce: bigint): Promise<void> {
    const { print, name } = this.run;
    const named = name === undefined ? {} : { name };
    const said = await client.describeProposal(this.fetch, nonce, named);
    print(said.sentence);
    print(`  hash     ${getBase16Decoder().decode(said.hash)}, SHA-256 of its kind and bytes`);
    for (const line of standing(said)) print(`  ${line}`);
    if (said.proposal.state === "queued") {
      print(`  next     not in force yet: anyone executes it then (execute ${nonce})`);
    }
  }

  /** Carries a decision out; anyone may. */
  async execute(nonce: bigint): Promise<void> {
    const { action, payer } = await this.proposal(nonce);
    const made = await this.carriedOut(nonce, action, payer);
    await this.shownVoice(nonce, "execute");
    await this.send(`proposal ${nonce} is carried out: ${action.kind}`, made);
  }

  private async carriedOut(nonce: bigint, action: client.Action, payer: client.ProposalView["payer"]) {
    const { deployment, run, fetch } = this;
    switch (action.kind) {
      case "announceRecovery": {
        const [found] = await fetch([deployment.compartment]);
        const epoch = client.readCompartment(found).layout.recoveryEpoch + 1;
        const what = { cause: "guardian", epoch, proposal: nonce } as const;
        return client.announceRecovery(deployment, run.signer, what);
      }
      case "upgrade":
      case "incidentUpgrade": {
        const what = { buffer: action.buffer, payer };
        return client.executeUpgrade(deployment, run.signer, nonce, what);
      }
      case "list":
      case "payTreasury":
        throw new Error(`${action.kind} has an instruction of its own: see app/client/README.md`);
      default: {
        const all = await this.compartments();
        const spoken = client.spokenOf(deployment, action, all);
        return client.executeProposal(deployment, run.signer, nonce, spoken);
      }
    }
  }

  private async compartments() {
    const [found] = await this.fetch([this.deployment.protocol]);
    const { compartmentCount } = client.readProtocol(found).layout;
    const numbers = Array.from({ length: compartmentCount }, (_, number) => number);
    return Promise.all(numbers.map((number) => client.compartmentAddress(number)));
  }
}
