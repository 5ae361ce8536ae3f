//! Incidents that others have had, played against this venue by whoever held the keys, with what
//! there was to lose and what was lost. Every sum is what the vaults held or paid, at the prices of
//! the Board.

use std::path::Path;
use std::sync::Mutex;

use bulwark::decided::{feed_source, listing_hash};
use bulwark::error::BulwarkError as E;
use bulwark::upgrade::digest;
use bulwark_client::{Deployment, address as derived};
use bulwark_core::guardian::{
    ALL_COMPARTMENTS, Action, MAX_SETTINGS, SLACK, Setting, State, Subject,
};
use bulwark_core::health::Level;
use bulwark_core::mode::Mode;
use bulwark_core::params::Group;
use bulwark_svm::vm::{address, elf_path, pubkey, read_elf};
use bulwark_svm::world::{
    SOL, SOL_PERP, USDC, World, base_e8, expect_error, member, member_key, scaled, usdc,
};
use bulwark_svm::{launch, tokens};
use solana_signer::Signer;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Slots of 300 ms, as the guardian counts them.
const SLOTS_A_DAY: u64 = 288_000;
const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];

/// Quote and SOL of three people, days old, so that nothing leaves as a deposit of today; a
/// guardian of five that is the upgrade authority, and a creator who is sealed.
fn venue() -> World {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.fund("alice", 600_000.0);
    world.fund("bob", 300_000.0);
    world.fund("carol", 100_000.0);
    world.deposit("alice", SOL, scaled(5_000.0, 9));
    world.deposit("carol", SOL, scaled(1_000.0, 9));
    world.hand_over_program();
    world.seal().unwrap();
    for _ in 0..3 {
        world.advance(DAY);
        world.touch_bank(USDC);
        world.touch_bank(SOL);
    }
    world.refresh_all();
    world
}

/// What lies in the vaults, in whole USD.
fn held(world: &World) -> u64 {
    let sol = u128::from(world.vault(SOL)) * u128::from(world.board().feeds[1].last.price);
    let sol = u64::try_from(sol / 100_000_000_000_000_000).unwrap();
    world.vault(USDC) / 1_000_000 + sol
}

/// Everybody leaves with everything, by the clock of who sees the proposal two hours after its
/// quorum; returns the slots until the last unit was paid.
fn everybody_leaves(world: &mut World) -> u64 {
    world.pass(2 * HOUR);
    let from = world.now().slot;
    let mut due = Vec::new();
    for name in PEOPLE {
        for bank in [USDC, SOL] {
            let all = match bank {
                USDC => world.account(name).quote.unsigned_abs(),
                _ => world.account(name).collaterals[0].amount,
            };
            if all != 0 {
                due.push((name, bank, world.tokens_of(name, bank) + all));
                world.withdraw(name, bank, u64::MAX);
            }
        }
    }
    let left = |world: &World| {
        PEOPLE
            .iter()
            .any(|name| world.account(name).ticket_count > 0)
    };
    while left(world) {
        world.pass(2 * HOUR);
        for (name, bank, _) in &due {
            for number in 0..2 {
                let _ = world.try_crank(name, *bank, number);
            }
        }
        assert!(world.now().slot - from < 30 * SLOTS_A_DAY, "still there");
    }
    for (name, bank, all) in due {
        assert_eq!(world.tokens_of(name, bank), all, "{name} got every unit");
    }
    world.now().slot - from
}

/// Writes what an incident came to into its row of docs/guardian.md, or compares it with what
/// stands there. Money in whole USD.
fn told(incident: &str, at_risk: &str, lost: &str, because: &str) {
    static PAGE: Mutex<()> = Mutex::new(());
    let row = format!("| {incident} | {at_risk} | {lost} | {because} |");
    println!("{row}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guardian.md");
    let _alone = PAGE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let text = std::fs::read_to_string(&path).expect("the page");
    let start = format!("| {incident} |");
    let old = text.lines().find(|line| line.starts_with(&start));
    let old = old.unwrap_or_else(|| panic!("docs/guardian.md has no row {incident}"));
    if std::env::var_os("BULWARK_WRITE").is_some() {
        std::fs::write(&path, text.replace(old, &row)).expect("the page is written");
    } else {
        let hint = "BULWARK_WRITE=1 cargo test --workspace --test incidents";
        assert_eq!(old, row, "docs/guardian.md is stale: {hint}");
    }
}

/// Whole USD, with thousands apart.
fn dollars(amount: u64) -> String {
    format!("${}", apart(amount))
}

fn apart(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Drift, April 2026: a stolen quorum with signatures collected beforehand relaxed limits, listed a
/// token of its own as collateral, and emptied the vaults against it within minutes.
#[test]
fn drift_a_stolen_quorum_lists_its_own_token() {
    let mut world = venue();
    let at_risk = held(&world);
    let thief = world.wallet("mallory");
    // The token, of which he has as much as he wants, at a price of his choice: none of his own.
    let plan = world.plan.banks[SOL];
    let fake = launch::mint("fake");
    let program = address(world.deployment.banks[SOL].token_program);
    tokens::create_mint(&mut world.vm, &fake, program, 9).unwrap();
    let (mint, program) = (pubkey(fake.pubkey()), pubkey(program));
    let own_price = Action::SetOracle(0, 1, 0, 7, thief.pubkey().to_bytes());
    expect_error(world.try_propose(1, &own_price), E::OracleKind);
    let mut args = launch::bank_args(&plan, false);
    args.warm_up = 7 * 86_400;
    let source = |index| feed_source(&world.board(), index).unwrap();
    let stands_on = [mint, program, source(args.feed), source(args.native_feed)];
    let hash = listing_hash("bank", &args, &stands_on).unwrap();
    let mut limits = [Setting::default(); MAX_SETTINGS];
    limits[0] = Setting {
        id: Group::Bank.id(0),
        value: u64::MAX,
    };
    // Limits go by steps within their bounds, not away.
    let away = Action::SetParameters(0, Subject::Bank(0), 1, limits);
    expect_error(world.try_propose(1, &away), E::ParameterOutOfBounds);
    prepared_signatures_are_worth_nothing(&mut world, &Action::List(0, hash));
    let proposed = world.now().slot;
    let nonce = world.queue(4, &Action::List(0, hash));
    let listing = world
        .deployment
        .create_bank(pubkey(thief.pubkey()), mint, program, args);
    let listing = Deployment::by_decision(listing, nonce);
    let early = world.send(std::slice::from_ref(&listing), &[&thief]);
    expect_error(early, E::DelayRuns);
    let slots = everybody_leaves(&mut world);
    let eta = world.proposal(nonce).eta;
    assert!(
        world.now().slot + SLOTS_A_DAY / 2 < eta.slot,
        "half a day early"
    );
    println!("{} slots after the quorum", world.now().slot - proposed);
    let early = eta.slot - world.now().slot;
    assert!(slots < 6 * SLOTS_A_DAY + SLOTS_A_DAY / 10);
    let lost = held(&world);
    assert_eq!(lost, 0, "there is nothing left to take");
    world.pass(2 * DAY);
    world
        .unaudited(|world| world.send(&[listing], &[&thief]))
        .unwrap();
    // And then it counts for nothing yet.
    let seat = world.board().banks[3];
    assert_eq!(seat.warm_until - seat.warm_from, 7 * DAY);
    let because = format!(
        "signatures age in 512 blocks; limits go by steps; a listing waits a week and warms up for \
         another; all are out {} slots before it lands",
        apart(early)
    );
    told(
        "Drift, April 2026: a stolen quorum with stored signatures relaxes limits and lists its \
         own token",
        &dollars(at_risk),
        &dollars(lost),
        &because,
    );
}

/// What Drift's thieves had: approvals signed weeks before, kept alive by durable nonces. Here one
/// behind a nonce is refused, and one without is dead after 512 blocks.
fn prepared_signatures_are_worth_nothing(world: &mut World, action: &Action) {
    let nonce = world.propose(1, action);
    let quote = world.quote_block();
    let hash = world.proposal(nonce).action_hash;
    let approve = world
        .deployment
        .approve_proposal(member_key(2), nonce, hash, quote);
    let advance = world.durable_nonce(&member(2));
    let kept = world.send(&[advance, approve.clone()], &[&member(2)]);
    expect_error(kept, E::DurableNonce);
    for _ in 0..512 {
        world.advance_apart(0, 1);
        world.quote_block();
    }
    expect_error(world.send(&[approve], &[&member(2)]), E::StaleQuote);
    assert_eq!(world.proposal(nonce).state, State::Open as u8);
}

/// One stolen key restricts for hours, and nothing else.
#[test]
fn a_stolen_key_costs_hours() {
    let mut world = venue();
    let at_risk = held(&world);
    world.restrict(1, 6 * 3_600).unwrap();
    world.restrict(1, 6 * 3_600).unwrap();
    expect_error(world.restrict(1, 6 * 3_600), E::BudgetExhausted);
    let bytes = read_elf(&elf_path("arithmetic")).unwrap();
    let buffer = world.buffer("buffer", derived::guardian(), &bytes);
    let wishes = [
        Action::Pause(0, 72 * 3_600, 1),
        Action::Relax(0, u64::MAX),
        Action::AddMember(member_key(6).to_bytes()),
        Action::PayTreasury(0, 1),
        Action::AnnounceRecovery(0),
        Action::Upgrade(buffer.to_bytes(), digest(&bytes)),
    ];
    for wish in wishes {
        let nonce = world.propose(1, &wish);
        expect_error(world.approve(1, nonce), E::AlreadyApproved);
        assert_eq!(world.proposal(nonce).state, State::Open as u8);
    }
    assert_eq!(world.protocol().quick_ppm, 0);
    world.pass(6 * HOUR + 60);
    assert_eq!(world.mode(), Mode::Normal);
    assert_eq!(held(&world), at_risk);
    assert_eq!(
        world.withdraw("bob", USDC, usdc(1_000.0)),
        (usdc(1_000.0), 0)
    );
    let lost = at_risk - usdc(1_000.0) / 1_000_000 - held(&world);
    told(
        "one stolen key",
        &dollars(at_risk),
        &dollars(lost),
        "it restricts for six hours, twice a week",
    );
}

/// A bribed quorum of all five: what users can do inside the delay, in slots.
#[test]
fn a_bribed_quorum_finds_empty_vaults() {
    let mut world = venue();
    let at_risk = held(&world);
    let change = Action::SetDelays(60 * 86_400, 60 * 86_400, 300);
    let nonce = world.queue(5, &change);
    let from = world.now().slot;
    let slots = everybody_leaves(&mut world);
    let eta = world.proposal(nonce).eta.slot;
    println!("{slots} slots to leave, {} until it lands", eta - from);
    assert_eq!(eta - from, 7 * SLOTS_A_DAY);
    // Two hours to notice, six days to leave, nearly one to spare.
    assert!(world.now().slot + SLOTS_A_DAY / 2 < eta);
    let because = format!(
        "{} slots to leave, {} until it lands",
        apart(slots),
        apart(eta - from)
    );
    told(
        "a bribed quorum of all five changes the delays",
        &dollars(at_risk),
        &dollars(held(&world)),
        &because,
    );
    assert_eq!(held(&world), 0);
}

/// Beanstalk, April 2022: a majority for one block carried its own decision out in that block.
#[test]
fn beanstalk_a_vote_of_one_slot_moves_nothing() {
    let mut world = venue();
    let at_risk = held(&world);
    let slot = world.now().slot;
    let bytes = read_elf(&elf_path("arithmetic")).unwrap();
    let buffer = world.buffer("buffer", derived::guardian(), &bytes);
    let upgrade = Action::Upgrade(buffer.to_bytes(), digest(&bytes));
    let nonce = world.queue(5, &upgrade);
    let thief = world.wallet("mallory");
    let key = pubkey(thief.pubkey());
    let execute = world
        .deployment
        .execute_upgrade(key, nonce, buffer, member_key(1));
    expect_error(world.send(&[execute], &[&thief]), E::DelayRuns);
    assert_eq!(world.now().slot, slot);
    // The votes go back to whom they were lent from: two of them end it.
    for number in [1, 2] {
        world.object(number, nonce).unwrap();
    }
    assert_eq!(world.proposal(nonce).state, State::Cancelled as u8);
    assert_eq!(held(&world), at_risk);
    told(
        "Beanstalk, April 2022: a majority for one slot",
        &dollars(at_risk),
        &dollars(at_risk - held(&world)),
        "nothing that loosens is decided and done in one slot; two voices end it later",
    );
}

/// An upgrade with a back door by a quorum of thieves: it lands, on empty vaults.
#[test]
fn a_back_door_opens_on_empty_vaults() {
    let mut world = venue();
    let at_risk = held(&world);
    let bytes = read_elf(&elf_path("arithmetic")).unwrap();
    let buffer = world.buffer("buffer", derived::guardian(), &bytes);
    let nonce = world.queue(4, &Action::Upgrade(buffer.to_bytes(), digest(&bytes)));
    // They hold the pause, too: it slows nobody below the floor.
    let pause = world.queue(3, &Action::Pause(0, 72 * 3_600, 1));
    world.execute(pause).unwrap();
    everybody_leaves(&mut world);
    assert!(world.now().slot + SLOTS_A_DAY / 2 < world.proposal(nonce).eta.slot);
    let lost = held(&world);
    world.pass(DAY + 2 * HOUR + SLACK);
    let thief = world.wallet("mallory");
    let key = pubkey(thief.pubkey());
    let execute = world
        .deployment
        .execute_upgrade(key, nonce, buffer, member_key(1));
    let done = world.unaudited(|world| world.send(&[execute], &[&thief]));
    done.unwrap();
    assert_eq!(lost, 0);
    told(
        "an upgrade with a back door, and a pause over the exit",
        &dollars(at_risk),
        &dollars(lost),
        "a pause slows nobody below the raised rate; the buffer opens on empty vaults",
    );
}

/// The same in a hurry: a pause of their own making, then an incident upgrade, and nobody awake who
/// objects.
#[test]
fn a_back_door_in_a_hurry_opens_on_empty_vaults_too() {
    let mut world = venue();
    let at_risk = held(&world);
    let bytes = read_elf(&elf_path("arithmetic")).unwrap();
    let buffer = world.buffer("buffer", derived::guardian(), &bytes);
    let pause = Action::Pause(ALL_COMPARTMENTS, 72 * 3_600, 1);
    let pause = world.queue(3, &pause);
    world.execute(pause).unwrap();
    let repair = Action::IncidentUpgrade(buffer.to_bytes(), digest(&bytes));
    let nonce = world.queue(4, &repair);
    let slots = everybody_leaves(&mut world);
    let eta = world.proposal(nonce).eta.slot;
    let early = eta - world.now().slot;
    assert!(world.now().slot + SLOTS_A_DAY / 2 < eta);
    assert_eq!(held(&world), 0);
    let because = format!(
        "{} slots to leave, {} more before it lands",
        apart(slots),
        apart(early)
    );
    told(
        "the same in 48 h, in a pause of their own",
        &dollars(at_risk),
        &dollars(held(&world)),
        &because,
    );
}

/// Pause as a weapon: nobody may trade while the price falls, then liquidators wait at the end.
#[test]
fn a_pause_then_liquidations_finds_who_topped_up_and_who_has_grace() {
    let play = |paused: bool, topped_up: bool| {
        let mut world = World::new();
        world.create_guardian(5).unwrap();
        world.fund("maker", 1_000_000.0);
        world.fund("liquidator", 100_000.0);
        world.fund("alice", 1_000.0);
        world.trade("alice", "maker", SOL_PERP, 150.0, 100.0);
        world.advance(30);
        world.refresh_all();
        if paused {
            let pause = world.queue(3, &Action::Pause(0, 600, 1));
            world.execute(pause).unwrap();
        }
        world.advance(2);
        world.crash(SOL, 95.8);
        world.advance(16);
        world.refresh_all();
        let health = world.health("alice", Level::Maintenance);
        assert!(health.surplus().unwrap() < 0, "{health:?}");
        if topped_up {
            world.give("alice", USDC, usdc(1_000.0));
            world.try_deposit("alice", USDC, usdc(1_000.0)).unwrap();
        }
        if paused {
            world.advance(600);
            world.refresh_all();
            assert_eq!(world.mode(), Mode::Normal);
        }
        let taken = world.take_over("liquidator", "alice", SOL_PERP, base_e8(150.0));
        (world, taken)
    };
    // Without protection: a quarter of the leg in the first slot, and what it costs.
    let (world, taken) = play(false, false);
    taken.unwrap();
    let left = world.position("alice", SOL_PERP).base.unsigned_abs();
    let sold = (base_e8(150.0) - left) / 100_000_000;
    assert!(sold >= 30, "{sold}");
    // Paused, she tops up as ever; or has a quarter of an hour after it to do so.
    let (_, taken) = play(true, true);
    expect_error(taken, E::NotLiquidatable);
    let (mut world, taken) = play(true, false);
    expect_error(taken, E::GraceHolds);
    world.give("alice", USDC, usdc(1_000.0));
    world.try_deposit("alice", USDC, usdc(1_000.0)).unwrap();
    world.advance(15 * 60);
    world.refresh_all();
    let late = world.take_over("liquidator", "alice", SOL_PERP, base_e8(150.0));
    expect_error(late, E::NotLiquidatable);
    assert_eq!(
        world.position("alice", SOL_PERP).base.unsigned_abs(),
        base_e8(150.0)
    );
    let kept = world.position("alice", SOL_PERP).base.unsigned_abs();
    let lost = (base_e8(150.0) - kept) / 100_000_000;
    told(
        "a pause over a falling price, then liquidations",
        &format!("{sold} of 150 SOL of a position"),
        &lost.to_string(),
        "topping up is never closed; grace of a quarter of an hour",
    );
}
