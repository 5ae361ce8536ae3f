//! What comes in and goes out: amounts to the unit, and every wrong account by its exact error.

use bulwark::error::BulwarkError as Refusal;
use bulwark::state::TicketState;
use bulwark_client::{Deployment, Instruction, Pubkey, address as addresses};
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::world::{
    BTC, SOL, SOL_PERP, USDC, World, ask, bid, expect_error, standard_plan, usdc,
};
use bulwark_svm::{keys, launch, tokens};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Anchor's own codes.
const WRONG_ADDRESS: u32 = 2012;
const OWNED_BY_WRONG_PROGRAM: u32 = 3007;
const NOT_SIGNER: u32 = 3010;

const DAY: i64 = 86_400;
const COIN: u64 = 1_000_000_000;

/// Puts another account where one was.
fn replaced(made: &Instruction, from: Pubkey, to: Pubkey) -> Instruction {
    let mut made = made.clone();
    for meta in made.accounts.iter_mut().filter(|meta| meta.pubkey == from) {
        meta.pubkey = to;
    }
    made
}

fn key(pair: &Keypair) -> Pubkey {
    pubkey(pair.pubkey())
}

/// A second compartment in the same VM, with its own banks of the same mints.
fn second_compartment(world: &mut World) -> Deployment {
    let mut plan = standard_plan();
    plan.id = 1;
    launch::compartment(&mut world.vm, &plan).unwrap()
}

/// Deposit of `amount` by a trader from his own tokens.
fn deposit(world: &mut World, name: &'static str, bank: usize, amount: u64) -> Instruction {
    world.give(name, bank, amount);
    let (owner, margin) = (world.wallet(name), world.margin_key(name));
    let source = pubkey(world.trader(name).tokens[bank]);
    world
        .deployment
        .deposit(key(&owner), margin, bank, source, amount)
}

#[test]
fn deposits_refuse_each_wrong_account() {
    let mut world = World::new();
    let other = second_compartment(&mut world);
    let mallory = world.wallet("mallory");
    let alice = world.wallet("alice");
    let good = deposit(&mut world, "alice", SOL, COIN);
    let ours = world.deployment.banks[SOL];
    let (margin, source) = (
        world.margin_key("alice"),
        pubkey(world.trader("alice").tokens[SOL]),
    );

    let mut try_as = |made: Instruction, signer: &Keypair| world.send(&[made], &[signer]);
    // Mallory pays into alice's account, or alice's tokens into mallory's.
    let stranger = replaced(&good, key(&alice), key(&mallory));
    expect_error(try_as(stranger, &mallory), Refusal::NotOwner);
    let mut unsigned = good.clone();
    unsigned.accounts[0].is_signer = false;
    assert_eq!(
        try_as(unsigned, &alice).unwrap_err().code(),
        Some(NOT_SIGNER)
    );
    let foreign = replaced(&good, ours.bank, other.banks[SOL].bank);
    expect_error(try_as(foreign, &alice), Refusal::WrongCompartment);
    let foreign = replaced(&good, world_compartment(&good), other.compartment);
    expect_error(try_as(foreign, &alice), Refusal::WrongCompartment);
    let foreign = replaced(&good, ours.vault, other.banks[SOL].vault);
    expect_error(try_as(foreign, &alice), Refusal::WrongVault);
    let fake = replaced(&good, ours.mint, pubkey(launch::mint("BTC").pubkey()));
    expect_error(try_as(fake, &alice), Refusal::WrongMint);
    let fake = replaced(&good, ours.token_program, pubkey(tokens::TOKEN_2022));
    expect_error(try_as(fake, &alice), Refusal::WrongTokenProgram);
    let circle = replaced(&good, source, ours.vault);
    expect_error(try_as(circle, &alice), Refusal::DuplicateAccount);
    let fake = replaced(&good, ours.bank, margin);
    assert!(try_as(fake, &alice).is_err());
    let fake = replaced(&good, ours.bank, source);
    assert_eq!(
        try_as(fake, &alice).unwrap_err().code(),
        Some(OWNED_BY_WRONG_PROGRAM)
    );
    let fake = replaced(&good, addresses::event_authority(), key(&mallory));
    assert_eq!(
        try_as(fake, &alice).unwrap_err().code(),
        Some(WRONG_ADDRESS)
    );
    let nothing = deposit(&mut world, "alice", SOL, 0);
    expect_error(world.send(&[nothing], &[&alice]), Refusal::ZeroAmount);
    world.send(&[good], &[&alice]).unwrap();
    assert_eq!((world.vault(SOL), world.bank(SOL).claims), (COIN, COIN));
}

/// The compartment that a deposit names.
fn world_compartment(made: &Instruction) -> Pubkey {
    made.accounts[2].pubkey
}

#[test]
fn a_deposit_needs_its_own_board() {
    let mut world = World::new();
    let other = second_compartment(&mut world);
    let alice = world.wallet("alice");
    let board = world.deployment.board;
    let quote = deposit(&mut world, "alice", USDC, usdc(10.0));
    let none = replaced(&quote, board, bulwark::ID);
    let refused = world.send(&[none], &[&alice]).unwrap_err();
    assert_eq!(refused.code(), Some(OWNED_BY_WRONG_PROGRAM));
    let foreign = replaced(&quote, board, other.board);
    expect_error(world.send(&[foreign], &[&alice]), Refusal::WrongBoard);
    world.send(&[quote], &[&alice]).unwrap();
    let token = deposit(&mut world, "alice", SOL, COIN);
    let none = replaced(&token, board, bulwark::ID);
    let refused = world.send(&[none], &[&alice]).unwrap_err();
    assert_eq!(refused.code(), Some(OWNED_BY_WRONG_PROGRAM));
}

#[test]
fn a_frozen_account_says_so() {
    let mut world = World::new();
    world.deposit("alice", SOL, COIN);
    let good = deposit(&mut world, "alice", SOL, COIN);
    let alice = world.wallet("alice");
    let (source, vault) = (
        world.trader("alice").tokens[SOL],
        address(world.deployment.banks[SOL].vault),
    );
    let freeze = |world: &mut World, account, state: u8| {
        let mut frozen = world.vm.svm.get_account(&account).unwrap();
        frozen.data[108] = state;
        world.vm.svm.set_account(account, frozen).unwrap();
    };
    freeze(&mut world, source, 2);
    expect_error(
        world.send(&[good.clone()], &[&alice]),
        Refusal::TokenAccountFrozen,
    );
    expect_error(
        world.try_withdraw("alice", SOL, COIN),
        Refusal::TokenAccountFrozen,
    );
    freeze(&mut world, source, 1);
    freeze(&mut world, vault, 2);
    expect_error(world.send(&[good.clone()], &[&alice]), Refusal::VaultFrozen);
    expect_error(world.try_withdraw("alice", SOL, COIN), Refusal::VaultFrozen);
    freeze(&mut world, vault, 1);
    world.send(&[good], &[&alice]).unwrap();
    assert_eq!(world.withdraw("alice", SOL, 2 * COIN), (2 * COIN, 0));
}

/// Withdrawal of a trader to his own tokens, plain, without a ticket.
fn withdrawal(world: &mut World, name: &'static str, bank: usize, amount: u64) -> Instruction {
    let (owner, margin) = (world.wallet(name), world.margin_key(name));
    let to = pubkey(world.trader(name).tokens[bank]);
    world
        .deployment
        .withdraw(key(&owner), margin, (bank, amount), to, None, true)
}

#[test]
fn withdrawals_refuse_each_wrong_account() {
    let mut world = World::new();
    let other = second_compartment(&mut world);
    world.deposit("alice", SOL, COIN);
    let (alice, mallory) = (world.wallet("alice"), world.wallet("mallory"));
    let good = withdrawal(&mut world, "alice", SOL, COIN);
    let ours = world.deployment.banks[SOL];
    let own = pubkey(world.trader("alice").tokens[SOL]);
    let theirs = pubkey(world.trader("mallory").tokens[SOL]);
    let btc = pubkey(world.trader("alice").tokens[BTC]);

    let mut try_as = |made: Instruction, signer: &Keypair| world.send(&[made], &[signer]);
    let stolen = replaced(&replaced(&good, key(&alice), key(&mallory)), own, theirs);
    expect_error(try_as(stolen, &mallory), Refusal::NotOwner);
    let stolen = replaced(&good, own, theirs);
    expect_error(try_as(stolen, &alice), Refusal::WrongTokenOwner);
    let circle = replaced(&good, own, ours.vault);
    expect_error(try_as(circle, &alice), Refusal::WrongTokenOwner);
    let fake = replaced(&good, own, key(&alice));
    expect_error(try_as(fake, &alice), Refusal::WrongTokenAccount);
    // The token program refuses another mint's account.
    assert!(try_as(replaced(&good, own, btc), &alice).is_err());
    let foreign = replaced(&good, ours.bank, other.banks[SOL].bank);
    expect_error(try_as(foreign, &alice), Refusal::WrongCompartment);
    let foreign = replaced(&good, ours.vault, other.banks[SOL].vault);
    expect_error(try_as(foreign, &alice), Refusal::WrongVault);
    let fake = replaced(&good, addresses::vault_authority(), key(&alice));
    assert_eq!(
        try_as(fake, &alice).unwrap_err().code(),
        Some(WRONG_ADDRESS)
    );
    let more = withdrawal(&mut world, "alice", SOL, COIN + 1);
    expect_error(world.send(&[more], &[&alice]), Refusal::InsufficientBalance);
    let nothing = withdrawal(&mut world, "alice", SOL, 0);
    expect_error(world.send(&[nothing], &[&alice]), Refusal::ZeroAmount);
    let none = withdrawal(&mut world, "alice", BTC, 1);
    expect_error(world.send(&[none], &[&alice]), Refusal::InsufficientBalance);
    world.send(&[good], &[&alice]).unwrap();
    assert_eq!((world.vault(SOL), world.tokens_of("alice", SOL)), (0, COIN));
}

#[test]
fn with_positions_a_withdrawal_asks_for_health() {
    let mut world = World::new();
    let other = second_compartment(&mut world);
    world.fund("maker", 10_000.0);
    world.fund("alice", 1_000.0);
    world.deposit("alice", SOL, COIN);
    let alice = world.wallet("alice");
    let plain = withdrawal(&mut world, "alice", USDC, usdc(1.0));
    world.place("alice", SOL_PERP, bid(100.0, 99.0));
    // An order alone is enough for it to be asked.
    expect_error(
        world.send(&[plain.clone()], &[&alice]),
        Refusal::MissingAccount,
    );
    world.place("maker", SOL_PERP, ask(100.0, 99.0).ioc());
    expect_error(world.send(&[plain], &[&alice]), Refusal::MissingAccount);
    expect_error(
        world.try_withdraw("alice", USDC, usdc(900.0)),
        Refusal::BelowInitialMargin,
    );
    assert_eq!(world.withdraw("alice", USDC, usdc(10.0)), (usdc(10.0), 0));
    // Another token needs the quote bank, whose buckets bind it.
    let (margin, to) = (
        world.margin_key("alice"),
        pubkey(world.trader("alice").tokens[SOL]),
    );
    let good = world
        .deployment
        .withdraw(key(&alice), margin, (SOL, COIN), to, None, false);
    let quote = world.deployment.banks[USDC];
    let none = replaced(&good, quote.bank, bulwark::ID);
    expect_error(world.send(&[none], &[&alice]), Refusal::MissingAccount);
    let fake = replaced(&good, quote.bank, world.deployment.banks[BTC].bank);
    expect_error(world.send(&[fake], &[&alice]), Refusal::WrongBank);
    let foreign = replaced(&good, quote.bank, other.banks[USDC].bank);
    expect_error(world.send(&[foreign], &[&alice]), Refusal::WrongCompartment);
    let foreign = replaced(&good, quote.vault, other.banks[USDC].vault);
    expect_error(world.send(&[foreign], &[&alice]), Refusal::WrongVault);
    let foreign = replaced(&good, world.deployment.board, other.board);
    expect_error(world.send(&[foreign], &[&alice]), Refusal::WrongBoard);
    world.send(&[good], &[&alice]).unwrap();
}

#[test]
fn what_the_buckets_do_not_hold_waits_in_a_ticket() {
    let mut world = World::new();
    world.deposit("alice", SOL, 100 * COIN);
    world.deposit("bob", SOL, 100 * COIN);
    world.advance(DAY);
    // The hour's bucket: 1 % of the floor of 1,000 coins, a tenth of it kept for small exits.
    assert_eq!(world.bank(SOL).base_floor, 1_000 * COIN);
    let hour = 9 * COIN;
    assert_eq!(
        world.withdraw("alice", SOL, 100 * COIN),
        (hour, 100 * COIN - hour)
    );
    let bank = world.bank(SOL);
    assert_eq!((bank.tickets, bank.queue.waiting), (100 * COIN - hour, 1));
    assert_eq!(world.account("alice").ticket_count, 1);
    // First come, first served: bob waits behind her, though the bucket fills again.
    world.advance(3_600);
    assert_eq!(world.withdraw("bob", SOL, 50 * COIN).0, 0);
    let bob_before = world.tokens_of("bob", SOL);
    world.try_crank("bob", SOL, 0).unwrap();
    assert_eq!(world.tokens_of("bob", SOL), bob_before);

    let alice = world.wallet("alice");
    let rent = |world: &World| world.vm.svm.get_account(&alice.pubkey()).unwrap().lamports;
    let before = rent(&world);
    let mut days = 0;
    while world.account("alice").ticket_count > 0 {
        world.advance(DAY);
        world.try_crank("alice", SOL, 0).unwrap();
        days += 1;
        assert!(days <= 2, "91 coins at 90 a day");
    }
    assert_eq!(world.tokens_of("alice", SOL), 100 * COIN);
    let ticket = world
        .vm
        .svm
        .minimum_balance_for_rent_exemption(<TicketState as bulwark::state::Layout>::SPACE);
    assert_eq!(rent(&world) - before, ticket);
    let gone = world.try_crank("alice", SOL, 0).unwrap_err();
    assert_eq!(gone.code(), Some(OWNED_BY_WRONG_PROGRAM));
    for _ in 0..4 {
        world.advance(DAY);
        world.try_crank("bob", SOL, 0).ok();
    }
    assert_eq!(world.tokens_of("bob", SOL), 50 * COIN);
    assert_eq!(world.bank(SOL).tickets, 0);
}

#[test]
fn a_ticket_is_made_at_its_address_and_paid_to_its_owner() {
    let mut world = World::new();
    world.deposit("alice", SOL, 100 * COIN);
    world.advance(DAY);
    let (alice, mallory) = (world.wallet("alice"), world.wallet("mallory"));
    let margin = world.margin_key("alice");
    let own = pubkey(world.trader("alice").tokens[SOL]);
    let bank = world.deployment.banks[SOL].bank;
    let without = withdrawal(&mut world, "alice", SOL, 100 * COIN);
    expect_error(world.send(&[without], &[&alice]), Refusal::MissingAccount);
    let ask = (SOL, 100 * COIN);
    let good = world
        .deployment
        .withdraw(key(&alice), margin, ask, own, Some(0), true);
    let place = addresses::ticket(&bank, &margin, 0);
    let other = addresses::ticket(&bank, &margin, 1);
    let misplaced = world.send(&[replaced(&good, place, other)], &[&alice]);
    expect_error(misplaced, Refusal::WrongAddress);
    // Lamports sent there before don't stop it.
    world.vm.fund(address(place), 1_000);
    world.send(&[good], &[&alice]).unwrap();

    world.advance(DAY);
    let payer = pubkey(world.vm.payer.pubkey());
    let deployment = world.deployment.clone();
    let theirs = pubkey(world.trader("mallory").tokens[SOL]);
    let crank =
        |to: Pubkey, by: Pubkey| deployment.crank_ticket(by, key(&alice), margin, SOL, 0, to);
    expect_error(
        world.send(&[crank(theirs, payer)], &[]),
        Refusal::WrongTokenAccount,
    );
    let stolen = world.send(&[crank(theirs, key(&alice))], &[&alice]);
    expect_error(stolen, Refusal::WrongTokenOwner);
    let other_owner = replaced(&crank(own, payer), key(&alice), key(&mallory));
    expect_error(world.send(&[other_owner], &[]), Refusal::NotOwner);
    let (bob, _) = (world.margin_key("bob"), world.deposit("bob", SOL, COIN));
    let other_margin = replaced(&crank(own, payer), margin, bob);
    expect_error(world.send(&[other_margin], &[]), Refusal::WrongTicket);
    let btc = world.deployment.banks[BTC].bank;
    let other_bank = replaced(&crank(own, payer), bank, btc);
    expect_error(world.send(&[other_bank], &[]), Refusal::WrongTicket);
    // The owner may name another account of his.
    let second = keys::keypair("alice's second account");
    let mint = launch::mint("SOL").pubkey();
    tokens::create_token_account(&mut world.vm, &second, tokens::TOKEN, mint, alice.pubkey())
        .unwrap();
    expect_error(
        world.send(&[crank(key(&second), payer)], &[]),
        Refusal::WrongTokenAccount,
    );
    world
        .send(&[crank(key(&second), key(&alice))], &[&alice])
        .unwrap();
    assert!(tokens::balance(&world.vm, second.pubkey()) > 0);
    // Nobody closes the account meanwhile.
    expect_error(world.close("alice"), Refusal::AccountNotEmpty);
}

#[test]
fn a03_who_leaves_first_gains_nothing() {
    let mut world = World::new();
    world.deposit("alice", SOL, 100 * COIN);
    world.deposit("bob", SOL, 100 * COIN);
    world.steal(SOL, 50 * COIN);
    expect_error(world.try_deposit("alice", SOL, COIN), Refusal::NotCovered);
    // Three quarters of everything are there, for the first and for the last.
    let first = world.allow_stock_change(|world| world.withdraw("alice", SOL, 100 * COIN));
    let last = world.allow_stock_change(|world| world.withdraw("bob", SOL, 100 * COIN));
    assert_eq!((first, last), ((75 * COIN, 0), (75 * COIN, 0)));
    assert_eq!(world.vault(SOL), 0);
    assert_eq!(world.bank(SOL).residuals.total, 50 * COIN);
    expect_error(world.close("alice"), Refusal::AccountNotEmpty);

    // Late money: half of what both are owed.
    world.give("carol", SOL, 25 * COIN);
    let carol = world.wallet("carol");
    let source = pubkey(world.trader("carol").tokens[SOL]);
    let gift = world
        .deployment
        .recapitalise(key(&carol), SOL, source, 25 * COIN);
    world
        .allow_stock_change(|world| world.send(&[gift], &[&carol]))
        .unwrap();
    let margin = world.margin_key("alice");
    let (alice, mallory) = (world.wallet("alice"), world.wallet("mallory"));
    let own = pubkey(world.trader("alice").tokens[SOL]);
    let theirs = pubkey(world.trader("mallory").tokens[SOL]);
    let deployment = world.deployment.clone();
    let collect = |by: Pubkey, to: Pubkey| deployment.collect_residual(by, margin, SOL, to);
    let stolen = world.send(&[collect(key(&mallory), theirs)], &[&mallory]);
    expect_error(stolen, Refusal::WrongTokenAccount);
    let stolen = world.send(&[collect(key(&alice), theirs)], &[&alice]);
    expect_error(stolen, Refusal::WrongTokenOwner);
    let before = world.tokens_of("alice", SOL);
    world.send(&[collect(key(&alice), own)], &[&alice]).unwrap();
    assert_eq!(world.tokens_of("alice", SOL) - before, 25 * COIN / 2);
    expect_error(
        world.send(&[collect(key(&alice), own)], &[&alice]),
        Refusal::NothingToTake,
    );
}

#[test]
fn a01_a_donation_changes_nothing_but_the_surplus() {
    let mut world = World::new();
    world.fund("alice", 1_000.0);
    world.deposit("alice", SOL, COIN);
    world.donate(SOL, 1);
    world.donate(USDC, 1);
    assert_eq!(world.withdraw("alice", USDC, usdc(10.0)), (usdc(10.0), 0));
    assert_eq!(world.withdraw("alice", SOL, COIN / 2), (COIN / 2, 0));
    // Quote that nobody is owed is insurance's; a token stays in its vault.
    world.sweep(USDC).unwrap();
    assert_eq!(world.insurance().balance, 1);
    world.sweep(SOL).unwrap();
    assert_eq!(world.vault(SOL), COIN / 2 + 1);
    expect_error(world.sweep(USDC), Refusal::ZeroAmount);

    let payer = pubkey(world.vm.payer.pubkey());
    world.donate(USDC, 5);
    let good = world.deployment.sweep(payer, USDC);
    let mut fewer = good.clone();
    fewer.accounts.pop();
    expect_error(world.send(&[fewer], &[]), Refusal::IncompleteSet);
    let none = replaced(&good, world.deployment.insurance, bulwark::ID);
    expect_error(world.send(&[none], &[]), Refusal::MissingAccount);
    let other = second_compartment(&mut world);
    let foreign = replaced(&good, world.deployment.insurance, other.insurance);
    expect_error(world.send(&[foreign], &[]), Refusal::WrongInsurance);
    let foreign = replaced(
        &good,
        world.deployment.banks[USDC].vault,
        other.banks[USDC].vault,
    );
    expect_error(world.send(&[foreign], &[]), Refusal::WrongVault);
}

#[test]
fn a63_an_account_closes_empty_or_not_at_all() {
    let mut world = World::new();
    world.fund("maker", 100_000.0);
    world.fund("alice", 1_000.0);
    expect_error(world.close("alice"), Refusal::AccountNotEmpty);
    world.place("alice", SOL_PERP, bid(1.0, 95.0));
    world
        .cancel("alice", SOL_PERP, bulwark::instructions::Which::All)
        .unwrap();
    world.withdraw("alice", USDC, u64::MAX);
    let (alice, margin) = (world.wallet("alice"), world.margin_key("alice"));
    let mallory = world.wallet("mallory");
    let stolen = world
        .deployment
        .close_margin_account(key(&mallory), margin, false);
    expect_error(world.send(&[stolen], &[&mallory]), Refusal::NotOwner);

    // Orders once voided without their book: every book must come, so that none stays behind that
    // nobody could pass an account for.
    world.rewrite("alice", |account| account.order_epoch = 1);
    let bare = world
        .deployment
        .close_margin_account(key(&alice), margin, false);
    expect_error(world.send(&[bare], &[&alice]), Refusal::IncompleteSet);
    let mut swapped = world
        .deployment
        .close_margin_account(key(&alice), margin, true);
    let last = swapped.accounts.len() - 1;
    swapped.accounts.swap(last - 1, last);
    expect_error(world.send(&[swapped], &[&alice]), Refusal::WrongBook);
    let before = world.vm.svm.get_account(&alice.pubkey()).unwrap().lamports;
    let traders = std::mem::take(&mut world.traders);
    let close = world
        .deployment
        .close_margin_account(key(&alice), margin, true);
    world.audited = false;
    world.send(&[close], &[&alice]).unwrap();
    assert!(world.vm.svm.get_account(&alice.pubkey()).unwrap().lamports > before);
    assert!(world.vm.data(address(margin)).is_empty());
    drop(traders);
}
