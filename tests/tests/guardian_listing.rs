//! Listing and oracle sources by the guardian, after the creator was sealed: exactly what was
//! decided, after a week in which everyone may leave, warming up from nothing.

use bulwark::decided::{feed_source, listing_hash};
use bulwark::error::BulwarkError;
use bulwark::instructions::{
    BoardMarketParameters, CreateBankArgs, CreateFeedArgs, CreateMarketArgs, MarginParameters,
    MarketParameters, Source,
};
use bulwark_client::{Deployment, Instruction, Pubkey, address as derived};
use bulwark_core::guardian::{Action, SLACK, State, Subject};
use bulwark_core::health::{Level, leg_ratios};
use bulwark_core::params::Class;
use bulwark_state::OracleSource;
use bulwark_svm::launch;
use bulwark_svm::pyth;
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::world::listing::{classic, feed_args};
use bulwark_svm::world::{Outcome, SOL_PERP, World, expect_error, price_e8};
use solana_signer::Signer;

const DAY: i64 = 86_400;
const SOL_FEED: u8 = 1;

fn guarded() -> World {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.seal().unwrap();
    world
}

/// Anyone shows the decision of a proposal.
fn show(world: &mut World, listing: &Instruction, nonce: u64) -> Outcome {
    let anyone = world.wallet("stranger");
    let mut listing = Deployment::by_decision(listing.clone(), nonce);
    listing.accounts[0].pubkey = pubkey(anyone.pubkey());
    world.send(&[listing], &[&anyone])
}

fn decide(world: &mut World, hash: [u8; 32]) -> u64 {
    let nonce = world.queue(4, &Action::List(0, hash));
    // a08: while a listing waits, exits quicken.
    assert_eq!(world.protocol().quick_ppm, 166_667);
    nonce
}

#[test]
fn a47_the_guardian_lists_what_it_decided_and_nothing_else() {
    let mut world = guarded();
    let args = feed_args(classic([9; 32]), Class::Large);
    let creator = world.vm.authority.insecure_clone();
    let by = pubkey(creator.pubkey());
    let listing = world.deployment.create_feed(by, args);
    // The creator's word ended with the seal.
    let sealed = world.send(std::slice::from_ref(&listing), &[&creator]);
    expect_error(sealed, BulwarkError::Sealed);
    let nonce = decide(&mut world, listing_hash("feed", &args, &[]).unwrap());
    expect_error(show(&mut world, &listing, nonce), BulwarkError::DelayRuns);
    world.pass(7 * DAY + SLACK);
    // Executing it by itself would use it up without a listing.
    expect_error(world.execute_with(nonce, &[]), BulwarkError::BadAction);
    for other in [
        feed_args(classic([8; 32]), Class::Large),
        feed_args(classic([9; 32]), Class::Small),
    ] {
        let other = world.deployment.create_feed(by, other);
        expect_error(show(&mut world, &other, nonce), BulwarkError::BadAction);
    }
    let before = world.board().feed_count;
    show(&mut world, &listing, nonce).unwrap();
    assert_eq!(world.board().feed_count, before + 1);
    assert_eq!(world.proposal(nonce).state, State::Executed as u8);
    assert_eq!(world.protocol().quick_ppm, 0);
    expect_error(
        show(&mut world, &listing, nonce),
        BulwarkError::ProposalClosed,
    );
}

#[test]
fn a47_a_source_of_ones_own_program_is_listed_by_nobody() {
    let mut world = guarded();
    for kind in [0, 5, 255] {
        let source = Source { kind, id: [7; 32] };
        let args = feed_args(source, Class::Large);
        let listing = world.deployment.create_feed(Pubkey::default(), args);
        let nonce = decide(&mut world, listing_hash("feed", &args, &[]).unwrap());
        world.pass(7 * DAY + SLACK);
        expect_error(show(&mut world, &listing, nonce), BulwarkError::OracleKind);
        let action = Action::SetOracle(0, SOL_FEED, 0, kind, [7; 32]);
        expect_error(world.try_propose(1, &action), BulwarkError::OracleKind);
        world.pass(8 * DAY);
        world.expire(nonce).unwrap();
    }
}

/// With the sources of the feeds that stand under the numbers now.
fn bank_hash(world: &World, args: &CreateBankArgs, on: &[Pubkey; 2]) -> [u8; 32] {
    let board = world.board();
    let source = |index| feed_source(&board, index).unwrap();
    let stands_on = [on[0], on[1], source(args.feed), source(args.native_feed)];
    listing_hash("bank", args, &stands_on).unwrap()
}

fn market_hash(world: &World, args: &CreateMarketArgs) -> [u8; 32] {
    let source = feed_source(&world.board(), args.feed).unwrap();
    listing_hash("market", args, &[source]).unwrap()
}

/// Two feeds and a token priced by the first of them are decided together; whoever lists the second
/// feed first would give the token its price.
#[test]
fn a47_the_order_of_listings_lends_no_token_anothers_price() {
    let mut world = guarded();
    let feeds: Vec<CreateFeedArgs> = [7_u8, 8]
        .into_iter()
        .map(|number| feed_args(classic([number; 32]), Class::Large))
        .collect();
    let next = world.board().feed_count;
    let plan = world.plan.banks[1];
    let mint = launch::mint("late");
    let program = address(world.deployment.banks[1].token_program);
    bulwark_svm::tokens::create_mint(&mut world.vm, &mint, program, 9).unwrap();
    let (mint, program) = (pubkey(mint.pubkey()), pubkey(program));
    let mut token = launch::bank_args(&plan, false);
    (token.warm_up, token.feed) = (7 * 86_400, next);
    let sources = [[7; 32].into(), feed_source(&world.board(), 0).unwrap()];
    let stands_on = [mint, program, sources[0], sources[1]];
    let hash = listing_hash("bank", &token, &stands_on).unwrap();
    let nonces: Vec<u64> = feeds
        .iter()
        .map(|args| listing_hash("feed", args, &[]).unwrap())
        .chain([hash])
        .map(|hash| decide(&mut world, hash))
        .collect();
    world.pass(7 * DAY + SLACK);
    let anyone = pubkey(world.wallet("stranger").pubkey());
    let mut swapped = world.fork();
    for (world, order) in [(&mut swapped, [1, 0]), (&mut world, [0, 1])] {
        for number in order {
            let listing = world.deployment.create_feed(anyone, feeds[number]);
            show(world, &listing, nonces[number]).unwrap();
        }
        let listing = world.deployment.create_bank(anyone, mint, program, token);
        let shown = world.unaudited(|world| show(world, &listing, nonces[2]));
        if order == [0, 1] {
            shown.unwrap();
        } else {
            expect_error(shown, BulwarkError::BadAction);
        }
    }
}

#[test]
fn a_token_of_the_guardian_warms_up_for_a_week_at_least() {
    let mut world = guarded();
    let plan = world.plan.banks[1];
    let mint = launch::mint("late");
    let program = address(world.deployment.banks[1].token_program);
    bulwark_svm::tokens::create_mint(&mut world.vm, &mint, program, 9).unwrap();
    let (mint, program) = (pubkey(mint.pubkey()), pubkey(program));
    for (warm_up, listed) in [(7 * 86_400 - 1, false), (7 * 86_400, true)] {
        let mut args = launch::bank_args(&plan, false);
        args.warm_up = warm_up;
        let hash = bank_hash(&world, &args, &[mint, program]);
        let nonce = decide(&mut world, hash);
        world.pass(7 * DAY + SLACK);
        let anyone = pubkey(world.wallet("stranger").pubkey());
        let listing = world.deployment.create_bank(anyone, mint, program, args);
        let shown = world.unaudited(|world| show(world, &listing, nonce));
        if listed {
            shown.unwrap();
            let seat = world.board().banks[world.deployment.banks.len()];
            assert_eq!(seat.warm_until - seat.warm_from, 7 * DAY);
        } else {
            expect_error(shown, BulwarkError::ParameterOutOfBounds);
        }
    }
}

#[test]
fn a_market_of_the_guardian_opens_from_nothing() {
    let mut world = guarded();
    let args = CreateMarketArgs {
        index: u8::try_from(world.deployment.markets.len()).unwrap(),
        feed: SOL_FEED,
        market: MarketParameters {
            oi_cap: 1_000_000_000_000,
            slot_notional_cap: 1_000_000_000_000_000,
            ..MarketParameters::preset(Class::Large)
        },
        board: BoardMarketParameters::preset(Class::Large),
        margin: MarginParameters::preset(Class::Large),
    };
    let hash = market_hash(&world, &args);
    let nonce = decide(&mut world, hash);
    world.pass(7 * DAY + SLACK);
    world.refresh_all();
    let book = bulwark_svm::keys::keypair("late book");
    let space = <bulwark::state::BookState as bulwark::state::Layout>::SPACE;
    launch::make_zeroed(&mut world.vm, &book, space).unwrap();
    let anyone = pubkey(world.wallet("stranger").pubkey());
    let listing = world
        .deployment
        .create_market(anyone, pubkey(book.pubkey()), args);
    world
        .unaudited(|world| show(world, &listing, nonce))
        .unwrap();
    let key = derived::market(&world.deployment.compartment, args.index);
    let market: Box<bulwark_state::Market> = world.read(key);
    let cap = |world: &World| {
        let caps = bulwark_core::matching::caps(&world.board(), &market, world.now());
        caps.unwrap().open_interest
    };
    assert_eq!(cap(&world), 0);
    world.pass(7 * DAY / 2);
    let half = cap(&world);
    assert!(half > 0 && half <= market.oi_cap / 2, "{half}");
    world.pass(7 * DAY / 2);
    assert!(cap(&world) > half);
}

/// Prices of both sources every minute: the second's account beside the plan's.
fn both(world: &mut World, minutes: usize, ratio: f64) {
    for _ in 0..minutes {
        world.pass(60);
        let price = 100.0;
        world.publish(
            SOL_FEED.into(),
            price_e8(price),
            price_e8(0.01),
            price_e8(price),
        );
        let other = world.now().unix;
        let mut message = launch::message("second", 0, price_e8(price * ratio), 1, other);
        message.feed_id = launch::feed_id("second");
        let data = pyth::price_update(&message, world.now().slot);
        let second = launch::oracle("second");
        world.write_oracle(second, pyth::CLASSIC_RECEIVER, data);
        let first = pubkey(launch::oracle(world.plan.feeds[usize::from(SOL_FEED)].name));
        let payer = pubkey(world.vm.payer.pubkey());
        let refresh = world
            .deployment
            .refresh(payer, &[(SOL_FEED, first, Some(pubkey(second)))]);
        world.send(&[refresh], &[]).unwrap();
    }
}

#[test]
fn a47_a_source_takes_over_after_an_hour_of_agreement_and_flips_nobody() {
    let mut world = guarded();
    world.fund("maker", 1_000_000.0);
    world.fund("alice", 2_000.0);
    world.trade("alice", "maker", SOL_PERP, 50.0, 100.0);
    let id = launch::feed_id("second");
    let second = Action::SetOracle(0, SOL_FEED, 1, 1, id);
    let nonce = world.queue(4, &second);
    assert_eq!(world.protocol().quick_ppm, 166_667);
    world.pass(7 * DAY + SLACK);
    world.execute(nonce).unwrap();
    // What isn't the second source can't become the first.
    let first = Action::SetOracle(0, SOL_FEED, 0, 1, id);
    let nonce = world.queue(4, &first);
    world.pass(7 * DAY + SLACK);
    expect_error(world.execute(nonce), BulwarkError::OracleGate);
    both(&mut world, 59, 1.009);
    expect_error(world.execute(nonce), BulwarkError::OracleGate);
    // One print apart, and the hour begins anew.
    both(&mut world, 1, 1.011);
    both(&mut world, 59, 1.0);
    expect_error(world.execute(nonce), BulwarkError::OracleGate);
    both(&mut world, 3, 1.009);
    let before = world.health("alice", Level::Maintenance);
    let ratios = leg_ratios(&world.board(), 0, 1, world.now()).unwrap();
    world.execute(nonce).unwrap();
    let feed = world.board().feeds[usize::from(SOL_FEED)];
    let source = OracleSource {
        id,
        kind: 1,
        reserved: [0; 7],
    };
    assert_eq!(feed.source, source);
    assert_eq!(
        feed.second.id,
        launch::feed_id(world.plan.feeds[usize::from(SOL_FEED)].name)
    );
    assert_eq!(world.health("alice", Level::Maintenance), before);
    assert_eq!(
        leg_ratios(&world.board(), 0, 1, world.now()).unwrap(),
        ratios
    );
}

#[test]
fn the_guardian_settles_a_market_and_closes_a_bank_after_a_week() {
    let mut world = guarded();
    let market = Action::WindDown(0, Subject::Market(0));
    let bank = Action::WindDown(0, Subject::Bank(1));
    for (subject, error) in [
        (Subject::Compartment, BulwarkError::BadAction),
        (Subject::Feed(0), BulwarkError::IncompleteSet),
    ] {
        let refused = world.try_propose(1, &Action::WindDown(0, subject));
        expect_error(refused, error);
    }
    let quote = world.try_propose(1, &Action::WindDown(0, Subject::Bank(0)));
    expect_error(quote, BulwarkError::BankForbids);
    let both = [market, bank].map(|action| world.queue(4, &action));
    for nonce in both {
        expect_error(world.execute(nonce), BulwarkError::DelayRuns);
    }
    world.pass(7 * DAY + SLACK);
    for nonce in both {
        world.execute(nonce).unwrap();
    }
    assert_eq!((world.market(0).status, world.bank(1).status), (5, 3));
    assert_eq!(world.market(0).settle_at - world.now().unix, 7 * DAY);
    let again = world.try_propose(1, &market);
    expect_error(again, BulwarkError::MarketForbids);
}
