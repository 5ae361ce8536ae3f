//! The account's side of the tables of permission on the bytecode: mode × action × stage, with the
//! protocol's and the compartment's record apart. One account goes down through all five stages;
//! at each, in each mode, each act is tried in a fork, and its success or its error is the table's.

use bulwark::error::BulwarkError;
use bulwark_core::Error;
use bulwark_core::gate;
use bulwark_core::health::Stage;
use bulwark_core::mode::{Mode, Phase};
use bulwark_core::permits::{Action, BankStatus, Context, MarketStatus, permits};
use bulwark_state::{Compartment, End, ModeRecord, Protocol};
use bulwark_svm::vm::Failure;
use bulwark_svm::world::{Outcome, SOL, SOL_PERP, USDC, World, ask, bid, usdc};

const FOR_EVER: End = End {
    at: i64::MAX,
    slot: u64::MAX,
};

const STAGES: [Stage; 5] = [
    Stage::Healthy,
    Stage::ReduceOnly,
    Stage::Warned,
    Stage::Liquidatable,
    Stage::Bankrupt,
];

/// Whose record asks for which mode.
const COLUMNS: [(bool, Mode); 5] = [
    (false, Mode::Normal),
    (false, Mode::Restricted),
    (true, Mode::Restricted),
    (false, Mode::Paused),
    (true, Mode::Paused),
];

fn set(world: &mut World, (of_all, mode): (bool, Mode)) {
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

/// Alice is long 100 SOL on $900: 10 % off her entry is all she has.
fn venue() -> World {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("liquidator", 200_000.0);
    world.fund("alice", 900.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.advance(60);
    world.refresh_all();
    world
}

/// The same at each stage: the last price of it on the way down.
fn down() -> Vec<(Stage, World)> {
    let mut world = venue();
    let mut found: Vec<(Stage, World)> = Vec::new();
    let mut price = 100.0;
    while price > 89.0 {
        let number = world.health_view("alice").stage;
        let stage = STAGES[usize::from(number) - 1];
        if found.last().is_some_and(|(last, _)| *last == stage) {
            found.pop();
        }
        found.push((stage, world.fork()));
        price -= 0.5;
        world.advance(11);
        world.crash(SOL, price);
    }
    found
}

type Try = fn(&mut World, f64) -> Outcome;

/// An act of alice, or on her, and whether it is about a fill.
const ACTS: &[(Action, bool, Try)] = &[
    (Action::WithdrawWithPositions, false, |world, _| {
        world.try_withdraw("alice", USDC, usdc(1.0))
    }),
    (Action::TopUpQuote, false, |world, _| {
        world.give("alice", USDC, usdc(1.0));
        world.try_deposit("alice", USDC, usdc(1.0))
    }),
    (Action::OpenInterestUp, true, |world, price| {
        world.try_place("alice", SOL_PERP, bid(1.0, price + 0.1).ioc())
    }),
    (Action::Reduce, true, |world, price| {
        world.try_place("alice", SOL_PERP, ask(1.0, price).ioc().reduce_only())
    }),
    (Action::Place, false, |world, price| {
        world.try_place("alice", SOL_PERP, bid(1.0, price - 2.0).post_only())
    }),
    (Action::PlaceReduceOnly, false, |world, price| {
        let order = ask(2.0, price + 2.0).post_only().reduce_only();
        world.try_place("alice", SOL_PERP, order)
    }),
    (Action::TakeOver, false, |world, _| {
        world.take_over("liquidator", "alice", SOL_PERP, 1_000_000_000)
    }),
    (Action::WindUp, false, |world, _| {
        world.wind_up("liquidator", "alice", 1_000_000)
    }),
    (Action::Flag, false, |world, _| world.flag("alice")),
];

fn name(failure: &Failure) -> String {
    let named = Error::ALL.iter().map(|rule| BulwarkError::from(*rule));
    let found = named
        .into_iter()
        .find(|error| Some(u32::from(*error)) == failure.code());
    found.map_or_else(|| failure.to_string(), |error| error.name())
}

fn answer(world: &mut World, (_, fill, act): &(Action, bool, Try)) -> Result<(), String> {
    let price = world.prices[SOL] as f64 / 1e8;
    let before = world.position("alice", SOL_PERP).base;
    let outcome = act(world, price);
    if *fill {
        let filled = world.position("alice", SOL_PERP).base != before;
        return filled.then_some(()).ok_or("not filled".to_owned());
    }
    outcome.map(drop).map_err(|failure| name(&failure))
}

#[test]
fn every_mode_and_every_stage_of_the_account() {
    let stages = down();
    let seen: Vec<Stage> = stages.iter().map(|(stage, _)| *stage).collect();
    assert_eq!(seen, STAGES, "all five, in their order");
    let (mut cells, mut wrong) = (0, Vec::new());
    for (stage, world) in &stages {
        let mut world = world.fork();
        world.audited = false;
        let price = world.prices[SOL] as f64 / 1e8;
        if *stage == Stage::Healthy {
            // Healthy at adverse bounds and as a receiver in Restricted too.
            world.fund("alice", 5_000.0);
        }
        // The other side of what she may want: a bid that closes a short, an ask.
        world.place("maker", SOL_PERP, ask(5.0, price + 0.1).post_only());
        world.place("maker", SOL_PERP, bid(5.0, price).post_only());
        for column in COLUMNS {
            for act in ACTS {
                let mut fork = world.fork();
                set(&mut fork, column);
                let context = Context {
                    mode: column.1,
                    phase: Phase::None,
                    revoked: 0,
                    market: Some(MarketStatus::Open),
                    bank: Some(BankStatus::Active),
                    gate: Some(gate::Cell::Yes),
                    stage: Some(*stage),
                    critical: false,
                    grace: false,
                };
                let expected = permits(act.0, &context);
                let found = answer(&mut fork, act);
                cells += 1;
                let agrees = match (&expected, &found) {
                    (Ok(_), found) => found.is_ok(),
                    (Err(_), Err(said)) if said == "not filled" => true,
                    // Initial health is what a stage below Healthy lacks.
                    (Err(Error::StageForbids), Err(said)) => {
                        ["StageForbids", "BelowInitialMargin"].contains(&said.as_str())
                    }
                    (Err(rule), Err(said)) => rule.name() == said,
                    (Err(_), Ok(())) => false,
                };
                if !agrees {
                    let what = format!("{:?} in {column:?} of {stage:?}", act.0);
                    wrong.push(format!("{what}: {expected:?}, on the bytecode {found:?}"));
                }
            }
        }
    }
    println!("{cells} cells");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cells, 5 * COLUMNS.len() * ACTS.len());
}
