/** What a member of the guardian does, from his own machine: one act, one transaction. */

import { type Instruction, type TransactionSigner, getBase16Encoder } from "@solana/kit";
import type { Chain } from "./chain.js";
import * as client from "./client.js";

/** What an act needs. */
export interface MemberRun {
  readonly chain: Chain;
  /** Number of the compartment. */
  readonly compartment: number;
  /** The member; whoever pays, where anybody may. */
  readonly signer: TransactionSigner;
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

const fetchOf =
  (chain: Chain): client.FetchAccounts =>
  async (addresses) =>
    (await chain.accounts(addresses)).map(
      (found) => found && { data: found.data, programAddress: found.owner },
    );

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

  async heartbeat(): Promise<void> {
    await this.send("you are here: powers stay awake for 30 days", await client.heartbeat(this.run.signer));
  }

  /** Restricts alone: seconds, at most six hours. */
  async restrict(scope: client.Scope, seconds: number, reason: number): Promise<void> {
    const quote = await client.quoteBlock(this.fetch);
    const what = { scope, seconds, reason, quote };
    const restricted = await client.restrict(this.deployment, this.run.signer, what);
    await this.send(`restricted for ${seconds} s, in force now`, restricted);
  }

  /** Proposes, which is the proposer's approval. Returns the proposal's number. */
  async propose(action: client.Action): Promise<bigint> {
    const [found] = await this.fetch([await client.guardianAddress()]);
    const { nonce } = client.readGuardian(found);
    const quote = await client.quoteBlock(this.fetch);
    const { deployment, run } = this;
    const proposed = await client.propose(deployment, run.signer, nonce, action, quote);
    await this.send(`proposal ${nonce}: ${action.kind}`, proposed);
    await this.tell(nonce);
    return nonce;
  }

  async approve(nonce: bigint): Promise<void> {
    const quote = await client.quoteBlock(this.fetch);
    const { deployment, run } = this;
    const voice = await client.approveProposal(deployment, run.signer, nonce, quote);
    await this.send(`approved proposal ${nonce}`, voice);
    await this.tell(nonce);
  }

  async object(nonce: bigint): Promise<void> {
    const quote = await client.quoteBlock(this.fetch);
    const { deployment, run } = this;
    const voice = await client.objectToProposal(deployment, run.signer, nonce, quote);
    await this.send(`objected to proposal ${nonce}`, voice);
    await this.tell(nonce);
  }

  /** Where a proposal stands, and what is next. */
  async tell(nonce: bigint): Promise<void> {
    const { state, approvals, objections, quorum, eta } = await this.proposal(nonce);
    const { print } = this.run;
    print(`${state}, ${approvals.length} of ${quorum} for it, ${objections.length} against`);
    if (state === "queued" && eta) {
      const when = new Date(Number(eta.at) * 1_000).toISOString();
      print(`not in force yet: anyone executes it from ${when} and slot ${eta.slot} on`);
    }
  }

  /** Carries a decision out; anyone may. */
  async execute(nonce: bigint): Promise<void> {
    const { action, payer } = await this.proposal(nonce);
    const made = await this.carriedOut(nonce, action, payer);
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
