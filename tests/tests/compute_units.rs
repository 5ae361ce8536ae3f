//! Compute units, bytes, keys and heap of every instruction at the dearest accounts that the limits
//! permit, each with a ceiling. `cargo xtask cu` prints them and writes target/cu.json; with
//! BULWARK_WRITE=1 also docs/costs.md, which this test otherwise compares.

mod costs;

use std::path::Path;

use anchor_lang::Discriminator;
use bulwark::instruction as program;
use bulwark::instructions::Which;
use bulwark_client::Instruction;
use bulwark_core::book;
use bulwark_state::OrderSlot;
use bulwark_svm::vm::{Receipt, elf_path, pubkey, read_elf};
use bulwark_svm::world::worst::{
    BANKRUPT, BEST_BID, HUB, LAST, LEGS, LIQUIDATOR, MAKERS, TAKER, VICTIM,
};
use bulwark_svm::world::{Outcome, USDC, World, ask, bid, scaled, usdc};
use bulwark_svm::{Signer, Vm};
use serde_json::{Value, json};

/// Heap of one instruction: nothing on it is ever freed.
const HEAP_BYTES: u64 = 32 * 1024;
/// What of an instruction's units may go to modes, breakers and the tables of permission.
const ASKING_UNITS: u64 = 1_500;

/// Units of a check that looks at so many items (see `costs::checks`).
const fn check(items: u64) -> u64 {
    5_000 + 3_000 * items
}

/// What is held tighter than the formula has it.
const fn least(units: u64, formula: u64) -> u64 {
    assert!(units <= formula);
    units
}

/// Instruction (or a second case of one), its ceiling: what was measured and a tenth.
const CEILINGS: &[(&str, u64)] = &[
    ("create_protocol", 14_100),
    ("create_compartment", 12_300),
    ("create_board", 8_700),
    ("create_insurance", 11_700),
    ("create_feed", 7_000),
    ("create_bank", 30_300),
    ("create_market", 24_900),
    ("create_margin_account", 18_700),
    ("seal", 5_100),
    ("refresh", 8_000),
    ("refresh_all", 62_500),
    ("place_order", 40_000),
    ("place_order_12", 152_000),
    ("cancel_one", 8_000),
    ("cancel_orders", 8_400),
    ("cancel_orders_16", 15_600),
    ("deposit", 11_200),
    ("deposit_quote", 11_300),
    ("withdraw", 25_000),
    ("withdraw_quote", 25_000),
    ("withdraw_queued", 33_600),
    ("crank_ticket", 12_000),
    ("value_banks", 9_600),
    ("fund_insurance", 8_600),
    ("recapitalise_token", 9_500),
    ("collect_residual", 10_700),
    ("flag", 30_000),
    ("settle", 8_300),
    ("take_over", 60_000),
    ("seize", 55_000),
    ("prune_orders", 9_800),
    ("unflag", 25_900),
    ("note_stage", 80_000),
    ("wind_up", 98_000),
    ("close_margin_account", 35_700),
    ("accrue", 27_000),
    ("check", check(2)),
    ("check_drawdown", check(2)),
    ("check_market", check(3)),
    ("check_token", check(3)),
    ("check_account", check(3)),
    ("check_quote", least(16_000, check(11))),
    ("check_all", least(25_300, check(20))),
    ("check_latch", check(4)),
    ("sample_funding", 12_700),
    ("fold", 8_500),
    ("sweep", 12_500),
    ("recapitalise", 15_300),
    ("convert", 43_600),
    ("replace_order", 26_700),
    ("cancel_batch", 18_600),
    ("withdraw_most", 46_600),
    ("set_delegate", 5_500),
    ("migrate_account", 5_400),
    ("health_view", 89_600),
    ("margin_notice", 111_000),
];

/// One measurement.
struct Cost {
    name: &'static str,
    case: &'static str,
    receipt: Receipt,
}

#[derive(Default)]
struct Costs {
    done: Vec<Cost>,
    failed: Vec<String>,
}

impl Costs {
    /// Notes what an instruction took, or that it failed.
    fn add(&mut self, name: &'static str, case: &'static str, outcome: Outcome) {
        match outcome {
            Ok(receipt) => self.done.push(Cost {
                name,
                case,
                receipt,
            }),
            Err(failure) => self.failed.push(format!("{name}: {failure}")),
        }
    }

    /// Sends an instruction that must succeed.
    fn send(
        &mut self,
        name: &'static str,
        case: &'static str,
        world: &mut World,
        instruction: Instruction,
        signer: Option<&'static str>,
    ) {
        let wallet = signer.map(|name| world.wallet(name));
        let signers: Vec<_> = wallet.iter().collect();
        let outcome = world.allow_stock_change(|world| world.send(&[instruction], &signers));
        self.add(name, case, outcome);
    }

    /// The dearest of a kind that a world has seen while it was made.
    fn dearest<T: Discriminator>(&mut self, name: &'static str, case: &'static str, world: &World) {
        let kind: [u8; 8] = T::DISCRIMINATOR.try_into().expect("eight bytes");
        let receipt = world.vm.dearest.get(&kind);
        let receipt = receipt.unwrap_or_else(|| panic!("{name} was never sent"));
        self.add(name, case, Ok(receipt.clone()));
    }
}

fn measure(elf: &[u8]) -> Vec<Cost> {
    let mut costs = Costs::default();
    costs::opening::creation(&mut costs, elf);
    costs::opening::prices(&mut costs, elf);
    trading(&mut costs, elf);
    money(&mut costs, elf);
    claims(&mut costs, elf);
    liquidation(&mut costs, elf);
    quote(&mut costs, elf);
    costs::council::council(&mut costs, elf);
    for (name, case, outcome) in costs::winding::measure(elf) {
        costs.add(name, case, outcome);
    }
    costs::recovery::recovery(&mut costs, elf);
    costs::staking::staking(&mut costs, elf);
    assert!(costs.failed.is_empty(), "{}", costs.failed.join("\n\n"));
    costs.done
}

fn trading(costs: &mut Costs, elf: &[u8]) {
    let mut world = World::worst(elf);
    let maker = world.margin_key(MAKERS[0]);
    let one = world.try_place_among(TAKER, 1, ask(2.0, BEST_BID), &[maker]);
    let case = "one fill and a rest; taker and maker are full";
    costs.add("place_order", case, one);

    let mut world = World::worst(elf);
    let all = world.try_place(TAKER, 0, ask(13.0, BEST_BID));
    let case = "12 fills by 12 full makers, and a rest";
    costs.add("place_order_12", case, all);
    let account = world.account(TAKER);
    let rests = |order: &OrderSlot| {
        order.size != 0 && account.positions[usize::from(order.position)].market == 1
    };
    let slot = account.orders.iter().position(rests);
    let slot = u8::try_from(slot.expect("an order rests")).expect("below 32");
    let one = world.fork().cancel(TAKER, 1, Which::Slot(slot));
    costs.add("cancel_one", "an order of a full account", one);
    let case = "4 orders of a full account";
    let cancelled = world.cancel_all(TAKER, 1);
    costs.add("cancel_orders", case, cancelled);

    let mut world = World::worst(elf);
    let replaced = {
        let number = world
            .account(TAKER)
            .orders
            .iter()
            .position(|slot| slot.size != 0);
        let which = Which::Slot(u8::try_from(number.expect("full")).expect("32"));
        let leg = usize::from(world.account(TAKER).orders[number.unwrap()].position);
        let market = usize::from(world.account(TAKER).positions[leg].market);
        world.replace(TAKER, market, which, ask(2.0, 88.0).post_only())
    };
    costs.add("replace_order", "an order of a full account", replaced);

    let all: fn(&mut World) -> Outcome = |world| world.cancel("stacker", 2, Which::All);
    let batch: fn(&mut World) -> Outcome = |world| {
        let account = world.account("stacker");
        let next = world.book(2).next_sequence;
        let used = account.orders.iter().filter(|slot| slot.size != 0);
        let numbers = used.map(|slot| book::full_sequence(next, slot.sequence).expect("there"));
        let numbers: Vec<u64> = numbers.collect();
        assert_eq!(numbers.len(), 16);
        world.cancel_batch("stacker", 2, &numbers, &[])
    };
    for (name, cancel) in [("cancel_orders_16", all), ("cancel_batch", batch)] {
        let mut world = World::worst(elf);
        stack(&mut world);
        costs.add(name, "16 orders in one market", cancel(&mut world));
    }
}

/// 16 orders in a market.
fn stack(world: &mut World) {
    world.deposit("stacker", USDC, usdc(100_000.0));
    for number in 0..8 {
        let step = f64::from(number) / 10.0;
        world.place("stacker", 2, bid(1.0, 80.0 + step).post_only());
        world.place("stacker", 2, ask(1.0, 88.0 + step).post_only());
    }
}

fn money(costs: &mut Costs, elf: &[u8]) {
    let mut world = World::worst(elf);
    let one = scaled(1.0, 9);
    let deposit = world.try_deposit(LIQUIDATOR, LAST, one);
    costs.add("deposit", "the eighth token of a full account", deposit);
    let deposit = world.try_deposit(LIQUIDATOR, USDC, usdc(500_000.0));
    costs.add("deposit_quote", "quote of a full account in debt", deposit);
    let paid = world.try_withdraw(LIQUIDATOR, LAST, one);
    costs.add(
        "withdraw",
        "the eighth token of a full account, paid at once",
        paid,
    );
    let most = world.try_withdraw(LIQUIDATOR, LAST, u64::MAX);
    let case = "the eighth token of a full account, as much as may leave";
    costs.add("withdraw_most", case, most);
    let paid = world.try_withdraw(LIQUIDATOR, USDC, usdc(10.0));
    costs.add(
        "withdraw_quote",
        "quote of a full account, paid at once",
        paid,
    );
    // What was deposited within a day leaves without asking the buckets.
    world.advance(2 * 86_400);
    world.refresh_all();
    let number = world.account(LIQUIDATOR).ticket_next;
    let queued = world.try_withdraw(LIQUIDATOR, USDC, usdc(200_000.0));
    costs.add(
        "withdraw_queued",
        "part paid, part into a new ticket",
        queued,
    );
    world.advance(3_600);
    let crank = world.try_crank(LIQUIDATOR, USDC, number);
    costs.add("crank_ticket", "a ticket of a full account", crank);
    world.advance(10);
    world.refresh_all();
    let payer = pubkey(world.vm.payer.pubkey());
    let value = world.deployment.value_banks(payer);
    costs.send("value_banks", "9 banks", &mut world, value, None);
    world.fund_insurance(1_000.0);
    costs.dearest::<program::FundInsurance>("fund_insurance", "the first gift", &world);
}

/// A hole in a token's vault, a residual claim, money for it.
fn claims(costs: &mut Costs, elf: &[u8]) {
    let mut world = World::worst(elf);
    world.deposit("plain", LAST, scaled(10.0, 9));
    let stolen = world.vault(LAST) / 2;
    world.steal(LAST, stolen);
    let payer = pubkey(world.vm.payer.pubkey());
    let fold = world.deployment.accrue(payer);
    let _ = world.send(&[fold], &[]);
    let paid = world.allow_stock_change(|world| world.try_withdraw("plain", LAST, u64::MAX));
    paid.expect("paid at the vault's coverage");
    world.give(HUB, LAST, stolen);
    let hub = pubkey(world.wallet(HUB).pubkey());
    let source = pubkey(world.trader(HUB).tokens[LAST]);
    let gift = world.deployment.recapitalise(hub, LAST, source, stolen);
    let case = "half of a token's vault";
    costs.send("recapitalise_token", case, &mut world, gift, Some(HUB));
    let owner = pubkey(world.wallet("plain").pubkey());
    let margin = world.margin_key("plain");
    let to = pubkey(world.trader("plain").tokens[LAST]);
    let collect = world.deployment.collect_residual(owner, margin, LAST, to);
    costs.send(
        "collect_residual",
        "a plain exit's claim",
        &mut world,
        collect,
        Some("plain"),
    );
}

fn liquidation(costs: &mut Costs, elf: &[u8]) {
    let mut world = World::worst(elf);
    views(costs, &mut world);
    costs.add("flag", "a full account", world.flag(VICTIM));
    let settled = world.settle(VICTIM, 3);
    costs.add("settle", "a leg of a full account", settled);
    world.fund(LIQUIDATOR, 200_000.0);
    world.advance(20);
    world.refresh_all();
    let taken = world.take_over(LIQUIDATOR, VICTIM, 0, u64::MAX);
    costs.add("take_over", "two full accounts, 32 orders void", taken);
    let mut seized = world.seize(LIQUIDATOR, VICTIM, 1, u64::MAX);
    for bank in 2..=LEGS {
        if seized.is_err() {
            seized = world.seize(LIQUIDATOR, VICTIM, bank, u64::MAX);
        }
    }
    costs.add("seize", "two full accounts", seized);
    let pruned = {
        let margin = world.margin_key(VICTIM);
        let payer = pubkey(world.vm.payer.pubkey());
        world.deployment.prune_orders(payer, margin, 0)
    };
    let case = "32 void orders of a liquidated account";
    costs.send("prune_orders", case, &mut world, pruned, None);
    world.fund(VICTIM, 100_000.0);
    let _ = world.unflag(VICTIM);
    world.advance(61);
    world.refresh_all();
    let noted = world.note_stage(VICTIM);
    costs.add("note_stage", "a full account, changed", noted);
    let unflag = world.unflag(VICTIM);
    costs.add("unflag", "a full account, the second time", unflag);

    let wound = world.wind_up(LIQUIDATOR, BANKRUPT, 1_000_000);
    costs.add("wind_up", "two full accounts, 8 legs, 8 collaterals", wound);
    let closed = world.close(BANKRUPT);
    costs.add(
        "close_margin_account",
        "8 books cleared of void orders",
        closed,
    );
}

/// Of the dearest of four full accounts.
fn views(costs: &mut Costs, world: &mut World) {
    for name in [TAKER, VICTIM, LIQUIDATOR, MAKERS[0]] {
        world.health_view(name);
        world.margin_notice(name);
    }
    let case = "a full account";
    costs.dearest::<program::HealthView>("health_view", case, world);
    let case = "a full account, ramps that run";
    costs.dearest::<program::MarginNotice>("margin_notice", case, world);
}

fn quote(costs: &mut Costs, elf: &[u8]) {
    let mut world = World::worst(elf);
    let payer = pubkey(world.vm.payer.pubkey());
    world.advance(3_600);
    world.refresh_all();
    let before = world.insurance().premium_total;
    let accrued = world.accrue();
    costs.add("accrue", "8 markets, an hour of premium", accrued);
    assert!(world.insurance().premium_total > before, "it was charged");
    costs.add("fold", "8 markets", world.fold());
    world.advance(1);
    let sampled = world.sample_funding(0);
    costs.add(
        "sample_funding",
        "a book with orders on both sides",
        sampled,
    );
    costs::checks::checks(costs, &mut world);
    world.advance(7 * 3_600);
    world.refresh_all();
    world.donate(USDC, usdc(1_000.0));
    let sweep = world.deployment.sweep(payer, USDC);
    costs.send("sweep", "quote, 8 markets", &mut world, sweep, None);
    world.give(HUB, USDC, usdc(1_000.0));
    let hub = pubkey(world.wallet(HUB).pubkey());
    let source = pubkey(world.trader(HUB).tokens[USDC]);
    let gift = world
        .deployment
        .recapitalise(hub, USDC, source, usdc(1_000.0));
    costs.send(
        "recapitalise",
        "quote, 8 markets",
        &mut world,
        gift,
        Some(HUB),
    );

    world.fund(LIQUIDATOR, 1_000.0);
    world.advance(2 * 86_400);
    world.refresh_all();
    let converted = world.convert(LIQUIDATOR, MAKERS[0], LAST, u64::MAX);
    costs.add("convert", "two full accounts", converted);
}

/// Heap and units for permission, which only bytecode with probes tells.
type Probed = (Option<u64>, Option<u64>);

/// Rows of the table and of target/cu.json; heap and units for permission where the ELF that logs
/// them was given.
#[test]
fn every_instruction_stays_below_its_ceiling() {
    let measured = measure(&read_elf(&elf_path("bulwark")).expect("built"));
    let probed: Vec<Probed> = match std::env::var_os("BULWARK_HEAP_ELF") {
        None => measured.iter().map(|_| (None, None)).collect(),
        Some(path) => {
            let logged = measure(&read_elf(Path::new(&path)).expect("built"));
            let each = logged.iter().map(|cost| &cost.receipt);
            each.map(|one| (one.heap(), Some(one.asking()))).collect()
        }
    };
    let mut rows = serde_json::Map::new();
    let mut written = Vec::new();
    let mut problems = Vec::new();
    println!("instruction               units  ceiling  keys  bytes   heap asking  case");
    for (cost, (heap, asking)) in measured.iter().zip(&probed) {
        let Receipt {
            units, bytes, keys, ..
        } = cost.receipt;
        let (name, case) = (cost.name, cost.case);
        let mut ceilings = CEILINGS
            .iter()
            .chain(costs::council::CEILINGS)
            .chain(costs::winding::CEILINGS)
            .chain(costs::recovery::CEILINGS)
            .chain(costs::staking::CEILINGS);
        let known = ceilings.find(|(of, _)| *of == name);
        let ceiling = known.map_or(0, |(_, ceiling)| *ceiling);
        let [shown, asked] = [heap, asking].map(|n| n.map_or("-".to_string(), |n| n.to_string()));
        let figures = format!("{units:>6} {ceiling:>8} {keys:>5} {bytes:>6} {shown:>6} {asked:>6}");
        println!("{name:24} {figures}  {case}");
        if units > ceiling {
            problems.push(format!(
                "{name} takes {units} units, its ceiling is {ceiling}"
            ));
        }
        if heap.is_some_and(|heap| heap > HEAP_BYTES) {
            problems.push(format!("{name} takes {heap:?} bytes of heap"));
        }
        if asking.is_some_and(|asking| asking > ASKING_UNITS) {
            problems.push(format!("{name} pays {asking:?} units for permission"));
        }
        written.push(costs::Row {
            name,
            case,
            units,
            ceiling,
            keys,
            bytes,
            heap: *heap,
            asking: *asking,
        });
        let row = json!({
            "units": units, "ceiling": ceiling, "accounts": keys, "bytes": bytes,
            "heap": heap, "asking": asking, "case": case,
        });
        assert!(
            rows.insert(name.into(), row).is_none(),
            "{name} was measured twice"
        );
    }
    if probed.iter().all(|(heap, _)| heap.is_some()) {
        let file = elf_path("bulwark").with_file_name("../cu.json");
        let text = serde_json::to_string_pretty(&Value::Object(rows)).expect("JSON");
        std::fs::write(file, text + "\n").expect("target/cu.json is written");
    }
    let vm = Vm::deployed(false).expect("the VM starts");
    let decisions = costs::actions::measure(&read_elf(&elf_path("bulwark")).expect("built"));
    problems.extend(costs::actions::problems(&decisions));
    problems.extend(costs::keep(&written, &decisions, &vm));
    assert!(problems.is_empty(), "{problems:#?}");
}

/// Without the bytecode that logs it, what the page says of asking is held: every row has a figure,
/// and none is above the bound. `cargo xtask cu` measures them anew.
#[test]
fn what_is_written_of_asking_for_permission_is_within_its_bound() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/costs.md");
    let text = std::fs::read_to_string(page).expect("the page");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let mut seen = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let Some(asking) = cells.get(7).filter(|_| cells.len() == 10) else {
            continue;
        };
        let asking: u64 = asking.replace(',', "").parse().expect("units of asking");
        assert!(asking <= ASKING_UNITS, "{row}");
        seen += 1;
    }
    assert!(seen > 60, "{seen} rows");
}
