//! Paths through a model: its deepest, and seeded walks. They are replayed on the bytecode
//! (`tests/tests/traces`), which has to reach the same states and refuse what the rules refuse.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use stateright::Model;

/// A state, then each act with the state that it led to.
pub type Path<M> = (
    <M as Model>::State,
    Vec<(<M as Model>::Action, <M as Model>::State)>,
);

fn fingerprint(state: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

fn start<M: Model>(model: &M) -> M::State {
    let mut states = model.init_states();
    states.pop().expect("a model begins somewhere")
}

/// The acts that lead on from a state, and where to; an act that a rule refuses leads nowhere.
fn onward<M: Model>(model: &M, state: &M::State) -> Vec<(M::Action, M::State)>
where
    M::Action: Clone,
{
    let mut acts = Vec::new();
    model.actions(state, &mut acts);
    let steps = acts.into_iter();
    steps
        .filter_map(|act| Some((act.clone(), model.next_state(state, act)?)))
        .collect()
}

/// The shortest paths to `count` of the states that lie furthest from the start, spread evenly over
/// all of those: what the checker calls its depth. Explores the whole model.
pub fn deepest<M>(model: &M, count: usize) -> Vec<Path<M>>
where
    M: Model,
    M::State: Hash + Clone,
    M::Action: Clone,
{
    let first = start(model);
    let mut seen = HashSet::from([fingerprint(&first)]);
    // Of each state but the first: the one before it, and the act between them.
    let mut steps: Vec<(usize, M::Action)> = Vec::new();
    let mut level = vec![(0, first.clone())];
    let last = loop {
        let mut next = Vec::new();
        for (from, state) in &level {
            for (act, state) in onward(model, state) {
                if seen.insert(fingerprint(&state)) {
                    steps.push((*from, act));
                    next.push((steps.len(), state));
                }
            }
        }
        if next.is_empty() {
            break level;
        }
        level = next;
    };
    let count = count.min(last.len());
    let ends = (0..count).map(|number| last[number * last.len() / count].0);
    ends.map(|end| {
        let mut acts = Vec::new();
        let mut at = end;
        while at != 0 {
            let (before, act) = &steps[at - 1];
            acts.push(act.clone());
            at = *before;
        }
        acts.reverse();
        follow(model, first.clone(), acts)
    })
    .collect()
}

/// The path of these acts.
fn follow<M>(model: &M, first: M::State, acts: Vec<M::Action>) -> Path<M>
where
    M: Model,
    M::State: Clone,
    M::Action: Clone,
{
    let mut path = Vec::new();
    let mut state = first.clone();
    for act in acts {
        state = model
            .next_state(&state, act.clone())
            .expect("an act of an explored path");
        path.push((act, state.clone()));
    }
    (first, path)
}

/// A walk of at most `length` acts that a seed chooses, each among those that change something.
pub fn walk<M>(model: &M, length: usize, seed: u64) -> Path<M>
where
    M: Model,
    M::State: Clone,
    M::Action: Clone,
{
    let first = start(model);
    let mut path: Vec<(M::Action, M::State)> = Vec::new();
    while path.len() < length {
        let state = path.last().map_or(&first, |(_, state)| state);
        let mut all = onward(model, state);
        if all.is_empty() {
            break;
        }
        let pick = fingerprint(&(seed, path.len())) % all.len() as u64;
        path.push(all.swap_remove(pick as usize));
    }
    (first, path)
}
