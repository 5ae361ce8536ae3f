//! Parameters under every change at every edge of their boxes, and coupled ones in every part.

use bulwark_core::guardian::Setting;
use bulwark_core::params::{COUPLED, Group, Row, is_listed, row_of};
use stateright::{Model, Property};

/// A rule that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutant {
    /// A value may leave its bounds.
    NoBounds,
    /// A value may go as far as it likes at once.
    NoStep,
    /// Coupled parameters may change apart.
    Apart,
}

/// All mutants.
pub const MUTANTS: &[(Mutant, &str)] = &[
    (Mutant::NoBounds, "parameter_box"),
    (Mutant::NoStep, "parameter_box"),
    (Mutant::Apart, "parameter_box"),
];

/// State of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scene {
    /// Nothing happened.
    Start,
    /// A parameter, its value, the value before, how often it was changed.
    Value(u16, u64, u64, u8),
    /// An accepted list that names these of a coupled set.
    List(usize, u32),
}

/// What may happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Move {
    /// A parameter begins at a value.
    Begin(u16, u64),
    /// It is set.
    Set(u64),
    /// Some of a coupled set are named together.
    Name(usize, u32),
}

/// Every row of every table.
#[derive(Clone, Copy, Debug)]
pub struct Boxes {
    /// A rule broken on purpose.
    pub mutant: Option<Mutant>,
}

fn row(id: u16) -> &'static Row {
    row_of(id).expect("a number of the tables")
}

/// Values at which something changes: bounds, presets, largest steps, and one beyond each.
fn edges(row: &Row, value: u64) -> Vec<u64> {
    let step = u128::from(value) * u128::from(row.step_ppm);
    let step = u64::try_from(step.div_ceil(1_000_000)).unwrap_or(u64::MAX);
    let mut all = vec![0, row.min, row.max, u64::MAX];
    all.extend(row.presets);
    for edge in [
        row.min,
        row.max,
        value,
        value.saturating_sub(step),
        value.saturating_add(step),
    ] {
        all.extend([edge.saturating_sub(1), edge, edge.saturating_add(1)]);
    }
    all.sort_unstable();
    all.dedup();
    all
}

impl Model for Boxes {
    type State = Scene;
    type Action = Move;

    fn init_states(&self) -> Vec<Scene> {
        vec![Scene::Start]
    }

    fn actions(&self, scene: &Scene, moves: &mut Vec<Move>) {
        match scene {
            Scene::Start => {
                for group in Group::ALL {
                    for (place, row) in group.rows().iter().enumerate() {
                        let values = [row.min, row.max, row.min.midpoint(row.max)];
                        let all = values.into_iter().chain(row.presets);
                        let inside = all.filter(|v| (row.min..=row.max).contains(v));
                        moves.extend(inside.map(|v| Move::Begin(group.id(place), v)));
                    }
                }
                for (set, ids) in COUPLED.iter().enumerate() {
                    moves.extend((1..1 << ids.len()).map(|named| Move::Name(set, named)));
                }
            }
            Scene::Value(id, value, _, changes) if *changes < 2 => {
                moves.extend(edges(row(*id), *value).into_iter().map(Move::Set));
            }
            _ => {}
        }
    }

    fn next_state(&self, last: &Scene, step: Move) -> Option<Scene> {
        match (last, step) {
            (Scene::Start, Move::Begin(id, value)) => Some(Scene::Value(id, value, value, 0)),
            (Scene::Start, Move::Name(set, named)) => {
                let ids = COUPLED[set].iter().enumerate();
                let some = ids.filter(|(at, _)| named >> at & 1 == 1);
                let mut list: Vec<_> = some.map(|(_, id)| Setting { id: *id, value: 1 }).collect();
                list.sort_unstable_by_key(|setting| setting.id);
                let accepted = is_listed(&list).is_ok() || self.mutant == Some(Mutant::Apart);
                accepted.then_some(Scene::List(set, named))
            }
            (Scene::Value(id, value, _, changes), Move::Set(new)) => {
                let mut limit = row(*id).limit();
                match self.mutant {
                    Some(Mutant::NoBounds) => (limit.min, limit.max) = (0, u64::MAX),
                    Some(Mutant::NoStep) => limit.instant = true,
                    _ => {}
                }
                let done = limit.step(*value, new).is_ok();
                done.then_some(Scene::Value(*id, new, *value, changes + 1))
            }
            _ => None,
        }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("parameter_box", parameter_box)]
    }
}

/// 15: inside its bounds after every change, at most one step from where it was, and coupled
/// parameters together. What may be lowered at once, and what opens from nothing, has no step.
fn parameter_box(_: &Boxes, scene: &Scene) -> bool {
    match scene {
        Scene::Start => true,
        Scene::List(set, named) => named.count_ones() as usize == COUPLED[*set].len(),
        Scene::Value(id, value, before, _) => {
            let row = row(*id);
            let moved = u128::from(value.abs_diff(*before)) * 1_000_000;
            let step = u128::from(*before) * u128::from(row.step_ppm);
            let free = *before == 0 || row.limit().instant && value < before;
            // A step is rounded up to a whole unit, where there is any.
            let near = moved < step + 1_000_000 || row.step_ppm != 0 && moved <= 1_000_000;
            (row.min..=row.max).contains(value) && (free || near || value == before)
        }
    }
}
