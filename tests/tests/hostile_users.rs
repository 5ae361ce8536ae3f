//! A thief among the users: whose money an instruction moves, and where to.

mod stage;

use bulwark::error::BulwarkError as E;
use bulwark_client::{AccountMeta, Pubkey, address};
use bulwark_state::MarginAccount;
use bulwark_svm::hostile::Instead;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{
    Outcome, SOL, SOL_PERP, USDC, World, ask, bid, expect_error, scaled, usdc,
};
use bulwark_svm::{keys, tokens};
use solana_signer::Signer;
use stage::{Stage, token_account};

/// Custom code of a failure, Anchor's and the token program's included.
#[track_caller]
fn code(outcome: Outcome, expected: u32) {
    let failure = outcome.expect_err("refused");
    assert_eq!(failure.code(), Some(expected), "{failure}");
}

#[test]
fn deposits_take_nothing_but_their_own_accounts() {
    let mut stage = Stage::new();
    let (alice, key) = stage.wallet("alice");
    let margin = stage.world.margin_key("alice");
    for (bank, amount) in [(USDC, usdc(50.0)), (SOL, scaled(2.0, 9))] {
        stage.world.give("alice", bank, amount);
        let source = stage.tokens("alice", bank);
        let deposit = stage
            .world
            .deployment
            .deposit(key, margin, bank, source, amount);
        stage.refuses_all_but("deposit", &deposit, &[&alice], &[]);
    }
}

#[test]
fn withdrawals_pay_their_owner_alone() {
    let mut stage = Stage::new();
    stage.world.fund("bob", 200_000.0);
    stage.world.advance(2 * 86_400);
    stage.world.refresh_all();
    let (bob, key) = stage.wallet("bob");
    let margin = stage.world.margin_key("bob");
    let destination = stage.tokens("bob", USDC);
    let most = (USDC, usdc(150_000.0));
    let ours = stage.world.deployment.clone();
    let plain = ours.withdraw(key, margin, most, destination, Some(0), true);
    // A plain exit looks at neither Board (10) nor quote bank (11) nor quote's vault (12): whatever
    // belongs to the compartment may be there, and of the vault anything at all.
    let mut legal = vec![(10, Instead::Alien), (11, Instead::Slot(3))];
    legal.extend([Instead::Alien, Instead::Empty].map(|instead| (12, instead)));
    legal.extend(
        (0..=15)
            .filter(|slot| !(10..=12).contains(slot))
            .map(|slot| (12, Instead::Slot(slot))),
    );
    stage.refuses_all_but("plain exit", &plain, &[&bob], &legal);

    let (alice, key) = stage.wallet("alice");
    let margin = stage.world.margin_key("alice");
    let destination = stage.tokens("alice", SOL);
    let some = (SOL, scaled(1.0, 9));
    let with = ours.withdraw(key, margin, some, destination, None, false);
    // Nothing is queued: the place of a ticket (13), if anything writable stands there, isn't used.
    let legal = [0, 3, 4, 5, 8, 11].map(|slot| (13, Instead::Slot(slot)));
    stage.refuses_all_but("withdraw with positions", &with, &[&alice], &legal);
}

#[test]
fn a_ticket_pays_its_own_owner_whoever_cranks() {
    let mut stage = Stage::new();
    stage.world.fund("bob", 200_000.0);
    stage.world.advance(2 * 86_400);
    stage.world.refresh_all();
    let (_, queued) = stage.world.withdraw("bob", USDC, usdc(150_000.0));
    assert!(queued > 0);
    stage.world.advance(3_600);
    stage.world.refresh_all();
    let (_, owner) = stage.wallet("bob");
    let margin = stage.world.margin_key("bob");
    let destination = stage.tokens("bob", USDC);
    let ours = stage.world.deployment.clone();
    let crank = ours.crank_ticket(stage.anyone(), owner, margin, USDC, 0, destination);
    stage.anybodys("crank_ticket", &crank, &[]);

    // Into another account of the owner's only where he signs, elsewhere never.
    let bob = stage.world.wallet("bob");
    let second = token_account(&mut stage.world.vm, "bob's second", "USDC", &bob);
    let mallory = stage.tokens("mallory", USDC);
    let anyone = stage.anyone.insecure_clone();
    let (by, to) = (stage.anyone(), |by, to| {
        ours.crank_ticket(by, owner, margin, USDC, 0, to)
    });
    expect_error(
        stage.world.send(&[to(by, second)], &[&anyone]),
        E::WrongTokenAccount,
    );
    expect_error(
        stage.world.send(&[to(owner, mallory)], &[&bob]),
        E::WrongTokenOwner,
    );
    stage.world.send(&[to(owner, second)], &[&bob]).unwrap();
    assert!(tokens::balance(&stage.world.vm, bulwark_svm::vm::address(second)) > 0);
}

#[test]
fn a_residual_is_collected_by_its_owner_alone() {
    let mut stage = Stage::new();
    stage.world.deposit("bob", SOL, scaled(100.0, 9));
    let half = stage.world.vault(SOL) / 2;
    stage.world.steal(SOL, half);
    stage
        .world
        .allow_stock_change(|world| world.withdraw("bob", SOL, scaled(50.0, 9)));
    let (giver, key) = stage.wallet("maker");
    stage.world.give("maker", SOL, scaled(60.0, 9));
    let source = stage.tokens("maker", SOL);
    let ours = stage.world.deployment.clone();
    let give = ours.recapitalise(key, SOL, source, scaled(30.0, 9));
    stage.refuses_all_but("recapitalise a token", &give, &[&giver], &[]);
    stage
        .world
        .allow_stock_change(|world| world.send(&[give], &[&giver]))
        .unwrap();

    let (bob, owner) = stage.wallet("bob");
    let margin = stage.world.margin_key("bob");
    let destination = stage.tokens("bob", SOL);
    let collect = ours.collect_residual(owner, margin, SOL, destination);
    stage.refuses_all_but("collect_residual", &collect, &[&bob], &[]);
    // Anyone else only into the associated account, which this isn't.
    let by_anyone = ours.collect_residual(stage.anyone(), margin, SOL, destination);
    let anyone = stage.anyone.insecure_clone();
    expect_error(
        stage.world.send(&[by_anyone], &[&anyone]),
        E::WrongTokenAccount,
    );
}

#[test]
fn given_money_goes_where_it_was_given() {
    let mut stage = Stage::new();
    let ours = stage.world.deployment.clone();
    let (giver, key) = stage.wallet("maker");
    stage.world.give("maker", USDC, usdc(500.0));
    let source = stage.tokens("maker", USDC);
    let fund = ours.fund_insurance(key, source, usdc(100.0));
    stage.refuses_all_but("fund_insurance", &fund, &[&giver], &[]);
    let give = ours.recapitalise(key, USDC, source, usdc(100.0));
    stage.refuses_all_but("recapitalise quote", &give, &[&giver], &[]);
    stage.world.donate(USDC, usdc(10.0));
    stage.world.donate(SOL, scaled(1.0, 9));
    for bank in [USDC, SOL] {
        let sweep = ours.sweep(stage.anyone(), bank);
        stage.anybodys("sweep", &sweep, &[]);
    }
}

#[test]
fn only_the_owner_closes_and_gets_the_rent() {
    let mut stage = Stage::new();
    let (carol, key) = stage.wallet("carol");
    let margin = stage.world.margin_key("carol");
    let ours = stage.world.deployment.clone();
    let close = ours.close_margin_account(key, margin, false);
    stage.refuses_all_but("close", &close, &[&carol], &[]);
    expect_error(stage.world.close("alice"), E::AccountNotEmpty);
    // A closed account is gone for the rest of its own transaction.
    stage.world.give("carol", USDC, usdc(10.0));
    let source = stage.tokens("carol", USDC);
    let deposit = ours.deposit(key, margin, USDC, source, usdc(10.0));
    code(
        stage.world.send(&[close.clone(), deposit], &[&carol]),
        3_007,
    );
    // Rent sent after it doesn't revive it: system accounts have no layout.
    let lamports = |stage: &Stage, key| stage.world.vm.svm.get_account(&key).map(|a| a.lamports);
    let place = bulwark_svm::vm::address(margin);
    let before = lamports(&stage, carol.pubkey()).unwrap();
    let rent = lamports(&stage, place).unwrap();
    stage.world.send(&[close], &[&carol]).unwrap();
    assert_eq!(lamports(&stage, carol.pubkey()), Some(before + rent));
    assert_eq!(lamports(&stage, place), None);
}

#[test]
fn a_delegate_trades_and_no_more() {
    let mut world = World::new();
    let (owner, delegate) = (world.wallet("alice"), world.wallet("bob"));
    let (key, other) = (pubkey(owner.pubkey()), pubkey(delegate.pubkey()));
    let create = world.deployment.create_margin_account(key, 1, other);
    world.send(&[create], &[&owner]).unwrap();
    let margin = world.deployment.margin(&key, 1);
    world.others.push(bulwark_svm::vm::address(margin));
    world.give("alice", USDC, usdc(1_000.0));
    let source = pubkey(world.traders["alice"].tokens[USDC]);
    let deposit = world
        .deployment
        .deposit(key, margin, USDC, source, usdc(1_000.0));
    world.send(&[deposit], &[&owner]).unwrap();
    let stolen = pubkey(world.traders["bob"].tokens[USDC]);
    let ours = world.deployment.clone();
    // He opens and, what matters most, reduces: a reduce-only order never turns the position.
    world.fund("maker", 100_000.0);
    let makers = [world.margin_key("maker")];
    world.place("maker", SOL_PERP, ask(2.0, 100.0).post_only());
    world.place("maker", SOL_PERP, bid(5.0, 99.9).post_only());
    let base = |world: &World| {
        let account = world.read::<MarginAccount>(margin);
        account.positions.iter().map(|leg| leg.base).sum::<i64>()
    };
    for (order, left) in [
        (bid(2.0, 100.0).ioc(), 200_000_000),
        (ask(0.5, 99.9).reduce_only().ioc(), 150_000_000),
        (ask(4.0, 99.9).reduce_only().ioc(), 0),
    ] {
        let place = ours.place_order(other, margin, SOL_PERP, order.0, &makers);
        world.send(&[place], &[&delegate]).unwrap();
        assert_eq!(base(&world), left);
    }
    let most = (USDC, u64::MAX);
    for destination in [stolen, source] {
        let take = ours.withdraw(other, margin, most, destination, None, true);
        expect_error(world.send(&[take], &[&delegate]), E::NotOwner);
    }
    let close = ours.close_margin_account(other, margin, false);
    expect_error(world.send(&[close], &[&delegate]), E::NotOwner);
    world.give("bob", USDC, usdc(10.0));
    let deposit = ours.deposit(other, margin, USDC, stolen, usdc(10.0));
    expect_error(world.send(&[deposit], &[&delegate]), E::NotOwner);
    // Take-overs into the account are its owner's, too.
    let liquidatee = world.margin_key("maker");
    let take = ours.take_over(other, liquidatee, margin, 0, 1);
    expect_error(world.send(&[take], &[&delegate]), E::NotOwner);
    // Not a delegate of himself, who would pass for one inside the band only.
    let own = ours.create_margin_account(key, 2, key);
    expect_error(world.send(&[own], &[&owner]), E::BadValue);
}

#[test]
fn what_a_user_gets_wrong_on_purpose_has_its_own_error() {
    let mut stage = Stage::new();
    let ours = stage.world.deployment.clone();
    let (alice, key) = stage.wallet("alice");
    let margin = stage.world.margin_key("alice");
    let source = stage.tokens("alice", USDC);
    let mallory = stage.tokens("mallory", USDC);
    stage.world.give("alice", USDC, usdc(100.0));
    let deposit = |amount| ours.deposit(key, margin, USDC, source, amount);
    let swapped = |slot: usize, to: Pubkey| {
        let mut act = deposit(usdc(1.0));
        act.accounts[slot].pubkey = to;
        act
    };
    let fake = pubkey(keys::keypair("fake token program").pubkey());
    let elsewhere = stage.other.margin(&key, 0);
    for (act, error) in [
        (deposit(0), E::ZeroAmount),
        (swapped(2, stage.other.compartment), E::WrongCompartment),
        (swapped(3, stage.other.board), E::WrongBoard),
        (swapped(4, stage.other.banks[0].bank), E::WrongCompartment),
        (swapped(5, elsewhere), E::WrongCompartment),
        (swapped(5, stage.world.margin_key("mallory")), E::NotOwner),
        (swapped(6, mallory), E::WrongVault),
        (swapped(6, stage.other.banks[0].vault), E::WrongVault),
        (swapped(7, ours.banks[SOL].mint), E::WrongMint),
        (swapped(8, ours.banks[0].vault), E::DuplicateAccount),
        (swapped(9, fake), E::WrongTokenProgram),
        (swapped(9, pubkey(tokens::TOKEN_2022)), E::WrongTokenProgram),
    ] {
        expect_error(stage.world.send(&[act], &[&alice]), error);
    }
    // More than there is: the token program's own refusal, nothing booked.
    code(stage.world.send(&[deposit(u64::MAX)], &[&alice]), 1);
    // Somebody else's tokens: the token program knows whose they are.
    stage.world.give("mallory", USDC, usdc(100.0));
    code(stage.world.send(&[swapped(8, mallory)], &[&alice]), 4);

    let out = |amount, to, number| ours.withdraw(key, margin, (USDC, amount), to, number, false);
    expect_error(
        stage.world.send(&[out(0, source, None)], &[&alice]),
        E::ZeroAmount,
    );
    expect_error(
        stage.world.send(&[out(1, mallory, None)], &[&alice]),
        E::WrongTokenOwner,
    );
    let more = out(usdc(1_000_000.0), source, None);
    expect_error(stage.world.send(&[more], &[&alice]), E::InsufficientBalance);
}

#[test]
fn a_ticket_lies_at_its_own_address_alone() {
    let mut stage = Stage::new();
    stage.world.fund("bob", 200_000.0);
    stage.world.advance(2 * 86_400);
    stage.world.refresh_all();
    let ours = stage.world.deployment.clone();
    let (bob, key) = stage.wallet("bob");
    let margin = stage.world.margin_key("bob");
    let to = stage.tokens("bob", USDC);
    let most = (USDC, usdc(150_000.0));
    let right = ours.withdraw(key, margin, most, to, Some(0), true);
    // The bump is the last byte: of all others none leads to the address that was passed.
    let last = right.data.len() - 1;
    for change in 1..=3_u8 {
        let mut wrong = right.clone();
        wrong.data[last] = wrong.data[last].wrapping_sub(change);
        expect_error(stage.world.send(&[wrong], &[&bob]), E::WrongAddress);
    }
    let early = ours.withdraw(key, margin, most, to, Some(1), true);
    expect_error(stage.world.send(&[early], &[&bob]), E::WrongAddress);
    let none = ours.withdraw(key, margin, most, to, None, true);
    expect_error(stage.world.send(&[none], &[&bob]), E::MissingAccount);
    // Lamports sent there before don't stop it.
    let (place, _) = address::ticket_and_bump(&ours.banks[USDC].bank, &margin, 0);
    stage
        .world
        .vm
        .fund(bulwark_svm::vm::address(place), 1_000_000);
    stage.world.send(&[right], &[&bob]).unwrap();
    // A ticket is served for its own account and bank only.
    stage.world.advance(3_600);
    let anyone = stage.anyone.insecure_clone();
    let (owner, by) = (key, stage.anyone());
    let alice = stage.world.margin_key("alice");
    let (_, alices) = stage.wallet("alice");
    let mut crank = ours.crank_ticket(by, alices, alice, USDC, 0, stage.tokens("alice", USDC));
    crank.accounts[4].pubkey = place;
    expect_error(stage.world.send(&[crank], &[&anyone]), E::WrongTicket);
    let mut crank = ours.crank_ticket(by, owner, margin, SOL, 0, stage.tokens("bob", SOL));
    crank.accounts[4].pubkey = place;
    expect_error(stage.world.send(&[crank], &[&anyone]), E::WrongTicket);
}

#[test]
fn nobody_else_speaks_for_the_program() {
    // An event is a call of the program to itself, signed by an address that only it can sign for.
    let mut stage = Stage::new();
    let mallory = stage.thief.wallet.insecure_clone();
    let mut data = anchor_lang::event::EVENT_IX_TAG_LE.to_vec();
    data.extend_from_slice(&[0; 64]);
    for signer in [address::event_authority(), pubkey(mallory.pubkey())] {
        let forged = bulwark_client::Instruction {
            program_id: bulwark::ID,
            accounts: vec![AccountMeta::new_readonly(
                signer,
                signer == pubkey(mallory.pubkey()),
            )],
            data: data.clone(),
        };
        let failure = stage
            .world
            .send(&[forged], &[&mallory])
            .expect_err("refused");
        let expected = if signer == address::event_authority() {
            2_002
        } else {
            2_006
        };
        assert_eq!(failure.code(), Some(expected), "{failure}");
    }
}
