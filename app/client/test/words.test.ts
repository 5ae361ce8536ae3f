// What members read before they sign: the sentences of crates/words (its test writes words.json),
// and that nothing is sent which nobody has read and confirmed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import {
  type Address,
  type ReadonlyUint8Array,
  getAddressDecoder,
  getBase16Decoder,
  getBase16Encoder,
} from "@solana/kit";
import { confirmation } from "../../../migrations/lib/confirm.js";
import { Member } from "../../../migrations/lib/member.js";
import * as generated from "../src/generated/index.js";
import * as client from "../src/index.js";
import { Council } from "./council.js";
import { World, chainOf } from "./world.js";

interface Sparse {
  readonly size: number;
  readonly runs: readonly (readonly [number, string])[];
}
interface Case {
  readonly kind: number;
  readonly action: string;
  readonly proposal: Sparse;
  readonly sentence: string;
  readonly named: string;
  readonly unseen: string;
  readonly alone: string;
  readonly after: string;
}
type Kind = "protocol" | "guardian" | "compartment" | "board" | "insurance" | "market" | "bank";
interface Vectors {
  readonly unix: number;
  readonly slot: number;
  readonly accounts: Record<Kind | "quote", Sparse>;
  readonly cases: Record<string, Case>;
}

const vectors = JSON.parse(
  readFileSync(new URL("./words.json", import.meta.url), "utf8"),
) as Vectors;
const at: client.Moment = { unix: BigInt(vectors.unix), slot: BigInt(vectors.slot) };
const key = (number: number): Address =>
  getAddressDecoder().decode(new Uint8Array(32).fill(number));

/** An account as it lies on a cluster. */
function account(discriminator: ReadonlyUint8Array, { size, runs }: Sparse): client.FoundAccount {
  const data = new Uint8Array(8 + size);
  data.set(discriminator);
  for (const [place, hex] of runs) data.set(getBase16Encoder().encode(hex), 8 + place);
  return { data, programAddress: client.PROGRAM };
}

const { accounts } = vectors;
const seen = {
  protocol: account(generated.PROTOCOL_STATE_DISCRIMINATOR, accounts.protocol),
  guardian: account(generated.GUARDIAN_STATE_DISCRIMINATOR, accounts.guardian),
  compartment: account(generated.COMPARTMENT_STATE_DISCRIMINATOR, accounts.compartment),
  board: account(generated.BOARD_STATE_DISCRIMINATOR, accounts.board),
  insurance: account(generated.INSURANCE_STATE_DISCRIMINATOR, accounts.insurance),
  market: account(generated.MARKET_STATE_DISCRIMINATOR, accounts.market),
  bank: account(generated.BANK_STATE_DISCRIMINATOR, accounts.bank),
};
const quote = account(generated.BANK_STATE_DISCRIMINATOR, accounts.quote);
const proposalOf = (one: Case) => account(generated.PROPOSAL_STATE_DISCRIMINATOR, one.proposal);

test("the sentence of every kind of action is that of crates/words", async () => {
  const words = await client.loadWords();
  assert.equal(await client.loadWords(), words);
  const kinds = new Set<string>();
  for (const [name, one] of Object.entries(vectors.cases)) {
    const action = client.decodeAction(one.kind, getBase16Encoder().encode(one.action));
    kinds.add(action.kind);
    const known = action.kind === "payTreasury" ? { ...seen, bank: quote } : seen;
    const proposal = proposalOf(one);
    assert.equal(words.proposal(proposal, known, at), one.sentence, name);
    const named = { ...known, name: "SOL-PERP" };
    assert.equal(words.proposal(proposal, named, at), one.named, name);
    assert.equal(words.proposal(proposal, {}, at), one.unseen, name);
    assert.equal(words.action(action, known, at), one.alone, name);
    const voice = { act: "approve", by: key(3) } as const;
    assert.equal(words.after(proposal, voice, known, at), one.after, name);
    // Before there is a proposal, it is the same one.
    assert.equal(words.proposed(action, key(1), known, at), one.sentence, name);
  }
  assert.deepEqual([...kinds].sort(), [...client.ACTION_KINDS].sort());
});

test("what can't be read, is another item's, or would be refused has no sentence", async () => {
  const words = await client.loadWords();
  const one = vectors.cases["windDown"] as Case;
  const proposal = proposalOf(one);
  const broken = { ...proposal, data: Uint8Array.from(proposal.data) };
  broken.data[8 + 104] = 99;
  assert.throws(() => words.proposal(broken, seen, at), {
    name: "BlindError",
    message: /unreadable: do not vote for it/,
  });
  const market = { ...seen.market, data: Uint8Array.from(seen.market.data) };
  const index = generated.getMarketStateDecoder().decode(market.data).inner.index;
  const place = market.data.findIndex((_, byte) => {
    const other = Uint8Array.from(market.data);
    other[byte] = index + 5;
    return generated.getMarketStateDecoder().decode(other).inner.index === index + 5;
  });
  market.data[place] = 6;
  assert.throws(() => words.proposal(proposal, { ...seen, market }, at), {
    name: "BlindError",
    message: /about market 1, the account is of 6/,
  });
  const stranger = { act: "approve", by: key(50) } as const;
  assert.throws(() => words.after(proposal, stranger, seen, at), /NotMember/);
  const again = { act: "approve", by: key(1) } as const;
  assert.throws(() => words.after(proposal, again, seen, at), /AlreadyApproved/);
  const early = { act: "execute", by: key(1) } as const;
  assert.throws(() => words.after(proposal, early, seen, at), /ProposalNotQueued/);
  assert.throws(() => words.proposal(seen.board, seen, at), client.AccountError);
  assert.throws(() => words.proposal(proposal, { board: seen.market }, at), client.AccountError);
  const foreign = { ...proposal, programAddress: client.TOKEN_PROGRAM };
  assert.throws(() => words.proposal(foreign, seen, at), client.AccountError);
});

/** A venue with a guardian, and member `number`, who confirms as told. */
async function scene() {
  const world = await World.launch();
  const council = await Council.of(world);
  const lines: string[] = [];
  const member = (number: number, confirm = async () => {}) =>
    Member.of({
      chain: chainOf(world.vm),
      compartment: 0,
      signer: council.member(number),
      confirm,
      print: (line) => void lines.push(line),
    });
  return { world, council, lines, member };
}

test("a member reads sentence, hash, voices and dates before he is asked", async () => {
  const { world, council, lines, member } = await scene();
  const { oiCap } = client.readMarket(
    world.vm.found(client.marketOf(world.deployment, 0).market),
  ).layout;
  const settings = [{ id: client.parameterId("market.oi_cap"), value: oiCap + 1n }];
  const subject = { item: "market", index: 0 } as const;
  const action = { kind: "setParameters", compartment: 0, subject, settings } as const;
  let shown: string[] = [];
  const ask = async () => {
    shown = [...lines];
  };
  const asking = (number: number) => {
    lines.length = 0;
    return member(number, ask);
  };
  const nonce = await (await asking(1)).propose(action);
  const hash = getBase16Decoder().decode(await client.actionHash(client.actionNumber(action.kind), client.encodeAction(action)));
  const before = shown.join("\n");
  assert.match(before, /^Proposal 1: sets of market 0 of compartment 0: market\.oi_cap from /);
  assert.match(before, /1 of 4 approvals, then 7 d of delay \(earliest 20.* UTC, were they/);
  assert.match(before, /; void from 20.* UTC unless it is decided by then\./);
  assert.ok(before.includes(hash));
  const { address } = council.member(1);
  const rent = new RegExp(`pays +${address}: the fee, and 0\\.\\d+ SOL that come back`);
  assert.match(before, rent);

  await (await asking(2)).approve(nonce);
  const voted = shown.join("\n");
  assert.ok(voted.startsWith(before.split(";")[0] ?? "?"), voted);
  assert.ok(voted.includes(hash));
  assert.ok(voted.includes(`for      ${address}\n`), voted);
  assert.match(voted, /then +2 of 4 approvals, then 7 d of delay/);
  assert.ok(voted.includes(`pays     ${council.member(2).address}: the fee`));
  await (await member(3)).approve(nonce);
  await (await asking(4)).approve(nonce);
  const queued = /then +effective earliest 20.* and not before slot \d+; void from/;
  assert.match(shown.join("\n"), queued);
  await (await asking(5)).object(nonce);
  assert.match(shown.join("\n"), /against {2}nobody\n/);
  // Too early: said before anybody signs.
  const sent = world.vm.sent;
  await assert.rejects((await asking(1)).execute(nonce), /DelayRuns/);
  assert.equal(world.vm.sent, sent);
});

test("a proposal whose bytes don't fit its hash is refused before it is signed", async () => {
  const { world, council, member } = await scene();
  const nonce = await council.propose({ kind: "pause", scope: 0, seconds: 3_600, reason: 1 });
  const place = await client.proposalAddress(nonce);
  const data = world.vm.data(place);
  const forged = Uint8Array.from(data);
  const said = await client.describeProposal(world.fetch, nonce);
  const bytes = client.encodeAction(said.action);
  const start = data.findIndex((_, from) => bytes.every((byte, k) => data[from + k] === byte));
  forged[start + 2] = 1;
  world.vm.write(place, client.PROGRAM, forged);
  let asked = 0;
  const voter = await member(2, async () => {
    asked += 1;
  });
  const sent = world.vm.sent;
  const blind = { name: "BlindError", message: /bytes of proposal 1 don't fit its hash/ };
  await assert.rejects(voter.approve(nonce), blind);
  await assert.rejects(voter.execute(nonce), blind);
  // Nor one that is no action at all.
  forged.set(data);
  forged[8 + 104] = 99;
  world.vm.write(place, client.PROGRAM, forged);
  await assert.rejects(voter.approve(nonce), /proposal 1 is unreadable/);
  assert.equal(asked, 0);
  assert.equal(world.vm.sent, sent);
  // As it was, it is fine.
  world.vm.write(place, client.PROGRAM, Uint8Array.from(data));
  await voter.approve(nonce);
  assert.deepEqual([asked, world.vm.sent], [1, sent + 1]);
});

test("what can't be read can be objected to, and is not approved", async () => {
  const { world, council } = await scene();
  const nonce = await council.propose({ kind: "pause", scope: 0, seconds: 3_600, reason: 1 });
  const chain = chainOf(world.vm);
  const hidden = await client.compartmentAddress(0);
  let blind = false;
  const accounts: typeof chain.accounts = async (keys) =>
    (await chain.accounts(keys)).map((found, at) => (blind && keys[at] === hidden ? null : found));
  const lines: string[] = [];
  const voter = await Member.of({
    chain: { ...chain, accounts },
    compartment: 0,
    signer: council.member(2),
    confirm: async () => {},
    print: (line) => void lines.push(line),
  });
  blind = true;
  await assert.rejects(voter.approve(nonce), /there is no compartment 0/);
  const sent = world.vm.sent;
  await voter.object(nonce);
  assert.equal(world.vm.sent, sent + 1);
  assert.match(lines.join("\n"), /Proposal 1 can't be read here: there is no compartment 0/);
  assert.equal((await council.proposal(nonce)).objections.length, 1);
});

test("an approval is of what was shown", async () => {
  const { world, council } = await scene();
  const nonce = await council.propose({ kind: "restrict", scope: 0, seconds: 3_600, reason: 1 });
  const pause = client.encodeAction({ kind: "pause", scope: 0, seconds: 3_600, reason: 1 });
  const shown = await client.actionHash(client.actionNumber("pause"), pause);
  const { hash, action } = await client.describeProposal(world.fetch, nonce);
  assert.deepEqual(client.encodeAction(action), pause, "the same bytes");
  assert.notDeepEqual(hash, shown);
  const signer = council.member(2);
  const vote = async (meant: Uint8Array) => {
    const quote = await council.quote();
    const voice = await client.approveProposal(world.deployment, signer, nonce, meant, quote);
    return world.vm.send(signer, [voice]);
  };
  await assert.rejects(vote(shown), /AnotherAction/);
  await vote(Uint8Array.from(hash));
});

test("without a yes nothing is sent", async () => {
  const terminal = (answer: string) => {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    input.end(answer);
    return { input, output: new PassThrough() };
  };
  for (const answer of ["y\n", "yes\n", "Y\n"]) await confirmation(false, terminal(answer))();
  for (const answer of ["n\n", "\n", "", "maybe\n"]) {
    await assert.rejects(confirmation(false, terminal(answer)), /nothing was sent/, answer);
  }
  const none = { input: new PassThrough(), output: new PassThrough() };
  assert.throws(() => confirmation(false, none), /no terminal to ask in, and --yes/);
  await confirmation(true, none)();

  const { world, council, member } = await scene();
  const nonce = await council.propose({ kind: "pause", scope: 0, seconds: 3_600, reason: 1 });
  const refusing = await member(2, confirmation(false, terminal("n\n")));
  const sent = world.vm.sent;
  await assert.rejects(refusing.approve(nonce), /nothing was sent/);
  await assert.rejects(refusing.object(nonce), /nothing was sent/);
  await assert.rejects(refusing.restrict("all", 60, 0), /nothing was sent/);
  const again = { kind: "pause", scope: 0, seconds: 60, reason: 1 } as const;
  await assert.rejects(refusing.propose(again), /nothing was sent/);
  assert.equal(world.vm.sent, sent);
});
