// migrations/deploy.ts on the deployed bytecode: dry run, first run, second run, resumed run.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Chain } from "../../../migrations/lib/chain.js";
import { ConfigError, checkConfig } from "../../../migrations/lib/config.js";
import { type Memory, deploy } from "../../../migrations/lib/deploy.js";
import * as client from "../src/index.js";
import { Vm, keypair } from "./vm.js";
import { chainOf, prepare, publishFirst, standardConfig } from "./world.js";

async function setting() {
  const vm = await Vm.deployed();
  await prepare(vm);
  const lines: string[] = [];
  const memory: Memory = {};
  const print = (line: string) => void lines.push(line);
  const config = await standardConfig();
  const run = { chain: chainOf(vm), config, creator: vm.authority, memory, print };
  return { vm, run, lines, memory };
}

test("a dry run sends nothing and says what it would cost; the run costs that", async () => {
  const { vm, run, lines } = await setting();
  const sent = vm.sent;
  const planned = await deploy({ ...run, dry: true });
  assert.equal(vm.sent, sent);
  assert.match(lines.join("\n"), /would {2}Board, rent 0\.74\d+ SOL/);
  const before = vm.svm.getBalance(vm.authority.address) ?? 0n;
  const made = await deploy(run);
  assert.deepEqual(made, planned);
  const spent = before - (vm.svm.getBalance(vm.authority.address) ?? 0n);
  const fees = spent - made.rent;
  assert.ok(fees > 0n && fees < 1_000_000n, `${fees} lamports of fees`);
});

test("a second run does nothing", async () => {
  const { vm, run, memory } = await setting();
  await deploy(run);
  const sent = vm.sent;
  const again = await deploy(run);
  assert.deepEqual(again, { done: [], rent: 0n });
  assert.equal(vm.sent, sent);
  assert.ok(memory.lookupTable);
  const fetch: client.FetchAccounts = async (addresses) => addresses.map((at) => vm.found(at));
  const deployment = await client.loadDeployment(fetch, 0);
  const [quote] = deployment.banks;
  assert.ok(quote);
  const { layout } = client.readBank(vm.data(quote.bank));
  assert.deepEqual([layout.baseFloor, layout.smallExit], [100_000_000_000n, 1_000_000_000n]);
  assert.equal(deployment.banks.length, 2);
  assert.equal(deployment.markets.length, 1);
  const table = client.readLookupTable(vm.data(memory.lookupTable));
  assert.deepEqual(client.missingKeys(deployment, table), []);
});

test("a run that is cut off anywhere goes on where it stopped", async () => {
  const whole = (await (async () => deploy((await setting()).run))()).done;
  for (let cut = 1; cut < whole.length; cut += 3) {
    const { run } = await setting();
    let left = cut;
    const failing: Chain = {
      ...run.chain,
      send: async (payer, instructions) => {
        if (left === 0) throw new Error("the cluster is gone");
        left -= 1;
        await run.chain.send(payer, instructions);
      },
    };
    await assert.rejects(deploy({ ...run, chain: failing }), /the cluster is gone/);
    // A table whose creation failed was never made: the run that resumes forgets it.
    const resumed = await deploy(run);
    assert.deepEqual(resumed.done, whole.slice(cut), `cut after ${cut}`);
  }
});

test("nobody seals before there is a guardian; the seal comes last, once", async () => {
  const { vm, run, lines } = await setting();
  const sealing = { ...run, config: { ...run.config, seal: true } };
  await deploy({ ...sealing, dry: true });
  assert.match(lines.join("\n"), /but {3}seal: there is no guardian/);
  await assert.rejects(deploy(sealing), /no guardian, and after the seal nobody can ever make one/);
  const sealed = () => client.readProtocol(vm.found(protocol)).sealed;
  const protocol = await client.protocolAddress();
  assert.equal(sealed(), false);
  const keys = await Promise.all([1, 2, 3, 4, 5].map((number) => keypair(`member ${number}`)));
  const members = keys.map(({ address }) => address);
  for (const member of members) vm.fund(member, 1n);
  const deployment = await client.newDeployment(0, client.NOBODY);
  await vm.send(vm.authority, [await client.createGuardian(deployment, vm.authority, members)]);
  const { done } = await deploy(sealing);
  assert.deepEqual(done, ["seal: the creator's powers end"]);
  assert.equal(sealed(), true);
  assert.deepEqual((await deploy(sealing)).done, []);
});

test("time passes between the steps: a market is listed at the price of its own moment", async () => {
  const { vm, run, memory } = await setting();
  /** A cluster on which each confirmation takes a quarter of a minute. */
  const slow: Chain = {
    ...run.chain,
    send: async (payer, instructions) => {
      await run.chain.send(payer, instructions);
      vm.advance(15);
    },
  };
  // Nobody posts: the market's price is too old, and the run says what it wants.
  const unposted = deploy({ ...run, chain: slow });
  await assert.rejects(unposted, /market 0, SOL-PERP: [^]*OracleGate[^]*have prices posted to/);
  // Somebody posts every second, and refreshes nothing: the run goes on where it stopped.
  const posted: Chain = {
    ...slow,
    accounts: async (addresses) => {
      await publishFirst(vm);
      return slow.accounts(addresses);
    },
  };
  const { done } = await deploy({ ...run, chain: posted });
  assert.equal(done[0], "market 0, SOL-PERP");
  assert.ok(memory.lookupTable);
});

test("limits of classes and groups stand on the Board, the rest is unlimited", async () => {
  const { vm, run } = await setting();
  const limits = [
    { of: "bridged", accountCap: "250000", compartmentCap: "2000000.5", haircutPpm: 100_000 },
    { of: "group-8", accountCap: "0", compartmentCap: "1" },
  ];
  await deploy({ ...run, config: checkConfig({ ...run.config, limits }) });
  const compartment = client.readCompartment(vm.data(await client.compartmentAddress(0)));
  assert.ok(compartment.board);
  const { layout } = client.readBoard(vm.data(compartment.board));
  const [bridged, last] = [layout.limits[3], layout.limits[11]];
  assert.deepEqual(
    [bridged?.accountCap, bridged?.compartmentCap, bridged?.haircutE9],
    [250_000_000_000n, 2_000_000_500_000n, 100_000_000],
  );
  assert.deepEqual([last?.accountCap, last?.compartmentCap, last?.haircutE9], [0n, 1_000_000n, 0]);
  assert.equal(layout.limited, (1 << 3) | (1 << 11));
});

test("another source, mint or wallet than what is there is said, not overwritten", async () => {
  const { run } = await setting();
  await deploy(run);
  const [usdc, sol] = run.config.feeds;
  const banks = run.config.banks.toReversed();
  assert.ok(usdc && sol);
  await assert.rejects(
    deploy({ ...run, config: { ...run.config, feeds: [sol, usdc] } }),
    /feeds\[0\]\.source: the Board's feed 0 has id 1111/,
  );
  await assert.rejects(deploy({ ...run, config: { ...run.config, banks } }), /banks\[0\]\.mint/);
});

test("a broken file is told by path, with what to do", async () => {
  const good = await standardConfig();
  const [market] = good.markets;
  const told = (value: unknown) => {
    try {
      checkConfig(value);
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.message;
    }
    return assert.fail("the file was taken");
  };
  assert.match(told({ ...good, banks: undefined }), /the file: add "banks"/);
  assert.match(told({ ...good, colour: 1 }), /the file: remove "colour"/);
  assert.match(
    told({ ...good, markets: [{ ...market, class: "huge" }] }),
    /markets\[0\]\.class: choose one of major, large, small, stable/,
  );
  assert.match(
    told({ ...good, markets: [{ ...market, feed: "ETH" }] }),
    /markets\[0\]\.feed: ETH is none of USDC, SOL/,
  );
  const twice = { of: "bridged", accountCap: "1", compartmentCap: "1" };
  assert.match(
    told({ ...good, limits: [twice, twice] }),
    /limits\[1\]\.of: bridged has its limits in limits\[0\] already/,
  );
  assert.match(told({ ...good, limits: [{ ...twice, of: "group-9" }] }), /limits\[0\]\.of: write it/);
  assert.match(
    told({ ...good, feeds: [{ ...good.feeds[0], source: { kind: "pro-receiver", account: client.NOBODY } }] }),
    /feeds\[0\]\.source: add "id"/,
  );
});
