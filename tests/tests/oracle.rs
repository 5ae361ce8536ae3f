//! `refresh` on made oracle accounts that must be refused, each by its own error.

use bulwark::error::BulwarkError;
use bulwark::instructions::Source;
use bulwark::oracle::kind;
use bulwark_core::gate::{Severity, severity};
use bulwark_core::params::Class;
use bulwark_svm::vm::address;
use bulwark_svm::world::listing::{classic, feed_args, legacy};
use bulwark_svm::world::{Outcome, SOL, SOL_PERP, World, ask, bid, expect_error};
use bulwark_svm::{launch, pyth};

/// A world with SOL's oracle account as an honest poster would write it, 60 s after the launch.
struct Made {
    world: World,
    data: Vec<u8>,
}

impl Made {
    fn new() -> Self {
        let mut world = World::new();
        world.advance(60);
        let now = world.now();
        let message = launch::message("SOL", 0, 10_100_000_000, 2_000_000, now.unix);
        let data = pyth::price_update(&message, now.slot);
        Self { world, data }
    }

    fn post(&mut self, owner_is_pyth: bool, data: Vec<u8>) -> Outcome {
        let owner = if owner_is_pyth {
            pyth::CLASSIC_RECEIVER
        } else {
            address(bulwark::ID)
        };
        self.world.write_oracle(launch::oracle("SOL"), owner, data);
        self.world.refresh(&[SOL])
    }

    /// Overwrites bytes and posts.
    fn with(&mut self, place: usize, bytes: &[u8]) -> Outcome {
        let mut data = self.data.clone();
        data[place..place + bytes.len()].copy_from_slice(bytes);
        self.post(true, data)
    }
}

const VERIFICATION: usize = 40;
const FEED: usize = 41;
const PRICE: usize = 73;
const CONF: usize = 81;
const EXPONENT: usize = 89;
const PUBLISH_AT: usize = 93;
const EMA: usize = 109;

#[test]
fn made_receiver_accounts_are_refused_each_by_its_error() {
    let mut made = Made::new();
    let before = made.world.board();
    let now = made.world.now().unix;
    let data = made.data.clone();
    expect_error(made.post(false, data.clone()), BulwarkError::OracleOwner);
    expect_error(made.with(0, &[35]), BulwarkError::OracleData);
    expect_error(
        made.post(true, data[..132].to_vec()),
        BulwarkError::OracleData,
    );
    expect_error(made.post(true, Vec::new()), BulwarkError::OracleData);
    expect_error(made.with(FEED, &[1]), BulwarkError::OracleFeed);
    // Partial verification by n signatures: 0x00 n, everything behind one byte further on.
    for signatures in [0, 5, 13, 255] {
        let mut partial = data[..VERIFICATION].to_vec();
        partial.extend([0, signatures]);
        partial.extend(&data[FEED..133]);
        expect_error(made.post(true, partial), BulwarkError::OracleVerification);
    }
    expect_error(
        made.with(VERIFICATION, &[2]),
        BulwarkError::OracleVerification,
    );
    for future in [3, 60, 86_400] {
        let at = (now + future).to_le_bytes();
        expect_error(made.with(PUBLISH_AT, &at), BulwarkError::PriceFromFuture);
    }
    expect_error(
        made.with(PUBLISH_AT, &i64::MAX.to_le_bytes()),
        BulwarkError::PriceFromFuture,
    );
    for price in [0, -1, i64::MIN] {
        expect_error(
            made.with(PRICE, &price.to_le_bytes()),
            BulwarkError::BadPrice,
        );
        expect_error(made.with(EMA, &price.to_le_bytes()), BulwarkError::BadPrice);
    }
    // Exponents: out of any range, a price that vanishes, one that doesn't fit.
    for exponent in [i32::MIN, -30, -19, 20, 2, i32::MAX] {
        expect_error(
            made.with(EXPONENT, &exponent.to_le_bytes()),
            BulwarkError::BadPrice,
        );
    }
    expect_error(
        made.with(CONF, &u64::MAX.to_le_bytes()),
        BulwarkError::BadPrice,
    );
    expect_error(
        made.with(PRICE, &i64::MAX.to_le_bytes())
            .map(|receipt| {
                // i64::MAX is a price that fits: an absurd jump that waits.
                assert_eq!(receipt.returned, [2]);
                receipt
            })
            .and_then(|_| made.with(EXPONENT, &(-7_i32).to_le_bytes())),
        BulwarkError::NothingRefreshed,
    );
    let after = made.world.board();
    assert_eq!(after.feeds[SOL].last.price, before.feeds[SOL].last.price);
    assert_eq!(after.feeds[SOL].slow, before.feeds[SOL].slow);
    assert_eq!(
        after.markets[SOL_PERP].margin.im,
        before.markets[SOL_PERP].margin.im
    );
}

#[test]
fn what_is_not_newer_changes_nothing() {
    let mut made = Made::new();
    let data = made.data.clone();
    assert_eq!(made.post(true, data.clone()).unwrap().returned, [4]);
    let board = made.world.board();
    // The same again, one a second older, one a minute older at another price.
    expect_error(made.post(true, data), BulwarkError::NothingRefreshed);
    let now = made.world.now().unix;
    for age in [1, 60] {
        let older = (now - age).to_le_bytes();
        expect_error(
            made.with(PUBLISH_AT, &older),
            BulwarkError::NothingRefreshed,
        );
    }
    let after = made.world.board();
    assert_eq!(
        bytemuck::bytes_of(&after.feeds),
        bytemuck::bytes_of(&board.feeds)
    );
    // Two seconds ahead of the clock is tolerated, three isn't.
    made.world.advance(5);
    let now = made.world.now().unix;
    expect_error(
        made.with(PUBLISH_AT, &(now + 3).to_le_bytes()),
        BulwarkError::PriceFromFuture,
    );
    assert!(
        made.with(PUBLISH_AT, &(now + 2).to_le_bytes())
            .unwrap()
            .returned[0]
            >= 3
    );
    // A clock that goes back changes nothing.
    made.world.vm.set_time(now - 10, made.world.now().slot + 1);
    expect_error(
        made.with(PUBLISH_AT, &(now - 10).to_le_bytes()),
        BulwarkError::NothingRefreshed,
    );
}

#[test]
fn exponents_convert_price_down_and_confidence_up() {
    let mut made = Made::new();
    // 10,100,000,001 with two digits more: 101.00000001 and a rest of 99 each.
    let mut data = made.data.clone();
    data[PRICE..CONF].copy_from_slice(&1_010_000_000_199_i64.to_le_bytes());
    data[CONF..EXPONENT].copy_from_slice(&200_000_001_u64.to_le_bytes());
    data[EXPONENT..PUBLISH_AT].copy_from_slice(&(-10_i32).to_le_bytes());
    data[EMA..EMA + 8].copy_from_slice(&1_010_000_000_299_i64.to_le_bytes());
    made.post(true, data).unwrap();
    let last = made.world.board().feeds[SOL].last;
    assert_eq!(
        (last.price, last.conf, last.ema),
        (10_100_000_001, 2_000_001, 10_100_000_002)
    );
}

#[test]
fn a_wide_confidence_is_taken_but_raises_no_open_interest() {
    let mut made = Made::new();
    for name in ["maker", "alice"] {
        made.world.fund(name, 100_000.0);
    }
    // 1 % is the most that is Ok; 1 % and one unit is Uncertain.
    for (conf, verdict) in [
        (101_000_000_u64, Severity::Ok),
        (101_000_001, Severity::Uncertain),
    ] {
        made.world.advance(1);
        let now = made.world.now();
        let mut data = made.data.clone();
        data[CONF..EXPONENT].copy_from_slice(&conf.to_le_bytes());
        data[PUBLISH_AT..PUBLISH_AT + 8].copy_from_slice(&now.unix.to_le_bytes());
        assert!(made.post(true, data).unwrap().returned[0] >= 3);
        let feed = made.world.board().feeds[SOL];
        assert_eq!(severity(&feed, now), verdict);
        made.world
            .place("maker", SOL_PERP, ask(10.0, 101.0).post_only());
        let outcome = made
            .world
            .try_place("alice", SOL_PERP, bid(10.0, 101.0).ioc());
        outcome.unwrap();
        // The order itself is no harm: an immediate one ends without a fill.
        let held = made.world.position("alice", SOL_PERP).base;
        assert_eq!(held, 1_000_000_000, "{verdict:?}");
        assert_eq!(made.world.market(SOL_PERP).oi_long, 1_000_000_000);
    }
    let all = bid(10.0, 101.0).fill_or_kill();
    let refused = made.world.try_place("alice", SOL_PERP, all);
    expect_error(refused, BulwarkError::NotFilledWhole);
    // Reducing goes on, inside the band: alice sells what she holds to the maker.
    made.world
        .place("maker", SOL_PERP, bid(10.0, 100.9).reduce_only());
    made.world
        .place("alice", SOL_PERP, ask(10.0, 100.9).ioc().reduce_only());
    assert_eq!(made.world.position("alice", SOL_PERP).base, 0);
}

#[test]
fn made_legacy_accounts_are_refused_each_by_its_error() {
    let mut world = World::new();
    let key = launch::oracle("legacy");
    world
        .list_feed(feed_args(legacy(key), Class::Large))
        .unwrap();
    world.advance(10);
    let now = world.now().unix;
    let sound = pyth::legacy_account(10_000_000_000, 2_000_000, 10_000_000_000, now);
    let post = |world: &mut World, place: usize, bytes: &[u8]| {
        let mut data = sound.clone();
        data[place..place + bytes.len()].copy_from_slice(bytes);
        world.write_oracle(key, pyth::LEGACY_MAINNET, data);
        world.refresh_from(&[(3, key)])
    };
    // Unknown, Halted, Auction, Ignored; then bytes that name no status.
    for status in [0, 2, 3, 4] {
        expect_error(post(&mut world, 224, &[status]), BulwarkError::OracleStatus);
    }
    for (place, byte) in [
        (224, 5),
        (224, 255),
        (225, 1),
        (16, 0),
        (16, 2),
        (0, 0),
        (4, 1),
        (8, 2),
    ] {
        expect_error(post(&mut world, place, &[byte]), BulwarkError::OracleData);
    }
    for price in [0_i64, -1] {
        expect_error(
            post(&mut world, 208, &price.to_le_bytes()),
            BulwarkError::BadPrice,
        );
        expect_error(
            post(&mut world, 48, &price.to_le_bytes()),
            BulwarkError::BadPrice,
        );
    }
    for exponent in [i32::MIN, -28, 2, i32::MAX] {
        expect_error(
            post(&mut world, 20, &exponent.to_le_bytes()),
            BulwarkError::BadPrice,
        );
    }
    let future = (now + 3).to_le_bytes();
    expect_error(post(&mut world, 96, &future), BulwarkError::PriceFromFuture);
    world.write_oracle(key, pyth::LEGACY_MAINNET, sound[..3_311].to_vec());
    expect_error(world.refresh_from(&[(3, key)]), BulwarkError::OracleData);
    world.write_oracle(key, pyth::LEGACY_DEVNET, sound.clone());
    expect_error(world.refresh_from(&[(3, key)]), BulwarkError::OracleOwner);
    world.write_oracle(key, pyth::LEGACY_MAINNET, sound.clone());
    assert_eq!(world.refresh_from(&[(3, key)]).unwrap().returned, [4]);
}

#[test]
fn sources_are_listed_once_and_only_of_pyths_own_programs() {
    let mut world = World::new();
    let sol = launch::feed_id("SOL");
    for own in [kind::CLASSIC, kind::PRO] {
        let again = feed_args(Source { kind: own, id: sol }, Class::Large);
        expect_error(world.list_feed(again), BulwarkError::AlreadyListed);
    }
    for unknown in [0, 5, 255] {
        let args = feed_args(
            Source {
                kind: unknown,
                id: [1; 32],
            },
            Class::Large,
        );
        expect_error(world.list_feed(args), BulwarkError::OracleKind);
    }
    let mut twice = feed_args(classic([1; 32]), Class::Large);
    twice.second = twice.source;
    expect_error(world.list_feed(twice), BulwarkError::AlreadyListed);
    let mut unit = feed_args(classic([1; 32]), Class::Large);
    for exp in [1, 2, 4, 12, 255] {
        unit.unit_exp = exp;
        expect_error(world.list_feed(unit), BulwarkError::ParameterOutOfBounds);
    }
    assert_eq!(world.board().feed_count, 3);
}
