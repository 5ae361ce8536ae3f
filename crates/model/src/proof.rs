//! What is explored how far, and the mutants that show that each property can fail.

use std::hash::Hash;
use std::num::NonZeroUsize;

use bulwark_core::guardian::Kind;
use serde_json::{Value, json};
use stateright::{Checker, HasDiscoveries, Model};

use crate::boxes::{self, Boxes};
use crate::council::{Council, Mutant, Rest};
use crate::pauses::{self, Pauses};
use crate::time_to_loss::{Harm, Theft};

/// What an exploration found of one property.
#[derive(Clone, Debug)]
pub struct Proven {
    /// Property.
    pub name: &'static str,
    /// Plan that it was explored in.
    pub plan: String,
    /// States that differ.
    pub states: usize,
    /// Longest shortest path.
    pub depth: usize,
    /// Whether every reachable state of the plan was seen.
    pub whole: bool,
    /// The acts that break it, if any do.
    pub broken: Option<String>,
}

impl Proven {
    /// Whether every reachable state of the plan was seen and none breaks it.
    pub const fn holds(&self) -> bool {
        self.whole && self.broken.is_none()
    }
}

/// Whether a property found a mutant of the rule out.
#[derive(Clone, Debug)]
pub struct Caught {
    /// Property.
    pub name: &'static str,
    /// Mutant.
    pub mutant: String,
    /// Whether it was found.
    pub caught: bool,
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Explores a model to its end.
pub fn check<M>(plan: impl Into<String>, model: M) -> Vec<Proven>
where
    M: Model + Send + Sync + 'static,
    M::State: Hash + Send + Sync + Clone + std::fmt::Debug + PartialEq,
    M::Action: Send + Sync + Clone + std::fmt::Debug + PartialEq,
{
    let plan = plan.into();
    let properties = model.properties();
    let checker = model.checker().threads(threads()).spawn_bfs().join();
    let all = properties.iter().map(|property| Proven {
        name: property.name,
        plan: plan.clone(),
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        whole: checker.is_done(),
        broken: checker
            .discovery(property.name)
            .map(|path| format!("{:?}", path.into_actions())),
    });
    all.collect()
}

/// Whether a property breaks somewhere in a model.
fn finds<M>(model: M, property: &'static str) -> bool
where
    M: Model + Send + Sync + 'static,
    M::State: Hash + Send + Sync + Clone + std::fmt::Debug + PartialEq,
    M::Action: Send + Sync + Clone + std::fmt::Debug + PartialEq,
{
    let stop = HasDiscoveries::AnyOf([property].into_iter().collect());
    let checker = model
        .checker()
        .threads(threads())
        .finish_when(stop)
        .spawn_bfs()
        .join();
    checker.discovery(property).is_some()
}

/// Plans of the council: name and council. The full ones take minutes.
pub fn plans(full: bool) -> Vec<(&'static str, Council)> {
    use Kind::{AddMember, Pause, Relax, SetParameters};
    let mut plans = vec![
        (
            "5 members: parameters beside a removal, nobody objects",
            removal(),
        ),
        (
            "5 members: an incident upgrade in any mode at any moment, anyone objects",
            incident(2),
        ),
        (
            "5 members: parameters, anyone objects, three moves of time",
            Council {
                times: 3,
                ..one(5, SetParameters)
            },
        ),
        (
            "7 members: parameters, anyone objects",
            one(7, SetParameters),
        ),
        ("5 members: a Relax, anyone objects", one(5, Relax)),
        ("5 members: a pause, anyone objects", one(5, Pause)),
        ("5 members who slept: parameters", asleep()),
        (
            "5 members, two who slept and return one by one: parameters, nobody objects",
            Council {
                skew: false,
                objections: false,
                ..returning(5)
            },
        ),
        (
            "5 members: a pause beside a new member, nobody objects",
            Council {
                skew: false,
                objections: false,
                ..Council::all(5, &[Pause, AddMember])
            },
        ),
        ("5 members: a shorter delay beside parameters", shorter()),
        (
            "5 members, three stolen: others replaced, then parameters",
            successors(5, 3),
        ),
        (
            "7 members, five stolen: others replaced, then parameters",
            successors(7, 5),
        ),
    ];
    if full {
        plans.extend(full_plans());
    }
    plans
}

/// Plans that take minutes.
fn full_plans() -> Vec<(&'static str, Council)> {
    use Kind::{AddMember, IncidentUpgrade, Pause, Relax, RemoveMembers, SetParameters, SetVeto};
    let both = [SetParameters, RemoveMembers];
    let together = |council: Council| Council {
        skew: false,
        ..council
    };
    let quiet = |council: Council| Council {
        objections: false,
        ..council
    };
    let six = [
        SetParameters,
        RemoveMembers,
        AddMember,
        SetVeto,
        Relax,
        Pause,
    ];
    vec![
        (
            "5 members: parameters beside a removal, anyone objects, both clocks together",
            together(Council::all(5, &both)),
        ),
        (
            "5 members: an incident in any mode beside a new member, nobody objects, both clocks \
             together",
            together(quiet(Council {
                modes: true,
                ..Council::all(5, &[IncidentUpgrade, AddMember])
            })),
        ),
        (
            "5 members: an incident upgrade in any mode at any moment, anyone objects, three \
             moves of time",
            incident(3),
        ),
        (
            "5 members, two who slept and return one by one: parameters, anyone objects, both \
             clocks together",
            together(returning(5)),
        ),
        (
            "7 members, two who slept and return one by one: parameters, nobody objects",
            quiet(returning(7)),
        ),
        (
            "5 members: any two of six kinds, nobody objects, both clocks together",
            together(quiet(Council::all(5, &six))),
        ),
        (
            "7 members: any two of six kinds, nobody objects, both clocks together",
            together(quiet(Council::all(7, &six))),
        ),
        (
            "7 members: parameters, anyone objects, three moves of time",
            Council {
                times: 3,
                ..one(7, SetParameters)
            },
        ),
        (
            "7 members: a removal, anyone objects, three moves of time",
            Council {
                times: 3,
                ..one(7, RemoveMembers)
            },
        ),
    ]
}

fn one(members: u8, kind: Kind) -> Council {
    Council {
        cases: 1,
        ..Council::all(members, &[kind])
    }
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

/// Everybody has been silent; all wake at once.
fn asleep() -> Council {
    Council {
        asleep: true,
        times: 3,
        ..one(5, Kind::SetParameters)
    }
}

/// Two have been silent and are heard of whenever they like, while the others act.
fn returning(members: u8) -> Council {
    Council {
        sleepers: 2,
        times: 3,
        ..one(members, Kind::SetParameters)
    }
}

/// The mode becomes any other at any moment.
fn incident(times: u8) -> Council {
    Council {
        times,
        modes: true,
        ..one(5, Kind::IncidentUpgrade)
    }
}

/// A thief replaces the others, then decides with his successors.
pub fn successors(members: u8, stolen: u8) -> Council {
    Council {
        actors: stolen,
        objections: false,
        removed: u8::MAX,
        skew: false,
        times: 5,
        ..Council::all(members, &[Kind::RemoveMembers, Kind::SetParameters])
    }
}

/// Explores everything and says what it found, plan by plan.
pub fn all(full: bool, mut each: impl FnMut(&[Proven])) -> Vec<Proven> {
    let mut proven = Vec::new();
    let mut add = |found: Vec<Proven>| {
        each(&found);
        proven.extend(found);
    };
    for (name, council) in plans(full) {
        add(check(name, council));
    }
    for members in [5, 7] {
        add(thefts(members));
    }
    for (name, pauses) in pauses::plans(full) {
        add(check(name, pauses));
    }
    add(check(PARAMETERS, Boxes { mutant: None }));
    proven
}

/// Names of all plans.
pub fn plan_names(full: bool) -> Vec<String> {
    let mut names: Vec<String> = plans(full).iter().map(|(name, _)| (*name).into()).collect();
    names.extend([5, 7].map(theft_plan));
    names.extend(pauses::plans(full).into_iter().map(|(name, _)| name));
    names.push(PARAMETERS.into());
    names
}

fn theft_plan(members: u8) -> String {
    format!("{members} members: any number of keys stolen, asleep or not, any one decision")
}

const PARAMETERS: &str = "parameters: every row, two changes to every edge; every part of a \
                          coupled set";

/// Every theft of the table of time to loss, every kind of decision.
pub fn thefts(members: u8) -> Vec<Proven> {
    let mut sum: Vec<Proven> = Vec::new();
    let plan = theft_plan(members);
    for stolen in 1..=members {
        for rest in [Rest::Silent, Rest::One, Rest::OneAndVeto] {
            if stolen == members && rest != Rest::Silent {
                continue;
            }
            for asleep in [false, true] {
                let theft = Theft {
                    members,
                    stolen,
                    rest,
                    asleep,
                };
                for kind in Harm::ALL.iter().flat_map(|harm| harm.kinds()) {
                    let council = Council {
                        skew: true,
                        ..theft.council(*kind)
                    };
                    let found = check(plan.clone(), council);
                    merge(&mut sum, found);
                }
            }
        }
    }
    sum
}

/// Adds what another exploration of the same properties found.
fn merge(sum: &mut Vec<Proven>, found: Vec<Proven>) {
    if sum.is_empty() {
        *sum = found;
        return;
    }
    for (total, part) in sum.iter_mut().zip(found) {
        total.states += part.states;
        total.depth = total.depth.max(part.depth);
        total.whole &= part.whole;
        total.broken = total.broken.take().or(part.broken);
    }
}

/// Each mutant of the guardian's rules and the property that must find it out.
pub const MUTANTS: &[(Mutant, &str)] = &[
    (Mutant::RelaxAtOnce, "asymmetry"),
    (Mutant::NoSlots, "delay_monotonicity"),
    (Mutant::NoClock, "delay_monotonicity"),
    (Mutant::LiveDelay, "delay_monotonicity"),
    (Mutant::SameMembership, "membership_epoch"),
    (Mutant::Again, "once_only"),
    (Mutant::Rewritten, "once_only"),
    (Mutant::NeverSilent, "quorum_soundness"),
    (Mutant::WakesAtOnce, "quorum_soundness"),
    (Mutant::Twice, "quorum_soundness"),
    (Mutant::DeafToObjections, "quorum_soundness"),
    (Mutant::Backdoor, "self_governance"),
    (Mutant::NoFloor, "self_governance"),
    (Mutant::NoDelay, "inv_ttl"),
    (Mutant::Forged, "inv_ttl"),
    (Mutant::LoneVeto, "inv_novoid"),
    (Mutant::Postpone, "inv_novoid"),
    (Mutant::SlowExit, "delay_means_exit"),
    (Mutant::AnyMode, "incident_in_paused"),
    (Mutant::Immortal, "nothing_waits_for_ever"),
    (Mutant::Undying, "nothing_waits_for_ever"),
    (Mutant::Stuck, "nothing_waits_for_ever"),
];

fn mutated(mutant: Mutant) -> Council {
    let council = match mutant {
        Mutant::LiveDelay | Mutant::Backdoor => shorter(),
        Mutant::SameMembership => removal(),
        Mutant::RelaxAtOnce => one(5, Kind::Relax),
        Mutant::NeverSilent => asleep(),
        Mutant::WakesAtOnce => returning(5),
        Mutant::AnyMode => incident(2),
        Mutant::Forged => Council {
            actors: 2,
            ..one(5, Kind::SetParameters)
        },
        _ => one(5, Kind::SetParameters),
    };
    Council {
        mutant: Some(mutant),
        ..council
    }
}

/// Each property and a mutant that it must find.
pub fn mutant_names() -> Vec<(&'static str, String)> {
    let council = MUTANTS.iter().map(|(m, name)| (*name, format!("{m:?}")));
    let modes = pauses::MUTANTS;
    let modes = modes.iter().map(|(m, name, ..)| (*name, format!("{m:?}")));
    let boxes = boxes::MUTANTS;
    let boxes = boxes.iter().map(|(m, name)| (*name, format!("{m:?}")));
    council.chain(modes).chain(boxes).collect()
}

/// Runs every mutant.
pub fn mutants() -> Vec<Caught> {
    let mut all = Vec::new();
    let mut add = |name, mutant: String, caught| {
        all.push(Caught {
            name,
            mutant,
            caught,
        });
    };
    for (mutant, name) in MUTANTS {
        add(name, format!("{mutant:?}"), finds(mutated(*mutant), name));
    }
    for (mutant, name, acts, moves) in pauses::MUTANTS {
        let model = Pauses {
            acts: *acts,
            moves,
            mutant: Some(*mutant),
        };
        add(name, format!("{mutant:?}"), finds(model, name));
    }
    for (mutant, name) in boxes::MUTANTS {
        let model = Boxes {
            mutant: Some(*mutant),
        };
        add(name, format!("{mutant:?}"), finds(model, name));
    }
    all
}

/// Names of all properties, in the order of their first plan.
pub fn names(proven: &[Proven]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for found in proven {
        if !names.contains(&found.name) {
            names.push(found.name);
        }
    }
    names
}

/// One entry for each property: states of all plans together, the deepest plan, whether all were
/// explored to their end without a state that breaks it, and whether each of its mutants was found.
pub fn summary(proven: &[Proven], caught: &[Caught]) -> Value {
    let entry = |name: &'static str| {
        let plans: Vec<_> = proven.iter().filter(|p| p.name == name).collect();
        let mutants: Vec<_> = caught.iter().filter(|c| c.name == name).collect();
        json!({
            "name": name,
            "states": plans.iter().map(|p| p.states).sum::<usize>(),
            "depth": plans.iter().map(|p| p.depth).max().unwrap_or(0),
            "exhaustive": plans.iter().all(|p| p.holds()),
            "mutant_caught": !mutants.is_empty() && mutants.iter().all(|c| c.caught),
            "mutants": mutants.iter().map(|c| &c.mutant).collect::<Vec<_>>(),
            "plans": plans.iter().map(|p| json!({
                "plan": p.plan,
                "states": p.states,
                "depth": p.depth,
            })).collect::<Vec<_>>(),
        })
    };
    let properties: Vec<_> = names(proven).into_iter().map(entry).collect();
    json!({ "properties": properties })
}
