//! Who may create what, and with which accounts: every refusal by its exact error.

use bulwark::error::BulwarkError as Refusal;
use bulwark::instructions::{BoardMarketParameters, CreateMarketArgs};
use bulwark::instructions::{
    CollateralKind, CreateBankArgs, CreateBoardArgs, FeedParameters, LimitsArgs, Source,
};
use bulwark::instructions::{CreateFeedArgs, InsuranceParameters, MarginParameters};
use bulwark::state::{BoardState, BookState, Layout};
use bulwark_client::{Deployment, Instruction, Pubkey, address as addresses};
use bulwark_core::params::{self, Class};
use bulwark_svm::vm::{address, instruction, pubkey};
use bulwark_svm::world::{USDC, World, expect_error, standard_plan, usdc};
use bulwark_svm::{Vm, keys, launch, tokens};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Anchor's own codes.
const OWNED_BY_WRONG_PROGRAM: u32 = 3007;
const SEEDS: u32 = 2006;
const ZERO: u32 = 2013;

fn send(vm: &mut Vm, made: &Instruction, signers: &[&Keypair]) -> Result<(), Option<u32>> {
    vm.send(&[instruction(made)], signers)
        .map(|_| ())
        .map_err(|failure| failure.code())
}

fn code(refusal: Refusal) -> Result<(), Option<u32>> {
    Err(Some(u32::from(refusal)))
}

/// Protocol and one empty compartment with Board and insurance; the creator.
fn empty_venue() -> (Vm, Deployment, Keypair) {
    let mut vm = Vm::deployed(true).unwrap();
    launch::protocol(&mut vm).unwrap();
    let mut plan = standard_plan();
    (plan.feeds, plan.banks, plan.markets) = (vec![], vec![], vec![]);
    let deployment = launch::compartment(&mut vm, &plan).unwrap();
    let creator = vm.authority.insecure_clone();
    (vm, deployment, creator)
}

fn feed_args(name: &str) -> CreateFeedArgs {
    CreateFeedArgs {
        source: Source {
            kind: 1,
            id: launch::feed_id(name),
        },
        second: Source::default(),
        unit_exp: 0,
        thin: false,
        volatility_e9: params::seed_volatility(Class::Large),
        parameters: FeedParameters::preset(Class::Large),
    }
}

#[test]
fn a25_nobody_initialises_before_the_upgrade_authority() {
    let mut vm = Vm::deployed(true).unwrap();
    let thief = keys::keypair("thief");
    vm.fund(thief.pubkey(), 10_000_000_000);
    let deployment = Deployment::new(0, Pubkey::default());
    let treasury = Pubkey::new_from_array([9; 32]);
    let stolen = deployment.create_protocol(pubkey(thief.pubkey()), treasury);
    assert_eq!(
        send(&mut vm, &stolen, &[&thief]),
        code(Refusal::NotUpgradeAuthority)
    );

    // A ProgramData account that names the thief, of another program.
    let fake = keys::keypair("fake program data").pubkey();
    let own = Vm::program_data(address(bulwark::ID));
    let mut account = vm.svm.get_account(&own).unwrap();
    account.data[13..45].copy_from_slice(thief.pubkey().as_ref());
    vm.svm.set_account(fake, account.clone()).unwrap();
    let mut forged = stolen.clone();
    replace(&mut forged, addresses::program_data(), pubkey(fake));
    assert_eq!(
        send(&mut vm, &forged, &[&thief]),
        code(Refusal::WrongAddress)
    );
    // The same bytes, owned by nobody in particular.
    account.owner = Address::default();
    vm.svm.set_account(fake, account).unwrap();
    assert_eq!(
        send(&mut vm, &forged, &[&thief]),
        Err(Some(OWNED_BY_WRONG_PROGRAM))
    );

    let authority = vm.authority.insecure_clone();
    let nowhere = deployment.create_protocol(pubkey(authority.pubkey()), Pubkey::default());
    assert_eq!(
        send(&mut vm, &nowhere, &[&authority]),
        code(Refusal::BadValue)
    );
    let created = deployment.create_protocol(pubkey(authority.pubkey()), treasury);
    assert_eq!(send(&mut vm, &created, &[&authority]), Ok(()));
    // Once.
    assert!(send(&mut vm, &created, &[&authority]).is_err());
}

#[test]
fn only_the_creator_creates() {
    let (mut vm, deployment, creator) = empty_venue();
    let thief = keys::keypair("thief");
    vm.fund(thief.pubkey(), 10_000_000_000);
    let other = Deployment::new(1, Pubkey::default());
    let compartment = other.create_compartment(pubkey(thief.pubkey()), 1);
    assert_eq!(
        send(&mut vm, &compartment, &[&thief]),
        code(Refusal::NotCreator)
    );
    let insurance = InsuranceParameters::preset(Class::Major);
    let insurance = other.create_insurance(pubkey(thief.pubkey()), insurance);
    // Without its compartment there is nothing to look at.
    assert_eq!(
        send(&mut vm, &insurance, &[&thief]),
        Err(Some(OWNED_BY_WRONG_PROGRAM))
    );
    let feed = deployment.create_feed(pubkey(thief.pubkey()), feed_args("SOL"));
    assert_eq!(send(&mut vm, &feed, &[&thief]), code(Refusal::NotCreator));
    // The next number, no other.
    let skipped = Deployment::new(2, Pubkey::default());
    let compartment = skipped.create_compartment(pubkey(creator.pubkey()), 2);
    assert_eq!(
        send(&mut vm, &compartment, &[&creator]),
        code(Refusal::BadIndex)
    );
    let mut misplaced = other.create_compartment(pubkey(creator.pubkey()), 1);
    replace(&mut misplaced, other.compartment, skipped.compartment);
    assert_eq!(send(&mut vm, &misplaced, &[&creator]), Err(Some(SEEDS)));
    // After the seal not even he.
    let seal = deployment.seal(pubkey(creator.pubkey()), false);
    assert_eq!(send(&mut vm, &seal, &[&creator]), Ok(()));
    let feed = deployment.create_feed(pubkey(creator.pubkey()), feed_args("SOL"));
    assert_eq!(send(&mut vm, &feed, &[&creator]), code(Refusal::Sealed));
    let compartment = other.create_compartment(pubkey(creator.pubkey()), 1);
    assert_eq!(
        send(&mut vm, &compartment, &[&creator]),
        code(Refusal::Sealed)
    );
    assert_eq!(send(&mut vm, &seal, &[&creator]), code(Refusal::Sealed));
}

#[test]
fn a_board_is_adopted_once_and_only_while_it_is_zero() {
    let (mut vm, used, creator) = empty_venue();
    let by = pubkey(creator.pubkey());
    let compartment = Deployment::new(1, Pubkey::default()).create_compartment(by, 1);
    send(&mut vm, &compartment, &[&creator]).unwrap();
    let args = CreateBoardArgs {
        profit_credit_ppm: 700_000,
        limits: vec![],
    };
    let board = keys::keypair("second board");
    let adopt = |key: Address| Deployment::new(1, pubkey(key)).create_board(by, args.clone());
    launch::make_zeroed(&mut vm, &board, BoardState::SPACE).unwrap();

    // Another compartment's, in use.
    let taken = send(&mut vm, &adopt(address(used.board)), &[&creator]);
    assert_eq!(taken, Err(Some(ZERO)));
    let short = keys::keypair("short board");
    launch::make_zeroed(&mut vm, &short, BoardState::SPACE - 8).unwrap();
    let refused = send(&mut vm, &adopt(short.pubkey()), &[&creator]);
    assert_eq!(refused, code(Refusal::WrongSize));
    let mut account = vm.svm.get_account(&board.pubkey()).unwrap();
    let last = account.data.len() - 1;
    account.data[last] = 1;
    vm.svm.set_account(board.pubkey(), account.clone()).unwrap();
    let refused = send(&mut vm, &adopt(board.pubkey()), &[&creator]);
    assert_eq!(refused, code(Refusal::NotZeroed));
    account.data[last] = 0;
    let own = std::mem::replace(&mut account.owner, Address::default());
    vm.svm.set_account(board.pubkey(), account.clone()).unwrap();
    let refused = send(&mut vm, &adopt(board.pubkey()), &[&creator]);
    assert_eq!(refused, Err(Some(OWNED_BY_WRONG_PROGRAM)));
    account.owner = own;
    vm.svm.set_account(board.pubkey(), account).unwrap();

    let loose = CreateBoardArgs {
        profit_credit_ppm: 1_000_000,
        limits: vec![],
    };
    let loose = Deployment::new(1, pubkey(board.pubkey())).create_board(by, loose);
    let refused = send(&mut vm, &loose, &[&creator]);
    assert_eq!(refused, code(Refusal::ParameterOutOfBounds));
    let of = |kind, haircut_e9| LimitsArgs {
        kind,
        account_cap: 0,
        compartment_cap: 0,
        haircut_e9,
    };
    for (limits, error) in [
        (of(CollateralKind::Origin(0), 0), Refusal::BadIndex),
        (of(CollateralKind::Origin(5), 0), Refusal::BadIndex),
        (of(CollateralKind::Group(0), 0), Refusal::BadIndex),
        (of(CollateralKind::Group(9), 0), Refusal::BadIndex),
        (
            of(CollateralKind::Group(8), 900_000_001),
            Refusal::ParameterOutOfBounds,
        ),
    ] {
        let bad = CreateBoardArgs {
            limits: vec![limits],
            ..args.clone()
        };
        let bad = Deployment::new(1, pubkey(board.pubkey())).create_board(by, bad);
        assert_eq!(send(&mut vm, &bad, &[&creator]), code(error));
    }
    assert_eq!(send(&mut vm, &adopt(board.pubkey()), &[&creator]), Ok(()));
    let again = send(&mut vm, &adopt(board.pubkey()), &[&creator]);
    assert_eq!(again, Err(Some(ZERO)));
    let another = keys::keypair("third board");
    launch::make_zeroed(&mut vm, &another, BoardState::SPACE).unwrap();
    let refused = send(&mut vm, &adopt(another.pubkey()), &[&creator]);
    assert_eq!(refused, code(Refusal::AlreadyListed));
}

#[test]
fn a47_feeds_take_compiled_in_programs_only() {
    let (mut vm, deployment, creator) = empty_venue();
    let by = pubkey(creator.pubkey());
    let mut refused = |change: &dyn Fn(&mut CreateFeedArgs)| {
        let mut args = feed_args("SOL");
        change(&mut args);
        send(&mut vm, &deployment.create_feed(by, args), &[&creator])
    };
    assert_eq!(refused(&|a| a.source.kind = 0), code(Refusal::OracleKind));
    assert_eq!(refused(&|a| a.source.kind = 5), code(Refusal::OracleKind));
    assert_eq!(refused(&|a| a.second.kind = 9), code(Refusal::OracleKind));
    assert_eq!(refused(&|a| a.second.id = [1; 32]), code(Refusal::BadValue));
    assert_eq!(
        refused(&|a| a.second = a.source),
        code(Refusal::AlreadyListed)
    );
    assert_eq!(
        refused(&|a| a.unit_exp = 1),
        code(Refusal::ParameterOutOfBounds)
    );
    assert_eq!(
        refused(&|a| a.volatility_e9 = 0),
        code(Refusal::ParameterOutOfBounds)
    );
    assert_eq!(
        refused(&|a| a.parameters.grid = 0),
        code(Refusal::ParameterOutOfBounds)
    );
    assert_eq!(refused(&|_| ()), Ok(()));
    // One feed id is one price, whichever program carries it (a39).
    assert_eq!(
        refused(&|a| a.source.kind = 2),
        code(Refusal::AlreadyListed)
    );
}

#[test]
fn listing_shows_every_bank() {
    let mut world = World::new();
    let creator = world.vm.authority.insecure_clone();
    let by = pubkey(creator.pubkey());
    let full = world.deployment.create_feed(by, feed_args("DOGE"));
    let banks = world.deployment.banks.len();
    let first = full.accounts.len() - banks;
    let mut omitted = full.clone();
    omitted.accounts.pop();
    expect_error(world.send(&[omitted], &[&creator]), Refusal::IncompleteSet);
    let mut twice = full.clone();
    twice.accounts[first + 1] = twice.accounts[first].clone();
    expect_error(world.send(&[twice], &[&creator]), Refusal::IncompleteSet);
    let mut swapped = full.clone();
    swapped.accounts.swap(first, first + 1);
    expect_error(world.send(&[swapped], &[&creator]), Refusal::IncompleteSet);
    let mut more = full.clone();
    more.accounts.push(more.accounts[first].clone());
    expect_error(world.send(&[more], &[&creator]), Refusal::IncompleteSet);
    world.send(&[full], &[&creator]).unwrap();
    // $100,000 of deposits end it, whether or not anybody has sealed.
    world.deposit("whale", USDC, usdc(100_000.0));
    let next = world.deployment.create_feed(by, feed_args("ETH"));
    world.send(&[next], &[&creator]).unwrap();
    world.deposit("whale", USDC, 1);
    let next = world.deployment.create_feed(by, feed_args("BONK"));
    expect_error(world.send(&[next], &[&creator]), Refusal::Sealed);
}

#[test]
fn anyone_seals_against_deposits_above_the_sum() {
    let mut world = World::new();
    let anyone = world.wallet("anyone");
    let key = pubkey(anyone.pubkey());
    world.deposit("whale", USDC, usdc(50_000.0));
    // 500 SOL at $100.
    world.deposit("whale", 1, 500_000_000_000);
    let seal = world.deployment.seal(key, true);
    expect_error(
        world.send(std::slice::from_ref(&seal), &[&anyone]),
        Refusal::NotSealable,
    );
    world.deposit("whale", USDC, 1);
    let hidden = world.deployment.seal(key, false);
    expect_error(world.send(&[hidden], &[&anyone]), Refusal::IncompleteSet);
    world.send(std::slice::from_ref(&seal), &[&anyone]).unwrap();
    expect_error(world.send(&[seal], &[&anyone]), Refusal::Sealed);
}

#[test]
fn quote_has_six_decimals_and_quote_parameters_are_quotes_alone() {
    let (mut vm, deployment, creator) = empty_venue();
    let by = pubkey(creator.pubkey());
    let plan = standard_plan();
    send(
        &mut vm,
        &deployment.create_feed(by, feed_args("USDC")),
        &[&creator],
    )
    .unwrap();
    let mut list = |name: &str, decimals: u8, change: &dyn Fn(&mut CreateBankArgs)| {
        let mint = launch::mint(name);
        if vm.data(mint.pubkey()).is_empty() {
            tokens::create_mint(&mut vm, &mint, tokens::TOKEN, decimals).unwrap();
        }
        let mut args = launch::bank_args(&plan.banks[0], true);
        change(&mut args);
        let (mint, program) = (pubkey(mint.pubkey()), pubkey(tokens::TOKEN));
        send(
            &mut vm,
            &deployment.create_bank(by, mint, program, args),
            &[&creator],
        )
    };
    assert_eq!(list("nine", 9, &|_| ()), code(Refusal::QuoteDecimals));
    assert_eq!(list("six", 6, &|a| a.quote = None), code(Refusal::BadValue));
    assert_eq!(list("six", 6, &|a| a.feed = 1), code(Refusal::BadIndex));
    assert_eq!(list("six", 6, &|a| a.feed = 255), code(Refusal::BadIndex));
    assert_eq!(list("six", 6, &|a| a.origin = 0), code(Refusal::BadValue));
    assert_eq!(list("six", 6, &|a| a.origin = 5), code(Refusal::BadValue));
    let long = |a: &mut CreateBankArgs| a.warm_up = 2_592_001;
    assert_eq!(list("six", 6, &long), code(Refusal::ParameterOutOfBounds));
    let wide = |a: &mut CreateBankArgs| a.bank.hour_cap_ppm = 0;
    assert_eq!(list("six", 6, &wide), code(Refusal::ParameterOutOfBounds));
    assert_eq!(list("six", 6, &|_| ()), Ok(()));
}

/// Extension types of Token-2022 mints with the length of their data; `true` on the allow-list.
const EXTENSIONS: [(u16, usize, bool); 20] = [
    (1, 108, false),  // transfer fee
    (3, 32, false),   // mint close authority
    (4, 65, false),   // confidential transfer
    (6, 1, false),    // default account state
    (9, 0, false),    // non-transferable
    (10, 52, false),  // interest-bearing
    (12, 32, false),  // permanent delegate
    (14, 64, false),  // transfer hook
    (16, 129, false), // confidential transfer fee
    (18, 64, true),   // metadata pointer
    (19, 80, true),   // token metadata
    (20, 64, true),   // group pointer
    (21, 80, true),   // token group
    (22, 64, true),   // group member pointer
    (23, 72, true),   // token group member
    (24, 196, false), // confidential mint and burn
    (25, 56, false),  // scaled amount
    (26, 33, false),  // pausable
    (28, 8, false),   // one that nobody knows yet
    (999, 8, false),
];

#[test]
fn a62_mints_with_other_extensions_than_the_allowed_are_refused() {
    for (kind, length, allowed) in EXTENSIONS {
        let (mut vm, mut deployment, creator) = empty_venue();
        let by = pubkey(creator.pubkey());
        send(
            &mut vm,
            &deployment.create_feed(by, feed_args("USDC")),
            &[&creator],
        )
        .unwrap();
        let plan = standard_plan();
        let quote = launch::mint("quote");
        tokens::create_mint(&mut vm, &quote, tokens::TOKEN, 6).unwrap();
        let (key, program) = (pubkey(quote.pubkey()), pubkey(tokens::TOKEN));
        let args = launch::bank_args(&plan.banks[0], true);
        let bank = deployment.create_bank(by, key, program, args);
        send(&mut vm, &bank, &[&creator]).unwrap();
        deployment.add_bank(key, program);

        let mint = launch::mint("extended");
        tokens::create_mint(&mut vm, &mint, tokens::TOKEN_2022, 9).unwrap();
        let mut account = vm.svm.get_account(&mint.pubkey()).unwrap();
        account.data.resize(165, 0);
        account.data.push(1);
        account.data.extend(kind.to_le_bytes());
        account
            .data
            .extend(u16::try_from(length).unwrap().to_le_bytes());
        // Ones: a default state must be a state.
        account.data.resize(account.data.len() + length, 1);
        account.lamports = 1_000_000_000;
        vm.svm.set_account(mint.pubkey(), account).unwrap();
        let (key, program) = (pubkey(mint.pubkey()), pubkey(tokens::TOKEN_2022));
        let args = launch::bank_args(&plan.banks[1], false);
        let args = CreateBankArgs { feed: 0, ..args };
        let outcome = send(
            &mut vm,
            &deployment.create_bank(by, key, program, args),
            &[&creator],
        );
        if allowed {
            assert_eq!(outcome, Ok(()), "extension {kind}");
        } else if kind < 28 {
            assert_eq!(outcome, code(Refusal::MintExtension), "extension {kind}");
        } else {
            // The token program itself doesn't know it.
            assert!(outcome.is_err(), "extension {kind}");
        }
    }
}

#[test]
fn markets_list_at_a_fresh_price_with_an_empty_book() {
    let mut world = World::new();
    let creator = world.vm.authority.insecure_clone();
    let by = pubkey(creator.pubkey());
    let args = |index: u8| CreateMarketArgs {
        index,
        feed: 1,
        market: launch::market_parameters(Class::Large),
        board: BoardMarketParameters::preset(Class::Large),
        margin: MarginParameters::preset(Class::Large),
    };
    let book = keys::keypair("a new book");
    launch::make_zeroed(&mut world.vm, &book, BookState::SPACE).unwrap();
    let key = pubkey(book.pubkey());
    let list = |world: &mut World, key: Pubkey, args: CreateMarketArgs| {
        let made = world.deployment.create_market(by, key, args);
        world.send(&[made], &[&creator])
    };
    expect_error(list(&mut world, key, args(3)), Refusal::BadIndex);
    let none = CreateMarketArgs { feed: 9, ..args(2) };
    expect_error(list(&mut world, key, none), Refusal::BadIndex);
    // A tick of a tenth of a percent, and one above it (a70).
    let mut coarse = args(2);
    coarse.market.tick = 10_000_001;
    expect_error(list(&mut world, key, coarse), Refusal::ParameterOutOfBounds);
    let mut free = args(2);
    free.board.close_fee_ppm = 0;
    expect_error(list(&mut world, key, free), Refusal::ParameterOutOfBounds);
    let used = world.deployment.markets[0].book;
    let taken = list(&mut world, used, args(2)).unwrap_err();
    assert_eq!(taken.code(), Some(ZERO));
    world.advance(11);
    expect_error(list(&mut world, key, args(2)), Refusal::OracleGate);
    world.refresh_all();
    list(&mut world, key, args(2)).unwrap();
    let book = world.read::<bulwark_state::Book>(key);
    assert_eq!(
        book.market,
        addresses::market(&world.deployment.compartment, 2).to_bytes()
    );
}

/// Puts another account where one was.
fn replace(made: &mut Instruction, from: Pubkey, to: Pubkey) {
    for meta in made.accounts.iter_mut().filter(|meta| meta.pubkey == from) {
        meta.pubkey = to;
    }
}
