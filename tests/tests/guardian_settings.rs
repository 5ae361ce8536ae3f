//! Parameters and instant powers on the bytecode: the box at proposal and at execution, nobody
//! liquidated by a change, exits quickened while it waits, what two may do and for how long.

use bulwark::error::BulwarkError;
use bulwark_client::address;
use bulwark_core::guardian::{Action, MAX_SETTINGS, SLACK, Setting, State, Subject, encode};
use bulwark_core::health::Level;
use bulwark_core::params::{COUPLED, Delay, Group, Parameters, Row, row_of};
use bulwark_state::{ACTION_BYTES, End};
use bulwark_svm::world::{
    Outcome, SOL, SOL_PERP, USDC, World, ask, base_e8, bid, expect_error, usdc,
};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// A guardian of five; alice long, with SOL as collateral, beyond the depth of the size curve.
fn guarded() -> World {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.fund("maker", 1_000_000.0);
    world.fund("alice", 2_000.0);
    world.deposit("alice", SOL, 20_000_000_000);
    world.trade("alice", "maker", SOL_PERP, 50.0, 100.0);
    world
}

/// The value of a parameter on chain.
fn value(world: &World, subject: Subject, id: u16) -> u64 {
    let place = usize::from(id & 0xff);
    let board = world.board();
    let found = match (Group::ALL[usize::from(id >> 8) - 1], subject) {
        (Group::Feed, Subject::Feed(at)) => board.feeds[usize::from(at)].params.value(place),
        (Group::Margin, Subject::Market(at)) => {
            board.markets[usize::from(at)].margin.params.value(place)
        }
        (Group::Margin, Subject::Bank(at)) => {
            board.banks[usize::from(at)].haircut.params.value(place)
        }
        (Group::Market, Subject::Market(at)) => world.market(usize::from(at)).value(place),
        (Group::BoardMarket, Subject::Market(at)) => board.markets[usize::from(at)].value(place),
        (Group::Bank, Subject::Bank(at)) => world.bank(usize::from(at)).value(place),
        (Group::BoardBank, Subject::Bank(at)) => board.banks[usize::from(at)].value(place),
        (Group::Quote, Subject::Bank(0)) => world.bank(0).totals.value(place),
        (Group::Insurance, Subject::Compartment) => world.insurance().value(place),
        (Group::Board, Subject::Compartment) => board.value(place),
        _ => Some(0),
    };
    found.unwrap()
}

/// Subjects that have the rows of a group.
fn subjects(group: Group) -> Vec<Subject> {
    match group {
        Group::Feed => vec![Subject::Feed(1)],
        Group::Margin => vec![Subject::Market(0), Subject::Bank(1)],
        Group::Market | Group::BoardMarket => vec![Subject::Market(0)],
        Group::Bank => vec![Subject::Bank(0), Subject::Bank(1)],
        Group::BoardBank => vec![Subject::Bank(1)],
        Group::Quote => vec![Subject::Bank(0)],
        Group::Insurance | Group::Board => vec![Subject::Compartment],
        Group::Switch => vec![Subject::Market(0), Subject::Bank(1)],
    }
}

fn every_row() -> Vec<(Subject, u16, &'static Row)> {
    let mut all = Vec::new();
    for group in Group::ALL {
        for (place, row) in group.rows().iter().enumerate() {
            for subject in subjects(group) {
                all.push((subject, group.id(place), row));
            }
        }
    }
    all
}

fn settings(subject: Subject, list: &[Setting]) -> Action {
    let mut places = [Setting::default(); MAX_SETTINGS];
    places[..list.len()].copy_from_slice(list);
    Action::SetParameters(0, subject, list.len() as u8, places)
}

/// One parameter to a value, with all that is bound to it as it stands.
fn whole(world: &World, subject: Subject, id: u16, to: u64) -> Action {
    let mut list = vec![Setting { id, value: to }];
    for set in COUPLED.iter().filter(|set| set.contains(&id)) {
        for other in set.iter().filter(|other| **other != id) {
            list.push(Setting {
                id: *other,
                value: value(world, subject, *other),
            });
        }
    }
    list.sort_by_key(|setting| setting.id);
    settings(subject, &list)
}

/// Values just outside of the box, and the farthest inside of it.
fn edges(row: &Row, old: u64) -> (Vec<u64>, Vec<u64>) {
    let step = (u128::from(old) * u128::from(row.step_ppm)).div_ceil(1_000_000) as u64;
    let mut outside = vec![row.max + 1];
    outside.extend(row.min.checked_sub(1));
    let (mut inside, falls) = (Vec::new(), row.delay == Delay::InstantDown);
    if old != 0 {
        outside.extend(old.checked_add(step + 1));
        outside.extend(old.checked_sub(step + 1).filter(|_| !falls));
        inside.push(old.saturating_add(step).min(row.max));
        inside.push(if falls {
            row.min
        } else {
            old.saturating_sub(step).max(row.min)
        });
    } else {
        inside.push(row.max);
    }
    (outside, inside)
}

/// Puts another action into a proposal, whose delay is over.
fn forge(world: &mut World, nonce: u64, action: &Action) {
    let mut proposal = world.proposal(nonce);
    let mut bytes = [0; ACTION_BYTES];
    proposal.action_len = encode(action, &mut bytes).unwrap();
    (proposal.action, proposal.kind) = (bytes, action.kind() as u16);
    let now = world.now();
    (proposal.eta, proposal.queued) = (
        End {
            at: now.unix,
            slot: now.slot,
        },
        End {
            at: now.unix,
            slot: now.slot,
        },
    );
    proposal.state = State::Queued as u8;
    let key = bulwark_svm::vm::address(address::proposal(nonce));
    world.vm.overwrite(key, &*proposal).unwrap();
    if let Some(follower) = &mut world.follower {
        let proposals = &mut follower.ledger.proposals;
        proposals.insert(address::proposal(nonce), proposal);
    }
}

#[test]
fn out_of_the_box_is_refused_at_proposal_and_at_execution() {
    let mut world = guarded();
    let k = Group::Margin.id(0);
    let sound = whole(&world, Subject::Market(0), k, 9_100);
    let nonce = world.queue(4, &sound);
    let mut cases = 0;
    for (subject, id, row) in every_row() {
        let old = value(&world, subject, id);
        let (outside, _) = edges(row, old);
        for to in outside {
            if id == Group::Switch.id(0) && to == old + 1 {
                continue;
            }
            let action = whole(&world, subject, id, to);
            let proposed = world.try_propose(1, &action);
            expect_named(proposed, row, to);
            forge(&mut world, nonce, &action);
            let executed = world.execute(nonce);
            expect_named(executed, row, to);
            assert_eq!(value(&world, subject, id), old);
            cases += 1;
        }
    }
    assert!(cases > 200, "{cases}");
    assert_eq!(world.guardian().nonce, nonce + 1, "nothing was proposed");
}

#[track_caller]
fn expect_named(outcome: Outcome, row: &Row, to: u64) {
    let code = outcome.err().and_then(|failure| failure.code());
    let expected = u32::from(BulwarkError::ParameterOutOfBounds);
    assert_eq!(code, Some(expected), "{} to {to}", row.key);
}

/// INV-NOFLIP: whatever is set as far as one change may, health at maintenance doesn't fall in that
/// instruction.
#[test]
fn inv_noflip_no_parameter_liquidates_in_its_instruction() {
    let mut world = guarded();
    // Beyond the depth, with a slope that counts.
    world.rewrite_board(|board| {
        board.markets[SOL_PERP].depth_usd = 10_000_000_000;
        board.markets[SOL_PERP].size_slope_e9 = 40_000_000;
    });
    world.fund("bob", 40_000.0);
    world.trade("bob", "maker", SOL_PERP, 400.0, 100.0);
    let sound = whole(&world, Subject::Market(0), Group::Margin.id(0), 9_100);
    let nonce = world.queue(4, &sound);
    let kept = world.vm.keep(&written(&world, nonce));
    // Executions are taken back below: no history to rebuild.
    world.follower = None;
    let before = ["alice", "bob"].map(|name| surplus(&world, name));
    let mut done = 0;
    for (subject, id, row) in every_row() {
        let old = value(&world, subject, id);
        let (_, inside) = edges(row, old);
        for to in inside {
            let action = whole(&world, subject, id, to);
            forge(&mut world, nonce, &action);
            if world.execute(nonce).is_ok() {
                done += 1;
                assert_eq!(
                    value(&world, subject, id) == to || row.key == "closed",
                    true
                );
                for (name, before) in ["alice", "bob"].iter().zip(before) {
                    let after = surplus(&world, name);
                    assert!(
                        after >= before,
                        "{} to {to}: {name} {before} {after}",
                        row.key
                    );
                }
            }
            world.vm.restore(&kept).unwrap();
        }
    }
    assert!(done > 120, "{done}");
}

fn surplus(world: &World, name: &str) -> i64 {
    world.health(name, Level::Maintenance).surplus().unwrap()
}

/// What an execution writes.
fn written(world: &World, nonce: u64) -> Vec<solana_address::Address> {
    let ours = &world.deployment;
    let keys = [
        ours.protocol,
        ours.board,
        ours.insurance,
        ours.banks[0].bank,
        ours.banks[SOL].bank,
        ours.markets[0].market,
        address::guardian(),
        address::proposal(nonce),
    ];
    keys.map(bulwark_svm::vm::address).to_vec()
}

#[test]
fn a_floor_rises_by_the_ramp_and_the_new_figure_is_there_at_its_end() {
    let mut world = guarded();
    let old = value(&world, Subject::Market(0), Group::Margin.id(1));
    let action = whole(&world, Subject::Market(0), Group::Margin.id(1), old * 5 / 4);
    let nonce = world.queue(4, &action);
    expect_error(world.execute(nonce), BulwarkError::DelayRuns);
    // a08: every exit quickens from quorum on.
    assert_eq!(world.protocol().quick_ppm, 166_667);
    world.pass(7 * DAY + SLACK);
    world.execute(nonce).unwrap();
    assert_eq!(world.protocol().quick_ppm, 0);
    assert_eq!(
        value(&world, Subject::Market(0), Group::Margin.id(1)),
        old * 5 / 4
    );
    expect_error(world.execute(nonce), BulwarkError::ProposalClosed);
    let seat = world.board().markets[SOL_PERP].margin;
    assert!(seat.mm >= old * 5 / 4);
}

#[test]
fn i05_half_of_a_group_is_refused() {
    let mut world = guarded();
    for set in COUPLED {
        let id = set[0];
        let group = Group::ALL[usize::from(id >> 8) - 1];
        let subject = subjects(group)[0];
        let to = value(&world, subject, id);
        let alone = settings(subject, &[Setting { id, value: to }]);
        expect_error(world.try_propose(1, &alone), BulwarkError::CoupledApart);
        assert!(row_of(id).is_some());
    }
}

#[test]
fn a05_what_is_not_listed_takes_four_and_seven_days() {
    let mut world = guarded();
    let mut powers = Vec::new();
    for (subject, id, row) in every_row() {
        let setting = Setting {
            id,
            value: u64::from(row.key == "closed"),
        };
        let action = Action::Tighten(0, subject, setting);
        let nonce = world.guardian().nonce;
        match world.try_propose(1, &action) {
            Ok(_) => powers.push((subject, row.key)),
            Err(failure) => {
                let code = failure.code();
                let refused = [BulwarkError::BadAction, BulwarkError::ParameterOutOfBounds];
                let refused = refused.map(|error| Some(u32::from(error)));
                assert!(refused.contains(&code), "{}: {code:?}", row.key);
                assert_eq!(world.guardian().nonce, nonce);
            }
        }
    }
    let (market, quote, sol) = (Subject::Market(0), Subject::Bank(0), Subject::Bank(1));
    let complete = [
        (market, "market.oi_cap"),
        (market, "market.slot_notional_cap"),
        (market, "market.leverage_cap"),
        (quote, "bank.deposit_cap"),
        (sol, "bank.deposit_cap"),
        (market, "closed"),
        (sol, "closed"),
    ];
    assert_eq!(powers, complete);
    // The same parameters by four wait seven days in both directions.
    for to in [9_100, 8_900] {
        let action = whole(&world, market, Group::Margin.id(0), to);
        let nonce = world.propose(1, &action);
        world.approve(2, nonce).unwrap();
        expect_error(world.execute(nonce), BulwarkError::ProposalNotQueued);
        world.approve(3, nonce).unwrap();
        world.approve(4, nonce).unwrap();
        expect_error(world.execute(nonce), BulwarkError::DelayRuns);
    }
}

#[test]
fn a71_two_close_a_market_for_three_days_twice_a_month() {
    let mut world = guarded();
    let close = Action::Tighten(
        0,
        Subject::Market(0),
        Setting {
            id: Group::Switch.id(0),
            value: 1,
        },
    );
    world.place("maker", SOL_PERP, ask(5.0, 100.0));
    let held = world.position("alice", SOL_PERP).base;
    let opens = |world: &mut World| {
        world.pass(2);
        world.refresh_all();
        let before = world.position("alice", SOL_PERP).base;
        let _ = world.try_place("alice", SOL_PERP, bid(1.0, 100.0).ioc());
        world.position("alice", SOL_PERP).base - before
    };
    for _ in 0..2 {
        let nonce = world.queue(2, &close);
        world.execute(nonce).unwrap();
        assert_eq!(opens(&mut world), 0);
        // Exits aren't quickened by it, nor closed.
        assert_eq!(world.protocol().quick_ppm, 0);
        world.pass(3 * DAY - 60);
        assert_eq!(opens(&mut world), 0);
        world.pass(120);
    }
    assert_eq!(opens(&mut world), base_e8(1.0) as i64);
    assert_eq!(
        world.position("alice", SOL_PERP).base,
        held + base_e8(1.0) as i64
    );
    let third = world.try_propose(1, &close);
    expect_error(third, BulwarkError::BudgetExhausted);
    // By four and seven days it stays.
    let confirm = settings(
        Subject::Market(0),
        &[Setting {
            id: Group::Switch.id(0),
            value: 1,
        }],
    );
    let nonce = world.queue(4, &confirm);
    world.pass(7 * DAY + SLACK);
    world.execute(nonce).unwrap();
    world.pass(60 * DAY);
    assert_eq!(opens(&mut world), 0);
}

#[test]
fn a05_a_lowered_deposit_cap_keeps_nobody_from_topping_up() {
    let mut world = guarded();
    for setting in [
        Setting {
            id: Group::Bank.id(0),
            value: 0,
        },
        Setting {
            id: Group::Switch.id(0),
            value: 1,
        },
    ] {
        let nonce = world.queue(2, &Action::Tighten(0, Subject::Bank(0), setting));
        world.execute(nonce).unwrap();
    }
    world.give("alice", USDC, usdc(50.0));
    world.try_deposit("alice", USDC, usdc(50.0)).unwrap();
    world.give("carol", USDC, usdc(50.0));
    assert!(world.try_deposit("carol", USDC, usdc(50.0)).is_err());
    assert_eq!(world.withdraw("maker", USDC, usdc(100.0)), (usdc(100.0), 0));
}

#[test]
fn wrong_accounts_of_an_item_are_refused() {
    let mut world = guarded();
    let action = whole(&world, Subject::Market(0), Group::Margin.id(0), 9_100);
    let nonce = world.queue(4, &action);
    world.pass(7 * DAY + SLACK);
    let ours = world.deployment.clone();
    let (right, other) = (ours.markets[0].market, ours.markets[1].market);
    for (keys, error) in [
        (
            vec![ours.compartment, ours.board],
            BulwarkError::IncompleteSet,
        ),
        (
            vec![ours.compartment, ours.board, other],
            BulwarkError::WrongMarket,
        ),
        (
            vec![ours.compartment, ours.insurance, right],
            BulwarkError::WrongBoard,
        ),
        (
            vec![ours.compartment, ours.board, right, right],
            BulwarkError::IncompleteSet,
        ),
    ] {
        expect_error(world.execute_with(nonce, &keys), error);
    }
    world.execute(nonce).unwrap();
}
