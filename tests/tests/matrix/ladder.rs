//! Two accounts on their way down, one leg and one debt with its coin, and what may be tried on
//! them: shared by the matrices of the account's side.

use bulwark::error::BulwarkError;
use bulwark_core::Error;
use bulwark_core::gate;
use bulwark_core::guardian::Action as Decision;
use bulwark_core::health::{self, Level, Stage};
use bulwark_core::mode::{Mode, Phase};
use bulwark_core::permits::{Action, BankStatus, Context, MarketStatus, permits};
use bulwark_state::{Compartment, End, MarginAccount, ModeRecord, Protocol};
use bulwark_svm::vm::Failure;
use bulwark_svm::world::{Outcome, SOL, SOL_PERP, USDC, World, ask, bid, scaled, usdc};

use crate::stage::in_debt;

const FOR_EVER: End = End {
    at: i64::MAX,
    slot: u64::MAX,
};

pub const STAGES: [Stage; 5] = [
    Stage::Healthy,
    Stage::ReduceOnly,
    Stage::Warned,
    Stage::Liquidatable,
    Stage::Bankrupt,
];

/// Whose record asks for which mode.
pub type Column = (bool, Mode);

/// The mode of all compartments or of one.
pub const COLUMNS: [Column; 5] = [
    (false, Mode::Normal),
    (false, Mode::Restricted),
    (true, Mode::Restricted),
    (false, Mode::Paused),
    (true, Mode::Paused),
];

pub fn set(world: &mut World, (of_all, mode): Column) {
    let record = |record: &mut ModeRecord| match mode {
        Mode::Normal => {}
        Mode::Restricted => record.restricted = FOR_EVER,
        Mode::Paused => record.paused = FOR_EVER,
    };
    let (compartment, protocol) = (world.deployment.compartment, world.deployment.protocol);
    match of_all {
        true => world.corrupt::<Protocol>(protocol, |p| record(&mut p.mode)),
        false => world.corrupt::<Compartment>(compartment, |c| record(&mut c.mode)),
    }
}

/// Grace begins now, or is over. Both accounts were sound when the venue last closed.
pub fn set_grace(world: &mut World, runs: bool) {
    let now = world.now().unix;
    let key = world.deployment.compartment;
    world.corrupt::<Compartment>(key, |compartment| {
        compartment.grace_from = if runs { now } else { 0 };
        compartment.grace_until = if runs { now + 600 } else { 0 };
    });
}

/// A pause, so that there is a last price before a closing.
fn closed_once(world: &mut World) {
    world.create_guardian(5).expect("five members");
    let nonce = world.queue(3, &Decision::Pause(0, 60, 1));
    world.execute(nonce).expect("paused");
    world.advance(61);
    world.refresh_all();
}

/// Alice is long 100 SOL on $900: 10 % off her entry is all she has.
fn venue() -> World {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("liquidator", 200_000.0);
    world.fund("alice", 900.0);
    world.fund("bob", 10_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.trade("bob", "maker", SOL_PERP, 5.0, 100.0);
    world.advance(60);
    world.refresh_all();
    closed_once(&mut world);
    world
}

/// Bella owes 4,048 of quote, has 60 SOL at $100 and is long 20 more: without a leg there is no
/// level between maintenance and critical.
fn debtor() -> World {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("liquidator", 200_000.0);
    in_debt(&mut world);
    world.trade("bella", "maker", SOL_PERP, 20.0, 100.0);
    world.accrue().expect("accrued");
    world.advance(60);
    world.refresh_all();
    closed_once(&mut world);
    world
}

fn stage_of(world: &mut World, who: &'static str) -> Stage {
    STAGES[usize::from(world.health_view(who).stage) - 1]
}

/// The stage that counts in a mode: while Paused a fifth of the requirement is spared above the
/// critical level.
pub fn stage_in(world: &World, who: &'static str, mode: Mode, stage: Stage) -> Stage {
    let (board, account, now) = (world.board(), world.account(who), world.now());
    let softened = health::eligibility(&board, &account, now, true);
    let surplus = softened.and_then(|health| health.surplus());
    let spared = surplus.expect("health is computable") >= 0;
    match stage {
        Stage::Liquidatable if mode == Mode::Paused && spared => Stage::Warned,
        other => other,
    }
}

/// A world at each stage of an account: the last price of it on the way down, and one more of those
/// that may be taken over, below the critical level or not.
fn steps(mut world: World, who: &'static str, low: f64, step: f64) -> Vec<(Stage, bool, World)> {
    world.audited = false;
    let mut found: Vec<(Stage, bool, World)> = Vec::new();
    let mut price = 100.0;
    while price > low {
        let stage = stage_of(&mut world, who);
        let critical =
            stage == Stage::Liquidatable && world.health(who, Level::Maintenance).below_critical();
        if found
            .last()
            .is_some_and(|last| (last.0, last.1) == (stage, critical))
        {
            found.pop();
        }
        found.push((stage, critical, world.fork()));
        price -= step;
        world.advance(11);
        world.crash(SOL, price);
    }
    found
}

/// The same venue at each stage of alice's leg.
pub fn down() -> Vec<(Stage, bool, World)> {
    let mut found = steps(venue(), "alice", 89.0, 0.5);
    for (stage, _, world) in &mut found {
        let price = world.prices[SOL] as f64 / 1e8;
        if *stage == Stage::Healthy {
            // Healthy at adverse bounds and as a receiver in Restricted too.
            world.fund("alice", 5_000.0);
        }
        // The other side of what she may want: a bid that closes a short, an ask.
        world.place("maker", SOL_PERP, ask(5.0, price + 0.1).post_only());
        world.place("maker", SOL_PERP, bid(5.0, price).post_only());
    }
    found
}

/// The same at each stage of bella's debt.
pub fn owing() -> Vec<(Stage, bool, World)> {
    steps(debtor(), "bella", 72.0, 0.5)
}

pub struct Act {
    pub action: Action,
    /// What placing the order asks, where it is about a fill.
    pub placing: Option<Action>,
    /// Sends it, at this price of SOL.
    pub send: fn(&mut World, f64) -> Outcome,
}

const fn act(action: Action, send: fn(&mut World, f64) -> Outcome) -> Act {
    Act {
        action,
        placing: None,
        send,
    }
}

const fn fill(action: Action, placing: Action, send: fn(&mut World, f64) -> Outcome) -> Act {
    Act {
        action,
        placing: Some(placing),
        send,
    }
}

/// Acts of alice, or on her.
pub const OF_A_LEG: &[Act] = &[
    act(Action::WithdrawWithPositions, |world, _| {
        world.try_withdraw("alice", USDC, usdc(1.0))
    }),
    act(Action::TopUpQuote, |world, _| {
        world.give("alice", USDC, usdc(1.0));
        world.try_deposit("alice", USDC, usdc(1.0))
    }),
    fill(Action::OpenInterestUp, Action::Place, |world, price| {
        let order = bid(1.0, price + 0.1).fill_or_kill();
        world.try_place("alice", SOL_PERP, order)
    }),
    fill(Action::TransferIn, Action::Place, |world, price| {
        // Bob closes what he has: open interest stays.
        let closes = ask(1.0, price + 0.05).post_only().reduce_only();
        let _refused_where_nothing_is_placed = world.try_place("bob", SOL_PERP, closes);
        let order = bid(1.0, price + 0.05).fill_or_kill();
        world.try_place("alice", SOL_PERP, order)
    }),
    fill(Action::Reduce, Action::PlaceReduceOnly, |world, price| {
        let order = ask(1.0, price).fill_or_kill().reduce_only();
        world.try_place("alice", SOL_PERP, order)
    }),
    act(Action::Place, |world, price| {
        world.try_place("alice", SOL_PERP, bid(1.0, price - 2.0).post_only())
    }),
    act(Action::PlaceReduceOnly, |world, price| {
        let order = ask(2.0, price + 2.0).post_only().reduce_only();
        world.try_place("alice", SOL_PERP, order)
    }),
    act(Action::TakeOver, |world, _| {
        world.take_over("liquidator", "alice", SOL_PERP, 1_000_000_000)
    }),
    act(Action::WindUp, |world, _| {
        world.wind_up("liquidator", "alice", 1_000_000)
    }),
    act(Action::Flag, |world, _| world.flag("alice")),
    act(Action::Unflag, |world, _| {
        let key = world.margin_key("alice");
        world.corrupt::<MarginAccount>(key, |account| account.flagged_open = 1);
        world.unflag("alice")
    }),
];

/// Acts on bella.
pub const OF_A_DEBT: &[Act] = &[
    act(Action::Seize, |world, _| {
        world.seize("liquidator", "bella", SOL, scaled(1.0, 9))
    }),
    act(Action::Convert, |world, _| {
        world.convert("liquidator", "bella", SOL, scaled(1.0, 9))
    }),
];

/// The table's context: what isn't touched counts as open.
pub fn context(mode: Mode, stage: Stage) -> Context {
    Context {
        mode,
        phase: Phase::None,
        revoked: 0,
        market: Some(MarketStatus::Open),
        bank: Some(BankStatus::Active),
        gate: Some(gate::Cell::Yes),
        stage: Some(stage),
        critical: false,
        grace: false,
    }
}

/// Acts whose stage is that health at Initial is no less than nothing afterwards.
const AT_INITIAL: [Action; 2] = [Action::WithdrawWithPositions, Action::Place];

/// What the tables say of an act. An order that may not be placed says why, one that may be and
/// finds nobody says so. Health at Initial is looked at after the fills, so that what needs it says
/// what its owner lacks; whether he may still reduce is asked before.
pub fn expected(act: &Act, context: &Context) -> Result<(), String> {
    let Err(rule) = permits(act.action, context) else {
        return Ok(());
    };
    let anyones = Context {
        stage: None,
        ..*context
    };
    let filled = permits(act.action, &anyones).is_ok();
    let rule = match act.placing {
        Some(Action::PlaceReduceOnly) => {
            let placed = permits(Action::PlaceReduceOnly, context);
            placed.err().unwrap_or(Error::NotFilledWhole)
        }
        Some(placing) if !filled => {
            let placed = permits(placing, &anyones);
            placed.err().unwrap_or(Error::NotFilledWhole)
        }
        Some(_) => Error::BelowInitialMargin,
        None if rule == Error::StageForbids && AT_INITIAL.contains(&act.action) => {
            Error::BelowInitialMargin
        }
        None => rule,
    };
    Err(rule.name().into())
}

/// What the bytecode says.
pub fn answer(world: &mut World, act: &Act) -> Result<(), String> {
    let price = world.prices[SOL] as f64 / 1e8;
    let outcome = (act.send)(world, price);
    outcome.map(drop).map_err(|failure| name(&failure))
}

fn name(failure: &Failure) -> String {
    let named = Error::ALL.iter().map(|rule| BulwarkError::from(*rule));
    let found = named
        .into_iter()
        .find(|error| Some(u32::from(*error)) == failure.code());
    found.map_or_else(|| failure.to_string(), |error| error.name())
}
