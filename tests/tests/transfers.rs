//! Between accounts of one owner: what goes, what goes along, what stays, and that nothing is
//! washed by it.

use bulwark::error::BulwarkError;
use bulwark_core::health::Level;
use bulwark_core::ledger::{DAY, fading_left};
use bulwark_core::mode::Capability;
use bulwark_core::withdrawal::held;
use bulwark_state::Compartment;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{BTC, SOL, SOL_PERP, USDC, World, ask, bid, expect_error, scaled, usdc};
use solana_signer::Signer;

const TWO: [&str; 2] = ["alice", "alice again"];

/// Alice has 10,000 and 50 SOL in one account and nothing in the other.
fn two_accounts() -> World {
    let mut world = World::recorded();
    world.fund("maker", 500_000.0);
    world.fund("alice", 10_000.0);
    world.deposit("alice", SOL, scaled(50.0, 9));
    world.another_account("alice", "alice again", 1);
    world
}

/// Own recent deposits of both accounts in a bank, and profits of the last day.
fn marks(world: &World, bank: u8) -> ([u64; 2], [u64; 2]) {
    let left = |name| {
        let account = world.account(name);
        let claim = bulwark_core::withdrawal::claim(&account, bank);
        claim.map_or(0, |c| fading_left(&c.recent, world.now(), DAY).unwrap())
    };
    let realised = |name| fading_left(&world.account(name).realised, world.now(), DAY).unwrap();
    (TWO.map(left), TWO.map(realised))
}

/// Everything of a bank that outflow and coverage know.
fn untouched(world: &World, bank: usize) -> [u64; 8] {
    let state = world.bank(bank);
    [
        state.claims,
        state.tickets,
        state.expected,
        state.mean_claims,
        state.hour.level,
        state.day.level,
        state.small.level,
        world.vault(bank),
    ]
}

#[test]
fn tokens_and_quote_go_to_the_unit_and_no_bucket_is_asked() {
    let mut world = two_accounts();
    for (bank, amount, all) in [
        (SOL, scaled(20.0, 9), scaled(50.0, 9)),
        (USDC, usdc(4_000.0), usdc(10_000.0)),
    ] {
        let before = untouched(&world, bank);
        world
            .transfer("alice", "alice again", bank, amount)
            .unwrap();
        assert_eq!(untouched(&world, bank), before);
        let index = u8::try_from(bank).unwrap();
        let now = TWO.map(|name| held(&world.account(name), index));
        assert_eq!(now, [all - amount, amount]);
        expect_error(
            world.transfer("alice", "alice again", bank, all - amount + 1),
            BulwarkError::InsufficientBalance,
        );
        expect_error(
            world.transfer("alice", "alice again", bank, 0),
            BulwarkError::ZeroAmount,
        );
        // The rest goes too, and the place is free again.
        world
            .transfer("alice", "alice again", bank, all - amount)
            .unwrap();
        assert_eq!(held(&world.account("alice"), index), 0);
    }
    // An account that gave everything closes; the other pays everything out.
    world.close("alice").unwrap();
    let (paid, queued) = world.withdraw("alice again", SOL, u64::MAX);
    assert_eq!(
        (paid, queued),
        (scaled(50.0, 9), 0),
        "her own deposit of now"
    );
}

#[test]
fn with_positions_as_much_goes_as_could_be_withdrawn() {
    let mut world = two_accounts();
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    let free = {
        let health = world.health("alice", Level::Initial);
        u64::try_from(health.surplus().unwrap()).unwrap()
    };
    let quote = held(&world.account("alice"), 0);
    let most = free.min(quote);
    if most < quote {
        expect_error(
            world.transfer("alice", "alice again", USDC, most + 1),
            BulwarkError::BelowInitialMargin,
        );
    }
    world.transfer("alice", "alice again", USDC, most).unwrap();
    // Of SOL not a coin goes that Initial needs; none of hers is worth more than its weight.
    let left = world.health("alice", Level::Initial).surplus().unwrap();
    let whole = scaled(50.0, 9);
    if left < usdc(3_000.0).cast_signed() {
        expect_error(
            world.transfer("alice", "alice again", SOL, whole),
            BulwarkError::BelowInitialMargin,
        );
    }
    assert!(world.health("alice", Level::Initial).surplus().unwrap() >= 0);
    // Back into the account with positions, it is a top-up, which no revocation reaches.
    let compartment = world.deployment.compartment;
    world.corrupt::<Compartment>(compartment, |compartment| {
        let until = &mut compartment.revocations[Capability::Transfer as usize].until;
        (until.at, until.slot) = (i64::MAX, u64::MAX);
    });
    expect_error(
        world.transfer("alice", "alice again", USDC, 1),
        BulwarkError::CapabilityRevoked,
    );
    world.transfer("alice again", "alice", USDC, most).unwrap();
}

#[test]
fn a09_moving_to_and_fro_lets_no_more_leave_free() {
    let mut world = two_accounts();
    world.advance(12 * 3_600);
    world.fund("alice", 3_000.0);
    world.refresh_all();
    let alone = world.account("alice").quote_claims.recent;
    for step in 0..12_u32 {
        let (from, to) = if step % 2 == 0 {
            ("alice", "alice again")
        } else {
            ("alice again", "alice")
        };
        let less = if step % 2 == 0 { 0.0 } else { 170.0 };
        let amount = usdc(2_500.0 + f64::from(step) * 10.0 - less);
        world.transfer(from, to, USDC, amount).unwrap();
        let ([one, other], _) = marks(&world, 0);
        let unmoved = fading_left(&alone, world.now(), DAY).unwrap();
        assert!(
            one + other <= unmoved,
            "{step}: {one} + {other} of {unmoved}"
        );
        world.advance(3_600);
        world.refresh_all();
    }
}

#[test]
fn a20_profit_stays_junior_wherever_it_goes() {
    let mut world = two_accounts();
    world.trade("alice", "maker", SOL_PERP, 50.0, 100.0);
    world.advance(60);
    world.crash(SOL, 104.0);
    world.place("maker", SOL_PERP, bid(50.0, 104.0).post_only());
    world.place("alice", SOL_PERP, ask(50.0, 104.0).ioc());
    let (_, [profit, none]) = marks(&world, 0);
    assert!(profit > usdc(150.0) && none == 0, "{profit}");
    // In a thousand small parts, and whole: never less than before in sum.
    for amount in [1, 7, usdc(3.0), usdc(60.0)] {
        for _ in 0..3 {
            let (_, [a, b]) = marks(&world, 0);
            world
                .transfer("alice", "alice again", USDC, amount)
                .unwrap();
            let (_, [c, d]) = marks(&world, 0);
            assert!(c + d >= a + b, "{amount}: {c} + {d} of {a} + {b}");
            assert!(d <= b + amount);
        }
    }
    world
        .transfer("alice", "alice again", USDC, usdc(5_000.0))
        .unwrap();
    let (_, [left, gone]) = marks(&world, 0);
    assert!(left == 0 && gone >= profit, "{left}, {gone} of {profit}");
}

#[test]
fn a63_tickets_residuals_and_flags_stay_where_they_are() {
    let mut world = two_accounts();
    world.advance(2 * 86_400);
    world.refresh_all();
    let (paid, queued) = world.withdraw("alice", USDC, usdc(10_000.0));
    assert!(queued > 0, "{paid} paid");
    expect_error(
        world.transfer("alice", "alice again", USDC, 1),
        BulwarkError::InsufficientBalance,
    );
    // A residual: the token is robbed, and what coverage takes stays hers, in the first account.
    world.steal(SOL, scaled(10.0, 9));
    world.allow_stock_change(|world| {
        let (_, waits) = world.withdraw("alice", SOL, scaled(0.5, 9));
        assert_eq!(waits, 0);
    });
    let residual = world.account("alice").collaterals[0].residual;
    assert!(residual > 0);
    world
        .transfer("alice", "alice again", SOL, scaled(49.5, 9))
        .unwrap();
    let first = world.account("alice");
    assert_eq!(first.collaterals[0].residual, residual);
    assert_eq!((first.collaterals[0].amount, first.ticket_count), (0, 1));
    let second = world.account("alice again");
    assert_eq!(
        (second.collaterals[0].residual, second.ticket_count),
        (0, 0)
    );
}

#[test]
fn a_flag_stays_with_its_account() {
    let mut world = two_accounts();
    world.fund("bob", 1_000.0);
    world.another_account("bob", "bob again", 1);
    world.trade("bob", "maker", SOL_PERP, 150.0, 100.0);
    world.advance(60);
    world.crash(SOL, 94.5);
    world.flag("bob").unwrap();
    expect_error(
        world.transfer("bob", "bob again", USDC, usdc(1.0)),
        BulwarkError::BelowInitialMargin,
    );
    world.fund("bob again", 20_000.0);
    world
        .transfer("bob again", "bob", USDC, usdc(19_000.0))
        .unwrap();
    let clock = world.account("bob").flagged_open;
    assert_ne!(clock, 0);
    world.transfer("bob", "bob again", USDC, usdc(5.0)).unwrap();
    assert_eq!(world.account("bob").flagged_open, clock);
    assert_eq!(world.account("bob again").flagged_open, 0);
}

#[test]
fn a03_a_claim_below_par_repays_no_debt() {
    let mut world = two_accounts();
    world.deposit("bella", SOL, scaled(100.0, 9));
    world.another_account("bella", "bella again", 1);
    world.trade("bella", "maker", SOL_PERP, 40.0, 100.0);
    world.advance(60);
    world.crash(SOL, 95.0);
    world.place("maker", SOL_PERP, bid(40.0, 95.0).post_only().reduce_only());
    world.place("bella", SOL_PERP, ask(40.0, 95.0).ioc());
    assert!(world.account("bella").quote < 0);
    world.fund("bella again", 1_000.0);
    let half = world.vault(USDC) / 2;
    world.accrue().unwrap();
    world.steal(USDC, half);
    expect_error(
        world.transfer("bella again", "bella", USDC, usdc(10.0)),
        BulwarkError::NotCovered,
    );
    // Between accounts without debt a claim is a claim: nobody else's share moves.
    let before = world.coverage(USDC);
    world
        .transfer("alice", "alice again", USDC, usdc(10.0))
        .unwrap();
    assert_eq!(world.coverage(USDC), before);
}

#[test]
fn a65_dust_opens_no_accounts_and_no_lane() {
    let mut world = two_accounts();
    let least = world.bank(BTC).deposit_min;
    world.deposit("alice", BTC, scaled(0.5, 8));
    if least > 1 {
        expect_error(
            world.transfer("alice", "alice again", BTC, least - 1),
            BulwarkError::BelowMinimumDeposit,
        );
    }
    world
        .transfer("alice", "alice again", USDC, usdc(500.0))
        .unwrap();
    world.advance(86_400 - 60);
    let lane = world.account("alice again").quote_claims.small_exit_at;
    assert_eq!(lane, world.now().unix - (86_400 - 60), "used up for a day");
}

#[test]
fn a_delegate_moves_nothing() {
    let mut world = two_accounts();
    let helper = world.wallet("helper");
    let key = pubkey(helper.pubkey());
    for name in TWO {
        world.set_delegate(name, key, i64::MAX).unwrap();
    }
    let (from, to) = (world.margin_key("alice"), world.margin_key("alice again"));
    let act = world.deployment.transfer(key, from, to, (USDC, 1));
    expect_error(world.send(&[act], &[&helper]), BulwarkError::NotOwner);
}
