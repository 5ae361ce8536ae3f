// Readers: every account that the bytecode wrote is read, and bytes of anything else are refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as client from "../src/index.js";
import { FEEDS, SOL_PERP, World } from "./world.js";

test("every account of a deployment reads as what was configured", async () => {
  const world = await World.launch();
  const { vm, deployment } = world;
  const alice = await world.trader("alice");
  const protocol = client.readProtocol(vm.data(deployment.protocol));
  assert.equal(protocol.creator, vm.authority.address);
  assert.equal(protocol.compartmentCount, 1);
  assert.equal(protocol.sealed, false);
  const compartment = client.readCompartment(vm.data(deployment.compartment));
  assert.equal(compartment.board, deployment.board);
  assert.equal(compartment.insurance, deployment.insurance);
  assert.deepEqual(compartment.banks, deployment.banks.map(({ bank }) => bank));
  const board = world.board();
  assert.equal(board.compartment, deployment.compartment);
  assert.deepEqual(
    board.feeds.map(({ last }) => last?.price),
    FEEDS.map(({ price }) => price),
  );
  assert.equal(board.banks.length, 2);
  assert.equal(board.banks[0]?.coverage, 1_000_000_000n);
  for (const [index, keys] of deployment.banks.entries()) {
    const bank = client.readBank(vm.data(keys.bank));
    assert.deepEqual([bank.index, bank.vault, bank.mint], [index, keys.vault, keys.mint]);
  }
  const { market, book } = client.marketOf(deployment, SOL_PERP);
  assert.equal(client.readMarket(vm.data(market)).book, book);
  assert.equal(client.readMarket(vm.data(market)).openInterestCap, client.base("1000000"));
  assert.equal(client.readBook(vm.data(book)).market, market);
  assert.equal(client.readInsurance(vm.data(deployment.insurance)).balance, 0n);
  const margin = world.margin(alice);
  assert.deepEqual([margin.owner, margin.delegate, margin.quote], [alice.owner.address, null, 0n]);
});

test("bytes of another account, another size or another version are refused by name", async () => {
  const world = await World.launch();
  const { vm, deployment } = world;
  const data = vm.data(deployment.protocol);
  const refused = (bytes: Uint8Array, said: RegExp) =>
    assert.throws(
      () => client.readProtocol(bytes),
      (error) => error instanceof client.AccountError && said.test(error.message),
    );
  refused(new Uint8Array(), /there is no Protocol at this address/);
  refused(vm.data(deployment.compartment), /is no Protocol/);
  refused(data.slice(0, -1), /has \d+ bytes, this account \d+/);
  const newer = data.slice();
  // Version stands before 507 reserved bytes.
  newer[newer.length - 508] = 9;
  refused(newer, /layout version 9, this client reads 1 to 1/);
  // The same bytes in an account of somebody else.
  const own = vm.found(deployment.protocol);
  assert.ok(own);
  assert.equal(client.readProtocol(own).compartmentCount, 1);
  const copied = { ...own, programAddress: client.TOKEN_PROGRAM };
  assert.throws(() => client.readProtocol(copied), /belongs to Tokenkeg\w+, not to the program/);
  assert.throws(() => client.readProtocol(null), /there is no Protocol/);
  const rules = await client.loadRules();
  assert.throws(() => rules.isPlain(data), client.AccountError);
  assert.throws(() => rules.mark(vm.data(deployment.board), 99), /BadIndex|OracleGate/);
  const alice = await world.trader("alice");
  const { unix, slot } = vm.now;
  const [board, margin] = [vm.found(deployment.board), vm.found(alice.margin)];
  assert.ok(board && margin);
  assert.equal(rules.health({ board, margin, unix, slot }).stage, "healthy");
  const mallory = { ...margin, programAddress: client.NOBODY };
  const foreign = { ...board, programAddress: client.NOBODY };
  for (const at of [{ board, margin: mallory }, { board: foreign, margin }]) {
    assert.throws(() => rules.health({ ...at, unix, slot }), /not to the program/);
  }
  const fetch: client.FetchAccounts = async (keys) =>
    keys.map((at) => {
      const found = vm.found(at);
      return found && { ...found, programAddress: client.TOKEN_PROGRAM };
    });
  await assert.rejects(client.loadDeployment(fetch, 0), /not to the program/);
});
