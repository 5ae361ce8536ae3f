// A guardian in the embedded VM, and how its members speak.
import type { KeyPairSigner } from "@solana/kit";
import * as client from "../src/index.js";
import { type Receipt, keypair } from "./vm.js";
import type { World } from "./world.js";

export const DAY = 86_400;
/** Members of five who decide: four fifths. */
const QUORUM = 4;

/** A guardian of five. */
export class Council {
  private constructor(
    readonly world: World,
    readonly members: readonly KeyPairSigner[],
  ) {}

  static async of(world: World): Promise<Council> {
    const members: KeyPairSigner[] = [];
    for (let number = 1; number <= 5; number += 1) {
      const member = await keypair(`member ${number}`);
      world.vm.fund(member.address, 10n);
      members.push(member);
    }
    const keys = members.map(({ address }) => address);
    const create = await client.createGuardian(world.deployment, world.vm.authority, keys);
    await world.vm.send(world.vm.authority, [create]);
    return new Council(world, members);
  }

  member(number: number): KeyPairSigner {
    return this.members[number - 1] as KeyPairSigner;
  }

  async guardian(): Promise<client.GuardianView> {
    return client.readGuardian(this.world.vm.found(await client.guardianAddress()));
  }

  async proposal(nonce: bigint): Promise<client.ProposalView> {
    return client.readProposal(this.world.vm.found(await client.proposalAddress(nonce)));
  }

  /** The newest block, as the cluster has it. */
  quote(): Promise<client.BlockQuote> {
    return client.quoteBlock(this.world.fetch);
  }

  /** Member 1 proposes. */
  async propose(action: client.Action): Promise<bigint> {
    const { vm, deployment } = this.world;
    const { nonce } = await this.guardian();
    const quote = await this.quote();
    const member = this.member(1);
    await vm.send(member, [await client.propose(deployment, member, nonce, action, quote)]);
    return nonce;
  }

  async approve(number: number, nonce: bigint): Promise<Receipt> {
    const { vm, deployment } = this.world;
    const member = this.member(number);
    const quote = await this.quote();
    const { hash } = await client.describeProposal(this.world.fetch, nonce);
    return vm.send(member, [await client.approveProposal(deployment, member, nonce, hash, quote)]);
  }

  async object(number: number, nonce: bigint): Promise<Receipt> {
    const { vm, deployment } = this.world;
    const member = this.member(number);
    const quote = await this.quote();
    return vm.send(member, [await client.objectToProposal(deployment, member, nonce, quote)]);
  }

  /** Proposed, and approved by so many that it is decided. */
  async decide(action: client.Action, members = QUORUM): Promise<bigint> {
    const nonce = await this.propose(action);
    for (let number = 2; number <= members; number += 1) await this.approve(number, nonce);
    return nonce;
  }

  /** A stranger carries a decision out. */
  async execute(nonce: bigint): Promise<Receipt> {
    const { vm, deployment } = this.world;
    const { action } = await this.proposal(nonce);
    const spoken = client.spokenOf(deployment, action);
    return vm.send(vm.authority, [
      await client.executeProposal(deployment, vm.authority, nonce, spoken),
    ]);
  }
}
