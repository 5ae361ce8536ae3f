//! Properties, the plans that explore them, and the mutants that must break them.

use std::num::NonZeroUsize;

use bulwark_core::guardian::{Kind, SLACK, State};
use stateright::{Checker, Model, Property};

use crate::council::{Case, Council, Mutant, Scene, quick_enough};

/// What a check found.
#[derive(Clone, Debug)]
pub struct Proven {
    /// Property.
    pub name: &'static str,
    /// Plan that it was explored in.
    pub plan: &'static str,
    /// States that differ.
    pub states: usize,
    /// Longest shortest path.
    pub depth: usize,
    /// Whether every reachable state of the plan was seen and none breaks it.
    pub holds: bool,
}

/// ⌈4n/5⌉ and the others, written anew: n − ⌊n/5⌋.
fn quorum_of(kind: Kind, members: u8) -> u8 {
    match kind {
        Kind::Restrict | Kind::Tighten => 2,
        Kind::Pause | Kind::Revoke => members / 2 + 1,
        Kind::RemoveMembers => members - 1,
        _ => members - members / 5,
    }
}

fn kind(case: &Case) -> Kind {
    Kind::from_u16(case.proposal.0.kind).expect("a kind of the table")
}

fn every(scene: &Scene, holds: impl Fn(&Case) -> bool) -> bool {
    scene.cases.iter().all(holds)
}

/// Executed only with the quorum of today's members, and not less than at proposal.
fn quorum_stands(_: &Council, scene: &Scene) -> bool {
    every(scene, |case| match case.done {
        Some((_, _, approvers, members)) => {
            let needed = |n| quorum_of(kind(case), n);
            // A removal whose subject is gone needs his successor too: never fewer than this.
            approvers >= needed(members).max(needed(case.members))
        }
        None => true,
    })
}

/// Executed only when both clocks have passed the delay that held at quorum.
fn both_clocks(_: &Council, scene: &Scene) -> bool {
    every(scene, |case| match (case.done, case.waits) {
        (Some((unix, slot, _, _)), Some((seconds, slots))) => {
            let queued = case.proposal.0.queued;
            let slack = if seconds == 0 { 0 } else { SLACK };
            unix.abs_diff(queued.at) >= seconds + slack.unsigned_abs()
                && slot >= queued.slot + slots
        }
        (Some(_), None) => false,
        _ => true,
    })
}

/// INV-NOVOID: one voice cancels nothing and moves no end.
fn no_single_voice(_: &Council, scene: &Scene) -> bool {
    every(scene, |case| {
        let p = &case.proposal.0;
        let cancelled = p.state == State::Cancelled as u8;
        let queued = p.state == State::Queued as u8;
        (!cancelled || case.against >= 2) && (!queued || (p.eta.at, p.eta.slot) == case.eta)
    })
}

fn at_most_once(_: &Council, scene: &Scene) -> bool {
    every(scene, |case| case.executed <= 1)
}

/// Members stay at least as many as they were, distinct, each membership given once.
fn members_are_sound(council: &Council, scene: &Scene) -> bool {
    let guardian = &scene.guardian.0;
    let count = usize::from(guardian.member_count);
    let members = &guardian.members[..count];
    let distinct = members.iter().enumerate().all(|(i, m)| {
        m.key != [0; 32]
            && m.membership != 0
            && m.membership < guardian.next_membership
            && members[..i]
                .iter()
                .all(|e| e.key != m.key && e.membership != m.membership)
    });
    distinct && (usize::from(council.members)..=16).contains(&count)
}

/// While a change waits, all can be out a day before it can land.
fn delay_means_exit(_: &Council, scene: &Scene) -> bool {
    quick_enough(scene)
}

/// Delays never stand below their floors.
fn floors_hold(_: &Council, scene: &Scene) -> bool {
    let guardian = &scene.guardian.0;
    guardian.delay >= 7 * 86_400
        && guardian.relax_delay >= 48 * 3_600
        && (200..=400).contains(&guardian.slot_ms)
}

/// All properties of the council.
pub fn council_properties() -> Vec<Property<Council>> {
    vec![
        Property::always("quorum_stands", quorum_stands),
        Property::always("both_clocks", both_clocks),
        Property::always("no_single_voice", no_single_voice),
        Property::always("at_most_once", at_most_once),
        Property::always("members_are_sound", members_are_sound),
        Property::always("delay_means_exit", delay_means_exit),
        Property::always("floors_hold", floors_hold),
    ]
}

/// Plans that are explored to their end: name and council. The full ones take minutes.
pub fn plans(full: bool) -> Vec<(&'static str, Council)> {
    use Kind::{AddMember, IncidentUpgrade, Pause, Relax, RemoveMembers, SetParameters, SetVeto};
    let mut plans = vec![
        (
            "5 members: parameters beside a removal, nobody objects",
            removal(),
        ),
        (
            "5 members: an incident upgrade, anyone objects",
            Council {
                cases: 1,
                ..Council::all(5, &[IncidentUpgrade])
            },
        ),
        (
            "5 members: parameters, anyone objects",
            Council {
                cases: 1,
                times: 3,
                ..Council::all(5, &[SetParameters])
            },
        ),
        ("5 members: a shorter delay beside parameters", shorter()),
    ];
    if full {
        let both = [SetParameters, RemoveMembers];
        plans.push((
            "5 members: parameters beside a removal",
            Council::all(5, &both),
        ));
        let incident = [IncidentUpgrade, AddMember];
        plans.push((
            "5 members: an incident beside a new member",
            Council::all(5, &incident),
        ));
        let few = Council {
            objections: false,
            ..Council::all(
                5,
                &[
                    SetParameters,
                    RemoveMembers,
                    AddMember,
                    SetVeto,
                    Relax,
                    Pause,
                ],
            )
        };
        plans.push(("5 members: any two of six kinds, nobody objects", few));
        let seven = Council {
            objections: false,
            ..Council::all(7, &[SetParameters, RemoveMembers, AddMember])
        };
        plans.push(("7 members: any two of three kinds, nobody objects", seven));
    }
    plans
}

/// A removal whose subject approved something that waits.
fn removal() -> Council {
    Council {
        times: 3,
        skew: false,
        objections: false,
        ..Council::all(5, &[Kind::SetParameters, Kind::RemoveMembers])
    }
}

fn shorter() -> Council {
    Council {
        long: true,
        times: 3,
        skew: false,
        objections: false,
        ..Council::all(5, &[Kind::SetDelays, Kind::SetParameters])
    }
}

/// Explores a council to its end.
pub fn check(name: &'static str, council: Council) -> Vec<Proven> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let checker = council.checker().threads(threads).spawn_bfs().join();
    let properties = council_properties();
    properties
        .iter()
        .map(|property| Proven {
            name: property.name,
            plan: name,
            states: checker.unique_state_count(),
            depth: checker.max_depth(),
            holds: checker.is_done() && checker.discovery(property.name).is_none(),
        })
        .collect()
}

/// Each mutant and the property that must find it out.
pub const MUTANTS: &[(Mutant, &str)] = &[
    (Mutant::NoSlots, "both_clocks"),
    (Mutant::NoClock, "both_clocks"),
    (Mutant::LiveDelay, "both_clocks"),
    (Mutant::SameMembership, "quorum_stands"),
    (Mutant::LoneVeto, "no_single_voice"),
    (Mutant::Postpone, "no_single_voice"),
    (Mutant::Again, "at_most_once"),
    (Mutant::SlowExit, "delay_means_exit"),
];

/// Whether the property finds the mutant out.
pub fn caught(mutant: Mutant, property: &'static str) -> bool {
    let mut council = match mutant {
        Mutant::LiveDelay => shorter(),
        Mutant::SameMembership => removal(),
        _ => Council {
            cases: 1,
            ..Council::all(5, &[Kind::SetParameters])
        },
    };
    council.mutant = Some(mutant);
    let checker = council
        .checker()
        .threads(2)
        .finish_when(stateright::HasDiscoveries::AnyOf(
            [property].into_iter().collect(),
        ))
        .spawn_bfs()
        .join();
    checker.discovery(property).is_some()
}
