//! A thief at the making of things: before the owner, in his place, after him.

mod stage;

use bulwark::error::BulwarkError as E;
use bulwark::instructions::{
    BoardMarketParameters, CreateBoardArgs, CreateFeedArgs, CreateMarketArgs, FeedParameters,
    InsuranceParameters, MarginParameters, Source,
};
use bulwark::state::{BoardState, BookState, Layout};
use bulwark_client::{Deployment, Instruction, Pubkey};
use bulwark_core::params::{self, Class};
use bulwark_svm::hostile::Thief;
use bulwark_svm::launch::{self, Plan, make_zeroed};
use bulwark_svm::vm::{address, instruction, pubkey};
use bulwark_svm::world::{Outcome, SOL, USDC, World, expect_error, standard_plan, usdc};
use bulwark_svm::{Vm, keys, tokens};
use solana_keypair::Keypair;
use solana_signer::Signer;
use stage::Stage;

fn send(vm: &mut Vm, act: &Instruction, signer: &Keypair) -> Outcome {
    vm.send(&[instruction(act)], &[signer])
}

#[track_caller]
fn code(outcome: Outcome, expected: u32) {
    let failure = outcome.expect_err("refused");
    assert_eq!(failure.code(), Some(expected), "{failure}");
}

fn rich(vm: &mut Vm, name: &str) -> (Keypair, Pubkey) {
    let key = keys::keypair(name);
    vm.fund(key.pubkey(), 1_000_000_000_000);
    let public = pubkey(key.pubkey());
    (key, public)
}

fn board_args() -> CreateBoardArgs {
    CreateBoardArgs {
        profit_credit_ppm: 700_000,
        limits: vec![],
    }
}

fn feed_args(name: &str) -> CreateFeedArgs {
    CreateFeedArgs {
        source: Source {
            kind: bulwark::oracle::kind::CLASSIC,
            id: launch::feed_id(name),
        },
        second: Source::default(),
        unit_exp: 0,
        thin: false,
        volatility_e9: params::seed_volatility(Class::Large),
        parameters: FeedParameters::preset(Class::Large),
    }
}

fn market_args(index: u8) -> CreateMarketArgs {
    CreateMarketArgs {
        index,
        feed: 1,
        market: launch::market_parameters(Class::Large),
        board: BoardMarketParameters::preset(Class::Large),
        margin: MarginParameters::preset(Class::Large),
    }
}

#[test]
fn the_protocol_is_the_upgrade_authoritys_to_make_once() {
    let mut vm = Vm::deployed(true).unwrap();
    let (mallory, thief) = rich(&mut vm, "mallory");
    let (authority, key) = (vm.authority.insecure_clone(), pubkey(vm.authority.pubkey()));
    let treasury = Pubkey::new_from_array([7; 32]);
    let ours = Deployment::new(0, Pubkey::default());
    let act = ours.create_protocol(thief, treasury);
    expect_error(send(&mut vm, &act, &mallory), E::NotUpgradeAuthority);
    // A ProgramData account of his own program that names him: a copy at another address, owned by
    // the loader as a real one is.
    let real = address(bulwark_client::address::program_data());
    let mut account = vm.svm.get_account(&real).unwrap();
    account.data[13..45].copy_from_slice(mallory.pubkey().as_ref());
    let fake = keys::keypair("program data of mallory").pubkey();
    vm.svm.set_account(fake, account).unwrap();
    let mut wrong = act.clone();
    wrong.accounts[2].pubkey = pubkey(fake);
    expect_error(send(&mut vm, &wrong, &mallory), E::WrongAddress);
    let mut wrong = ours.create_protocol(key, treasury);
    wrong.accounts[0].is_signer = false;
    code(send(&mut vm, &wrong, &mallory), 3_010);
    let zero = ours.create_protocol(key, Pubkey::default());
    expect_error(send(&mut vm, &zero, &authority), E::BadValue);
    // Lamports at the Protocol's address don't stop its owner.
    vm.fund(address(ours.protocol), 1);
    let right = ours.create_protocol(key, treasury);
    send(&mut vm, &right, &authority).unwrap();
    // System program: an account with data is in use.
    code(send(&mut vm, &right, &authority), 0);
}

#[test]
fn only_the_creator_makes_a_compartment_and_in_order() {
    let mut vm = Vm::deployed(true).unwrap();
    launch::protocol(&mut vm).unwrap();
    let (mallory, thief) = rich(&mut vm, "mallory");
    let (creator, key) = (vm.authority.insecure_clone(), pubkey(vm.authority.pubkey()));
    let board = keys::keypair("board");
    let ours = Deployment::new(0, pubkey(board.pubkey()));
    expect_error(
        send(&mut vm, &ours.create_compartment(thief, 0), &mallory),
        E::NotCreator,
    );
    let second = Deployment::new(1, pubkey(board.pubkey()));
    expect_error(
        send(&mut vm, &second.create_compartment(key, 1), &creator),
        E::BadIndex,
    );
    // Address of one number, argument of another.
    code(
        send(&mut vm, &second.create_compartment(key, 0), &creator),
        2_006,
    );
    send(&mut vm, &ours.create_compartment(key, 0), &creator).unwrap();
    code(send(&mut vm, &ours.create_compartment(key, 0), &creator), 0);

    // Without a Board nothing is listed.
    code(
        send(&mut vm, &ours.create_feed(key, feed_args("SOL")), &creator),
        3_007,
    );
    let make = ours.create_board(key, board_args());
    code(send(&mut vm, &make, &creator), 3_003);
    make_zeroed(&mut vm, &board, BoardState::SPACE).unwrap();
    let bad = ours.create_board(
        key,
        CreateBoardArgs {
            profit_credit_ppm: 1_000_001,
            limits: vec![],
        },
    );
    expect_error(send(&mut vm, &bad, &creator), E::ParameterOutOfBounds);
    expect_error(
        send(&mut vm, &ours.create_board(thief, board_args()), &mallory),
        E::NotCreator,
    );
    send(&mut vm, &make, &creator).unwrap();
    // The same Board again, for this compartment and for the next.
    code(send(&mut vm, &make, &creator), 2_013);
    send(&mut vm, &second.create_compartment(key, 1), &creator).unwrap();
    code(
        send(&mut vm, &second.create_board(key, board_args()), &creator),
        2_013,
    );
    // A second Board for the same compartment.
    let other = keys::keypair("another board");
    make_zeroed(&mut vm, &other, BoardState::SPACE).unwrap();
    let mut again = make.clone();
    again.accounts[3].pubkey = pubkey(other.pubkey());
    expect_error(send(&mut vm, &again, &creator), E::AlreadyListed);
    // The first compartment's Board under the second.
    let feed = second.create_feed(key, feed_args("SOL"));
    expect_error(send(&mut vm, &feed, &creator), E::WrongBoard);
}

#[test]
fn an_account_to_adopt_is_empty_whole_and_paid_for() {
    let mut vm = Vm::deployed(true).unwrap();
    launch::protocol(&mut vm).unwrap();
    let (creator, key) = (vm.authority.insecure_clone(), pubkey(vm.authority.pubkey()));
    let board = keys::keypair("board");
    let ours = Deployment::new(0, pubkey(board.pubkey()));
    send(&mut vm, &ours.create_compartment(key, 0), &creator).unwrap();
    let make = ours.create_board(key, board_args());
    make_zeroed(&mut vm, &board, BoardState::SPACE).unwrap();
    let sound = vm.svm.get_account(&board.pubkey()).unwrap();
    let with = |vm: &mut Vm, change: &dyn Fn(&mut bulwark_svm::hostile::Account)| {
        let mut account = sound.clone();
        change(&mut account);
        vm.svm.set_account(board.pubkey(), account).unwrap();
        send(vm, &make, &creator)
    };
    for place in [8, 9, 5_000, BoardState::SPACE - 1] {
        expect_error(with(&mut vm, &|a| a.data[place] = 1), E::NotZeroed);
    }
    code(with(&mut vm, &|a| a.data[0] = 1), 2_013);
    expect_error(
        with(&mut vm, &|a| a.data.truncate(BoardState::SPACE - 1)),
        E::WrongSize,
    );
    let longer = |a: &mut bulwark_svm::hostile::Account| {
        a.data.push(0);
        a.lamports *= 2;
    };
    expect_error(with(&mut vm, &longer), E::WrongSize);
    // Anchor's own refusal of an account that doesn't pay its rent.
    code(with(&mut vm, &|a| a.lamports = 1_000_000), 2_005);
    code(
        with(&mut vm, &|a| a.owner = keys::keypair("own").pubkey()),
        3_007,
    );
    with(&mut vm, &|_| ()).unwrap();
}

#[test]
fn listings_are_the_creators_and_inside_their_bounds() {
    let mut stage = Stage::new();
    // In the second compartment, whose deposits don't end the creator's powers.
    let ours = stage.other.clone();
    stage.thief = Thief::new(
        stage.world.wallet("mallory"),
        &ours,
        &stage.world.deployment,
    );
    let creator = stage.world.vm.authority.insecure_clone();
    let key = pubkey(creator.pubkey());
    let (mallory, thief) = stage.wallet("mallory");
    let mint = launch::mint("JUP");
    tokens::create_mint(&mut stage.world.vm, &mint, tokens::TOKEN, 6).unwrap();
    let (mint, program) = (pubkey(mint.pubkey()), pubkey(tokens::TOKEN));
    let book = keys::keypair("a third book");
    make_zeroed(&mut stage.world.vm, &book, BookState::SPACE).unwrap();
    let book = pubkey(book.pubkey());
    let plan = standard_plan().banks[1];
    let bank_args = launch::bank_args(&plan, false);
    let insurance = InsuranceParameters::preset(Class::Major);
    let bank = |by, args| ours.create_bank(by, mint, program, args);
    let market = |by, args| ours.create_market(by, book, args);

    for act in [
        ours.create_feed(thief, feed_args("JUP")),
        bank(thief, bank_args),
        market(thief, market_args(2)),
    ] {
        expect_error(stage.world.send(&[act], &[&mallory]), E::NotCreator);
    }
    let mut bad_bank = bank_args;
    bad_bank.bank.hour_cap_ppm = 1_000_001;
    let mut warm = bank_args;
    warm.warm_up = 2_592_001;
    let mut origin = bank_args;
    origin.origin = 5;
    let mut feedless = bank_args;
    feedless.feed = 9;
    let mut quote = bank_args;
    quote.quote = launch::bank_args(&plan, true).quote;
    let mut fee = market_args(2);
    fee.market.taker_fee_ppm = 1_000_000;
    let mut floor = market_args(2);
    floor.margin.floor_e9 = 0;
    let mut priceless = market_args(2);
    priceless.feed = 9;
    let mut kind = feed_args("JUP");
    kind.source.kind = 9;
    let mut unit = feed_args("JUP");
    unit.unit_exp = 1;
    let mut wild = feed_args("JUP");
    wild.volatility_e9 = u64::MAX;
    let mut same = feed_args("JUP");
    same.second = same.source;
    let mut age = feed_args("JUP");
    age.parameters.age_ok = u32::MAX;
    for (act, error) in [
        (bank(key, bad_bank), E::ParameterOutOfBounds),
        (bank(key, warm), E::ParameterOutOfBounds),
        (bank(key, origin), E::BadValue),
        (bank(key, feedless), E::BadIndex),
        (bank(key, quote), E::BadValue),
        (market(key, fee), E::ParameterOutOfBounds),
        (market(key, floor), E::ParameterOutOfBounds),
        (market(key, priceless), E::BadIndex),
        (market(key, market_args(3)), E::BadIndex),
        (ours.create_feed(key, kind), E::OracleKind),
        (ours.create_feed(key, unit), E::ParameterOutOfBounds),
        (ours.create_feed(key, wild), E::ParameterOutOfBounds),
        (ours.create_feed(key, same), E::AlreadyListed),
        (ours.create_feed(key, age), E::ParameterOutOfBounds),
        (ours.create_feed(key, feed_args("SOL")), E::AlreadyListed),
    ] {
        expect_error(stage.world.send(&[act], &[&creator]), error);
    }
    // Again what is there: the address is taken.
    for act in [
        ours.create_insurance(key, insurance),
        ours.create_bank(key, ours.banks[SOL].mint, program, bank_args),
        ours.create_market(key, book, market_args(0)),
    ] {
        code(stage.world.send(&[act], &[&creator]), 0);
    }
    // A book that is one already.
    let used = ours.create_market(key, ours.markets[0].book, market_args(2));
    code(stage.world.send(&[used], &[&creator]), 2_013);
    // Everything that a thief could put in a slot while the creator signs.
    stage.refuses_all_but(
        "create_feed",
        &ours.create_feed(key, feed_args("JUP")),
        &[&creator],
        &[],
    );
    stage.refuses_all_but("create_bank", &bank(key, bank_args), &[&creator], &[]);
    stage.refuses_all_but(
        "create_market",
        &market(key, market_args(2)),
        &[&creator],
        &[],
    );
    let (alice, owner) = stage.wallet("alice");
    let account = ours.create_margin_account(owner, 5, Pubkey::default());
    stage.refuses_all_but("create_margin_account", &account, &[&alice], &[]);
    // An old price lists nothing.
    stage.world.advance(600);
    expect_error(
        stage
            .world
            .send(&[market(key, market_args(2))], &[&creator]),
        E::OracleGate,
    );
}

#[test]
fn the_creator_ends_by_his_own_word_or_by_what_others_have_deposited() {
    let mut stage = Stage::new();
    let ours = stage.world.deployment.clone();
    let (mallory, thief) = stage.wallet("mallory");
    let creator = stage.world.vm.authority.insecure_clone();
    let key = pubkey(creator.pubkey());
    // 512,100 USDC lie in the first compartment: the creator lists no more, anybody seals.
    let listed = ours.create_feed(key, feed_args("JUP"));
    expect_error(stage.world.send(&[listed], &[&creator]), E::Sealed);
    // The second holds 400: not by it, and not by the first's banks under it.
    let poor = stage.other.seal(thief, true);
    expect_error(stage.world.send(&[poor], &[&mallory]), E::NotSealable);
    let mut mixed = stage.other.seal(thief, true);
    let banks = ours.seal(thief, true);
    mixed.accounts.truncate(6);
    mixed.accounts.extend(banks.accounts[6..].iter().cloned());
    expect_error(stage.world.send(&[mixed], &[&mallory]), E::IncompleteSet);
    let bare = ours.seal(thief, false);
    expect_error(stage.world.send(&[bare], &[&mallory]), E::IncompleteSet);
    stage.refuses_all_but("seal", &ours.seal(thief, true), &[&mallory], &[]);
    stage
        .world
        .send(&[ours.seal(thief, true)], &[&mallory])
        .unwrap();
    let more = stage.other.create_feed(key, feed_args("JUP"));
    expect_error(stage.world.send(&[more], &[&creator]), E::Sealed);
    let next = Deployment::new(2, Pubkey::default()).create_compartment(key, 2);
    expect_error(stage.world.send(&[next], &[&creator]), E::Sealed);
    expect_error(
        stage.world.send(&[ours.seal(key, false)], &[&creator]),
        E::Sealed,
    );
}

#[test]
fn the_sum_that_seals_is_exactly_that_above_the_compiled_one() {
    let mut world = World::with(Plan {
        id: 0,
        ..standard_plan()
    });
    let (mallory, thief) = (world.wallet("mallory"), world.wallet("mallory").pubkey());
    let seal = world.deployment.seal(pubkey(thief), true);
    world.fund("alice", 100_000.0);
    assert_eq!(world.bank(USDC).expected, bulwark::creator::DEPOSITS_MAX);
    expect_error(
        world.send(std::slice::from_ref(&seal), &[&mallory]),
        E::NotSealable,
    );
    // A donation isn't a deposit.
    world.donate(USDC, usdc(50_000.0));
    expect_error(
        world.send(std::slice::from_ref(&seal), &[&mallory]),
        E::NotSealable,
    );
    world.deposit("alice", USDC, 1);
    world.send(&[seal], &[&mallory]).unwrap();
}

#[test]
fn a_mint_that_others_rule_isnt_listed() {
    let mut world = World::new();
    let creator = world.vm.authority.insecure_clone();
    let key = pubkey(creator.pubkey());
    let plan = standard_plan().banks[1];
    let args = launch::bank_args(&plan, false);
    // A mint of Token-2022 under SPL Token, and the other way round.
    let (one, two) = (keys::keypair("one"), keys::keypair("two"));
    tokens::create_mint(&mut world.vm, &one, tokens::TOKEN, 6).unwrap();
    tokens::create_mint(&mut world.vm, &two, tokens::TOKEN_2022, 6).unwrap();
    for (mint, program) in [
        (one.pubkey(), tokens::TOKEN_2022),
        (two.pubkey(), tokens::TOKEN),
    ] {
        let act = world
            .deployment
            .create_bank(key, pubkey(mint), pubkey(program), args);
        assert!(world.send(&[act], &[&creator]).is_err());
    }
    let fake = pubkey(keys::keypair("fake token program").pubkey());
    let act = world
        .deployment
        .create_bank(key, pubkey(one.pubkey()), fake, args);
    code(world.send(&[act], &[&creator]), 3_008);
}
