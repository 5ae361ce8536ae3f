//! Everybody gets out: every feed dead, every market halted, no guardian left, in every mode,
//! within a time that is known (INV-EXIT, INV-TICKET, i06).

use bulwark_core::guardian::Action;
use bulwark_core::mode::Mode;
use bulwark_state::{Bank, Board, Compartment, End, Guardian, Market};
use bulwark_svm::world::{BTC, SOL, SOL_PERP, USDC, World, scaled, usdc};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// A million of alice's and a thousand of bob's, long there, and a guardian of five.
fn venue() -> World {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.fund("alice", 999_000.0);
    world.fund("bob", 1_000.0);
    world.fund("maker", 1.0);
    for _ in 0..3 {
        world.advance(DAY);
        world.touch_bank(USDC);
    }
    world.refresh_all();
    world
}

/// Nothing works but the vaults: no price for a month, halted markets, silent members.
fn abandoned(world: &mut World, mode: Mode) {
    let for_ever = End {
        at: i64::MAX,
        slot: u64::MAX,
    };
    for index in 0..2 {
        let key = world.deployment.markets[index].market;
        world.corrupt::<Market>(key, |market| market.status = 3);
    }
    let keys = (world.deployment.board, world.deployment.compartment);
    world.corrupt::<Board>(keys.0, |board| {
        for market in &mut board.markets {
            market.status = market.status.min(1) * 3;
        }
    });
    world.corrupt::<Compartment>(keys.1, |compartment| match mode {
        Mode::Normal => {}
        Mode::Restricted => compartment.mode.restricted = for_ever,
        Mode::Paused => compartment.mode.paused = for_ever,
    });
    let guardian = bulwark_client::address::guardian();
    world.corrupt::<Guardian>(guardian, |guardian| {
        for member in &mut guardian.members {
            member.key = [0; 32];
        }
    });
    world.advance(30 * DAY);
}

/// Leaves with everything; returns the days until the last unit was paid.
fn days_to_leave(world: &mut World, name: &'static str, step: i64) -> f64 {
    let from = world.now().unix;
    let before = world.tokens_of(name, USDC);
    let all = world.account(name).quote.unsigned_abs();
    world.withdraw(name, USDC, u64::MAX);
    while world.account(name).ticket_count > 0 {
        world.advance(step);
        world.try_crank(name, USDC, 0).unwrap();
        assert!(world.now().unix - from < 60 * DAY, "{name} is still there");
    }
    assert_eq!(world.tokens_of(name, USDC) - before, all, "to the unit");
    (world.now().unix - from) as f64 / DAY as f64
}

#[test]
fn inv_exit_with_dead_oracles_halted_markets_and_no_guardian_in_every_mode() {
    for (mode, factor) in [
        (Mode::Normal, 1.0),
        (Mode::Restricted, 0.5),
        (Mode::Paused, 0.25),
    ] {
        let mut world = venue();
        abandoned(&mut world, mode);
        assert_eq!(world.mode(), mode);
        // All but a thousandth of the bank: the worst case. 9 % of the base a day, times the
        // mode's factor; one crank at the end is enough.
        let bound = 1.0 / (0.09 * factor);
        let days = days_to_leave(&mut world, "alice", 2 * HOUR);
        println!("{mode:?}: the whole bank in {days:.1} days, bound {bound:.1}");
        assert!(days <= bound + 0.1, "{mode:?}: {days} of {bound}");
        assert!(
            days > 0.8 * bound,
            "no faster than the buckets: {days} of {bound}"
        );
    }
}

/// The longest that real powers can slow an exit from a bank: Restricted by a broken bit all the
/// time, every hour of Paused that automation's budget holds (another bank is short, and somebody
/// checks it whenever that pauses), and after each of those every hour that the guardians' holds.
fn worst_of_all_budgets(leaving: usize) -> (f64, i64) {
    let mut world = venue();
    world.deposit("maker", BTC, scaled(0.1, 8));
    world.deposit("alice", SOL, scaled(9_990.0, 9));
    world.deposit("bob", SOL, scaled(10.0, 9));
    for _ in 0..3 {
        world.advance(DAY);
        world.touch_bank(leaving);
    }
    world.refresh_all();
    let market = world.deployment.markets[SOL_PERP].market;
    world.corrupt::<Market>(market, |market| market.oi_long += 1);
    let items = bulwark_client::Items {
        markets: vec![SOL_PERP],
        ..Default::default()
    };
    world.check(&items).unwrap();
    assert_eq!(world.mode(), Mode::Restricted);
    world.steal(BTC, scaled(0.01, 8));
    let short = bulwark_client::Items {
        banks: vec![BTC],
        ..Default::default()
    };
    let from = world.now().unix;
    let before = world.tokens_of("alice", leaving);
    world.withdraw("alice", leaving, u64::MAX);
    let (mut paused, mut automation) = (0, 0);
    while world.account("alice").ticket_count > 0 {
        if world.mode() != Mode::Paused {
            world.check(&short).unwrap();
            automation += i64::from(world.mode() == Mode::Paused);
        }
        if world.mode() != Mode::Paused {
            for member in 1..=5 {
                let key = solana_signer::Signer::pubkey(&bulwark_svm::world::member(member));
                world.vm.fund(key, 1_000_000_000);
            }
            let pause = world.queue(3, &Action::Pause(0, 72 * 3_600, 1));
            // Once the budget is used up this adds nothing.
            let _ = world.execute(pause);
        }
        paused += i64::from(world.mode() == Mode::Paused) * 2;
        world.advance(2 * HOUR);
        world.try_crank("alice", leaving, 0).unwrap();
        assert!(world.now().unix - from < 60 * DAY, "she is still there");
    }
    assert_eq!(automation, 3, "three pauses of a day each by checks");
    let got = world.tokens_of("alice", leaving) - before;
    let all = if leaving == USDC {
        usdc(999_000.0)
    } else {
        scaled(9_990.0, 9)
    };
    assert_eq!(got, all, "to the unit");
    ((world.now().unix - from) as f64 / DAY as f64, paused)
}

#[test]
fn i06_the_worst_case_of_all_budgets_is_known() {
    for bank in [USDC, SOL] {
        let (days, paused) = worst_of_all_budgets(bank);
        println!("bank {bank}: {days:.1} days, {paused} h of them paused");
        // 96 h of guardians and 72 h of automation; a look every two hours.
        assert!((168..=170).contains(&paused), "{paused}");
        // 22.2 days at half the rate; seven of the days at a quarter cost three and a half more.
        assert!((25.0..=26.5).contains(&days), "{days}");
    }
}

/// Buckets of one millionth, Paused: the compiled minimum still lets 2.5 % a day out, a tenth of it
/// kept for small exits.
#[test]
fn the_compiled_minimum_lets_everybody_out_whatever_the_parameters() {
    let mut world = venue();
    let key = world.deployment.banks[USDC].bank;
    world.corrupt::<Bank>(key, |bank| {
        bank.hour.cap_ppm = 1;
        bank.day.cap_ppm = 1;
    });
    abandoned(&mut world, Mode::Paused);
    let days = days_to_leave(&mut world, "alice", 4 * HOUR);
    println!("{days:.1} days at the compiled minimum");
    assert!(days <= 100.0 / 2.25 + 0.2, "{days}");
}

/// Whoever has little doesn't wait behind who has much: once a day, up to the bank's small exit.
#[test]
fn a_small_exit_passes_the_queue_once_a_day() {
    let mut world = venue();
    let small = usdc(1_000.0);
    let bank = world.deployment.banks[USDC].bank;
    world.corrupt::<Bank>(bank, |bank| bank.small_exit = small);
    let (_, queued) = world.withdraw("alice", USDC, u64::MAX);
    assert!(queued > usdc(900_000.0), "{queued}");
    // One more than small waits for its turn; what is small is there at once, and once a day.
    let mut large = world.fork();
    large.corrupt::<Bank>(bank, |bank| bank.small_exit = small - 1);
    assert_eq!(large.withdraw("bob", USDC, small), (0, small));
    assert_eq!(world.withdraw("bob", USDC, small / 2), (small / 2, 0));
    let again = world.withdraw("bob", USDC, usdc(1.0));
    assert_eq!(again, (0, usdc(1.0)), "once a day");
    world.advance(DAY);
    world.touch_bank(USDC);
    assert_eq!(world.withdraw("bob", USDC, usdc(1.0)), (usdc(1.0), 0));
}

/// Who has positions draws on the compartment's buckets besides the bank's: where those hold little
/// he waits while the bank's own would pay, and whoever has none is paid the same beside him.
#[test]
fn who_has_positions_waits_for_the_compartments_bucket_too() {
    let mut world = venue();
    world.fund("carol", 300_000.0);
    world.fund("bob", 20_000.0);
    for _ in 0..3 {
        world.advance(DAY);
        world.touch_bank(USDC);
    }
    world.refresh_all();
    world.trade("alice", "carol", SOL_PERP, 1.0, 100.0);
    let asked = usdc(8_000.0);
    assert_eq!(world.fork().withdraw("alice", USDC, asked), (asked, 0));
    let key = world.deployment.banks[USDC].bank;
    world.corrupt::<Bank>(key, |bank| {
        bank.totals.hour.cap_ppm = 1;
        bank.totals.day.cap_ppm = 1;
    });
    assert_eq!(world.fork().withdraw("bob", USDC, asked), (asked, 0));
    let (paid, queued) = world.withdraw("alice", USDC, asked);
    println!("{paid} paid, {queued} queued");
    // The compiled minimum of the hour, 0.25 % of 1.32 million, is open at once.
    assert!(paid > 0 && paid <= usdc(3_301.0), "{paid}");
    assert_eq!(paid + queued, asked);
}
