//! INV-TTL: with k stolen keys, when the earliest harm of each sort can happen, found by exploring
//! everything that k members can do while all others are absent and object to nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bulwark_core::guardian::{Kind, quickening};
use bulwark_core::mode::Mode;
use stateright::{Checker, Model, Path};

use crate::council::{Council, Scene};

/// What a guardian's act can do to users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// New risk is closed for hours. One key does so alone, twice a week.
    Restriction,
    /// Trading pauses within the budget; exits go on.
    Pause,
    /// Restrictions are lifted.
    Relaxation,
    /// Parameters, listings, oracles, members or code change.
    Change,
    /// Members are replaced.
    Takeover,
    /// The code changes in an incident: only if no awake member objects.
    IncidentUpgrade,
}

impl Harm {
    /// All sorts.
    pub const ALL: [Harm; 6] = [
        Harm::Restriction,
        Harm::Pause,
        Harm::Relaxation,
        Harm::Change,
        Harm::Takeover,
        Harm::IncidentUpgrade,
    ];

    const fn kind(self) -> Kind {
        match self {
            Harm::Restriction => Kind::Restrict,
            Harm::Pause => Kind::Pause,
            Harm::Relaxation => Kind::Relax,
            Harm::Change => Kind::SetParameters,
            Harm::Takeover => Kind::RemoveMembers,
            Harm::IncidentUpgrade => Kind::IncidentUpgrade,
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

/// Earliest harms by sort for `stolen` keys of `members`; a sort that can't happen is absent.
pub fn earliest(members: u8, stolen: u8) -> BTreeMap<Harm, Earliest> {
    let mut found = BTreeMap::new();
    for harm in Harm::ALL {
        let council = Council {
            actors: stolen,
            objections: false,
            cases: 1,
            times: 2,
            removed: u8::MAX,
            skew: false,
            mode: if harm == Harm::IncidentUpgrade {
                Mode::Paused
            } else {
                Mode::Normal
            },
            ..Council::all(members, &[harm.kind()])
        };
        if let Some(earliest) = explore(council) {
            found.insert(harm, earliest);
        }
    }
    if stolen >= 1 {
        // A lone restriction is no proposal (`mode::restrict_alone`).
        let now = Earliest {
            seconds: 0,
            slots: 0,
            left_ppm: 0,
        };
        found.entry(Harm::Restriction).or_insert(now);
    }
    found
}

/// The earliest execution in any state of a council.
fn explore(council: Council) -> Option<Earliest> {
    let start = council.init_states().remove(0);
    let best: Arc<Mutex<Option<Earliest>>> = Arc::default();
    let seen = Arc::clone(&best);
    let visit = move |path: Path<Scene, crate::council::Move>| {
        let states = path.into_states();
        let last = states.last().expect("a path has a state");
        if last.cases.iter().all(|c| c.executed == 0) {
            return;
        }
        let seconds = last.now.0 - start.now.0;
        let found = Earliest {
            seconds,
            slots: last.now.1 - start.now.1,
            left_ppm: left(&states),
        };
        let mut best = seen.lock().expect("no visitor panics");
        if best.is_none_or(|b| seconds < b.seconds) {
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
