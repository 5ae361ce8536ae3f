//! INV-TTL: with k stolen keys, when the earliest harm of each sort can happen, found by exploring
//! everything that their holder can do, while the other members are silent or object at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bulwark_core::guardian::{Kind, POWERS_RETURN, quickening};
use bulwark_core::mode::Mode;
use stateright::{Checker, Model, Path};

use crate::council::{Case, Council, Rest, Scene};

/// What a guardian's act can do to users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// New risk is closed for hours. One key does so alone, twice a week.
    Restriction,
    /// Trading pauses within the budget; exits go on.
    Pause,
    /// Restrictions are lifted.
    Relaxation,
    /// A compartment settles: Paused at once, frozen a day later, everyone paid by the rule.
    Recovery,
    /// Fees above their floor leave for the treasury.
    Fees,
    /// Parameters, listings, oracles, members or code change.
    Change,
    /// Members are replaced.
    Takeover,
    /// The code changes in an incident: only if no awake member objects.
    IncidentUpgrade,
}

impl Harm {
    /// All sorts.
    pub const ALL: [Harm; 8] = [
        Harm::Restriction,
        Harm::Pause,
        Harm::Relaxation,
        Harm::Recovery,
        Harm::Fees,
        Harm::Change,
        Harm::Takeover,
        Harm::IncidentUpgrade,
    ];

    /// Kinds of proposal that do it: together all there are but the two that tighten beside
    /// [`Kind::Restrict`] and [`Kind::Pause`].
    pub const fn kinds(self) -> &'static [Kind] {
        match self {
            Harm::Restriction => &[Kind::Restrict, Kind::Tighten],
            Harm::Pause => &[Kind::Pause, Kind::Revoke],
            Harm::Relaxation => &[Kind::Relax],
            Harm::Recovery => &[Kind::AnnounceRecovery],
            Harm::Fees => &[Kind::PayTreasury],
            Harm::Change => &[
                Kind::SetParameters,
                Kind::AddMember,
                Kind::SetDelays,
                Kind::SetVeto,
                Kind::List,
                Kind::SetOracle,
                Kind::WindDown,
                Kind::Upgrade,
            ],
            Harm::Takeover => &[Kind::RemoveMembers],
            Harm::IncidentUpgrade => &[Kind::IncidentUpgrade],
        }
    }

    /// Whether a claim of a user can fall by it.
    pub const fn touches_claims(self) -> bool {
        matches!(self, Harm::Change | Harm::Takeover | Harm::IncidentUpgrade)
    }
}

/// The earliest moment of one sort of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earliest {
    /// Seconds from the theft.
    pub seconds: i64,
    /// Slots of 300 ms from the theft.
    pub slots: u64,
    /// Share of all deposits that can have left before it lands, ppm.
    pub left_ppm: u64,
}

/// Whose keys were stolen, and what all others do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Theft {
    /// Members.
    pub members: u8,
    /// Stolen keys.
    pub stolen: u8,
    /// Who objects to whatever is queued, at once. All others are silent.
    pub rest: Rest,
    /// Whether the stolen keys had been silent for longer than powers last.
    pub asleep: bool,
}

impl Theft {
    /// A council whose first seats are the thief's.
    pub fn council(self, kind: Kind) -> Council {
        Council {
            actors: self.stolen,
            rest: self.rest,
            asleep: self.asleep,
            objections: false,
            cases: 1,
            times: if self.asleep { 3 } else { 2 },
            removed: u8::MAX,
            skew: false,
            mode: if matches!(kind, Kind::IncidentUpgrade) {
                Mode::Paused
            } else {
                Mode::Normal
            },
            ..Council::all(self.members, &[kind])
        }
    }
}

/// Earliest harms by sort; a sort that can't happen is absent.
pub fn earliest(theft: Theft) -> BTreeMap<Harm, Earliest> {
    let mut found = BTreeMap::new();
    for harm in Harm::ALL {
        let kinds = harm.kinds().iter();
        let all = kinds.filter_map(|kind| explore(theft.council(*kind)));
        if let Some(first) = all.min_by_key(|e| (e.seconds, e.left_ppm)) {
            found.insert(harm, first);
        }
    }
    if theft.stolen == 1 {
        // A lone restriction is no proposal (`mode::restrict_alone`), but asks for a live member.
        let seconds = if theft.asleep { POWERS_RETURN } else { 0 };
        let now = Earliest {
            seconds,
            slots: seconds.unsigned_abs() * 10 / 3,
            left_ppm: 0,
        };
        found.entry(Harm::Restriction).or_insert(now);
    }
    found
}

/// The earliest execution in any state of a council.
pub fn explore(council: Council) -> Option<Earliest> {
    explore_until(council, |_| true)
}

/// The earliest execution of a decision of a kind.
pub fn explore_until(
    council: Council,
    counts: impl Fn(Kind) -> bool + Send + Sync + 'static,
) -> Option<Earliest> {
    let start = council.init_states().remove(0);
    let best: Arc<Mutex<Option<Earliest>>> = Arc::default();
    let seen = Arc::clone(&best);
    let visit = move |path: Path<Scene, crate::council::Move>| {
        let states = path.into_states();
        let last = states.last().expect("a path has a state");
        let mut done = last.cases.iter().filter(|c| c.executed > 0);
        let kind = |c: &Case| Kind::from_u16(c.proposal.0.kind).expect("a kind of the table");
        if !done.any(|c| counts(kind(c))) {
            return;
        }
        let seconds = last.now.0 - start.now.0;
        let found = Earliest {
            seconds,
            slots: last.now.1 - start.now.1,
            left_ppm: left(&states),
        };
        let mut best = seen.lock().expect("no visitor panics");
        if best.is_none_or(|b| (seconds, found.left_ppm) < (b.seconds, b.left_ppm)) {
            *best = Some(found);
        }
    };
    council.checker().visitor(visit).spawn_bfs().join();
    let best = best.lock().expect("no visitor panics");
    *best
}

/// Share that can leave along a path, at the rate that holds in each of its states.
fn left(states: &[Scene]) -> u64 {
    let mut sum = 0u128;
    for pair in states.windows(2) {
        let [before, after] = pair else { continue };
        let seconds = after.now.0.abs_diff(before.now.0);
        let ppm = quickening(&before.guardian.0, before.time()).ppm;
        sum += u128::from(ppm) * u128::from(seconds) / 86_400;
    }
    u64::try_from(sum.min(1_000_000)).unwrap_or(1_000_000)
}
