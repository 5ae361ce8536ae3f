//! The account's side of the tables of permission on the bytecode: mode × action × stage × grace,
//! with the protocol's and the compartment's record apart, and mode × action × stage × severity of
//! the oracle. One account goes down through all five stages with its leg, another with its debt;
//! at each, below the critical level or not, each act is tried in a fork, and its success or its
//! error is the table's.

#[path = "matrix/ladder.rs"]
mod ladder;
#[path = "matrix/severity.rs"]
mod severity;
#[path = "stage/mod.rs"]
mod stage;

use bulwark_core::Error;
use bulwark_core::gate::{self, Severity};
use bulwark_core::health::{Level, Stage, health};
use bulwark_core::mode::Mode;
use bulwark_core::permits::{Action, Context, GATE};
use bulwark_state::{Board, OracleSource};
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{SOL, World};
use bulwark_svm::{launch, pyth};
use ladder::{
    Act, COLUMNS, OF_A_DEBT, OF_A_LEG, STAGES, answer, context, down, expected, owing, set,
    set_grace, stage_in,
};
use severity::worsen;
use solana_signer::Signer;

type Steps = Vec<(Stage, bool, World)>;

/// Both accounts with what is tried on them.
fn both() -> [(&'static str, Steps, &'static [Act]); 2] {
    [("alice", down(), OF_A_LEG), ("bella", owing(), OF_A_DEBT)]
}

/// The SOL feed gets a second source, which says this share of the first's price.
fn second_says(world: &mut World, share: f64) {
    let key = world.deployment.board;
    world.corrupt::<Board>(key, |board| {
        board.feeds[SOL].second = OracleSource {
            id: launch::feed_id("second"),
            kind: 1,
            reserved: [0; 7],
        };
    });
    worsen(world, Severity::Ok);
    world.advance(1);
    let price = world.prices[SOL];
    world.publish(SOL, price, price / 5_000, price);
    let other = (price as f64 * share) as u64;
    let mut message = launch::message("second", 0, other, 1, world.now().unix);
    message.feed_id = launch::feed_id("second");
    let data = pyth::price_update(&message, world.now().slot);
    let second = launch::oracle("second");
    world.write_oracle(second, pyth::CLASSIC_RECEIVER, data);
    let first = pubkey(launch::oracle(world.plan.feeds[SOL].name));
    let payer = pubkey(Signer::pubkey(&world.vm.payer));
    let number = u8::try_from(SOL).expect("it fits");
    let both = [(number, first, Some(pubkey(second)))];
    let refresh = world.deployment.refresh(payer, &both);
    world.send(&[refresh], &[]).expect("both are read");
}

/// Each severity, and [`Severity::Diverged`] by a second source too, above and below.
const WAYS: [(Severity, Option<f64>); 9] = [
    (Severity::Ok, None),
    (Severity::Uncertain, None),
    (Severity::Unconfirmed, None),
    (Severity::Stale, None),
    (Severity::Old, None),
    (Severity::Diverged, None),
    (Severity::Diverged, Some(1.06)),
    (Severity::Diverged, Some(0.94)),
    (Severity::Dead, None),
];

/// Whether an account is short of the level at which a liquidation ends: its flag stays on until
/// there, above the stage at which it was set.
fn short(world: &World, who: &'static str, mode: Mode) -> bool {
    let (board, account, now) = (world.board(), world.account(who), world.now());
    let paused = mode == Mode::Paused;
    let end = health(&board, &account, Level::LiquidationEnd, now, paused);
    let surplus = end.and_then(|health| health.surplus());
    surplus.expect("health is computable") < 0
}

fn stages(steps: &Steps) -> Vec<Stage> {
    let mut seen: Vec<Stage> = steps.iter().map(|step| step.0).collect();
    seen.dedup();
    seen
}

#[test]
fn every_mode_and_every_stage_of_the_account_in_grace_and_out_of_it() {
    let (mut cells, mut wrong) = (0, Vec::new());
    for (who, steps, acts) in both() {
        assert_eq!(stages(&steps), STAGES, "{who}: all five, in their order");
        let critical = steps.iter().filter(|step| step.1).count();
        assert_eq!(
            critical, 1,
            "{who}: liquidatable below the critical level too"
        );
        for (stage, critical, world) in &steps {
            for (column, grace) in COLUMNS.into_iter().flat_map(|c| [(c, false), (c, true)]) {
                for act in acts {
                    let mut fork = world.fork();
                    set(&mut fork, column);
                    set_grace(&mut fork, grace);
                    let cell = Context {
                        critical: *critical,
                        // Whoever is below the critical level has none, and a flag takes nothing.
                        grace: grace && !critical && act.action != Action::Flag,
                        ..context(column.1, stage_in(world, who, column.1, *stage))
                    };
                    let low = act.action == Action::Unflag && short(world, who, column.1);
                    let meant = match low {
                        true => Err(Error::StageForbids.name().into()),
                        false => expected(act, &cell),
                    };
                    let found = answer(&mut fork, act);
                    cells += 1;
                    if meant != found {
                        wrong.push(format!(
                            "{:?} in {column:?} of {stage:?}, critical {critical}, grace {grace}: \
                             {meant:?}, on the bytecode {found:?}",
                            act.action
                        ));
                    }
                }
            }
        }
    }
    println!("{cells} cells");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        cells,
        6 * 2 * COLUMNS.len() * (OF_A_LEG.len() + OF_A_DEBT.len())
    );
}

#[test]
fn every_stage_of_the_account_and_every_severity_of_the_oracle() {
    let (mut cells, mut wrong) = (0, Vec::new());
    let mut old_and_critical = 0;
    let tried = |severity: &Severity| WAYS.iter().any(|way| way.0 == *severity);
    assert!(Severity::ALL.iter().all(tried));
    for (who, steps, acts) in both() {
        for (stage, _, world) in &steps {
            for (severity, second) in WAYS {
                let mut bad = world.fork();
                match second {
                    Some(share) => second_says(&mut bad, share),
                    None => worsen(&mut bad, severity),
                }
                let (board, now) = (bad.board(), bad.now());
                let feed = &board.feeds[SOL];
                assert_eq!(gate::severity(feed, now), severity);
                let told = bad.health_view(who).stage;
                let critical = bad.health(who, Level::Maintenance).below_critical();
                for act in acts {
                    let Some(usage) = GATE[act.action as usize] else {
                        continue;
                    };
                    for mode in [Mode::Normal, Mode::Restricted, Mode::Paused] {
                        let mut fork = bad.fork();
                        set(&mut fork, (false, mode));
                        set_grace(&mut fork, false);
                        let cell = Context {
                            gate: Some(gate::cell(feed, usage, now)),
                            critical,
                            ..context(
                                mode,
                                stage_in(&bad, who, mode, STAGES[usize::from(told) - 1]),
                            )
                        };
                        let meant = expected(act, &cell);
                        let found = answer(&mut fork, act);
                        cells += 1;
                        let old = severity == Severity::Old && critical && found.is_ok();
                        old_and_critical += u32::from(old && act.action == Action::TakeOver);
                        if meant != found {
                            wrong.push(format!(
                                "{:?} in {mode:?} of {stage:?} (told {told}, critical {critical}), \
                                 {severity:?} {second:?}: {meant:?}, on the bytecode {found:?}",
                                act.action
                            ));
                        }
                    }
                }
            }
        }
    }
    println!(
        "{cells} cells, {old_and_critical} taken over below the critical level at an old price"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cells == 6 * WAYS.len() * 3 * 6, "{cells}");
    assert!(old_and_critical > 0, "an old price and the critical level");
}
