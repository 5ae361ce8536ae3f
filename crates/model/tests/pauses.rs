//! The modes' properties in every sequence of acts, and the mutants that show each can fail.

use bulwark_model::pauses::{MOVES, MUTANTS, Pauses, properties};
use stateright::{Checker, HasDiscoveries, Model};

#[test]
fn every_sequence_of_acts_keeps_the_modes_properties() {
    let pauses = Pauses {
        acts: 5,
        moves: MOVES,
        mutant: None,
    };
    let checker = pauses.checker().threads(2).spawn_bfs().join();
    assert!(checker.is_done());
    for property in properties() {
        let broken = checker
            .discovery(property.name)
            .map(|path| path.into_actions());
        assert_eq!(broken, None, "{}", property.name);
    }
    println!("{} states", checker.unique_state_count());
}

#[test]
fn each_property_of_the_modes_can_fail() {
    for (mutant, property, acts, moves) in MUTANTS {
        let pauses = Pauses {
            acts: *acts,
            moves,
            mutant: Some(*mutant),
        };
        let stop = HasDiscoveries::AnyOf([*property].into_iter().collect());
        let checker = pauses
            .checker()
            .threads(2)
            .finish_when(stop)
            .spawn_bfs()
            .join();
        let found = checker.discovery(property).is_some();
        assert!(found, "{mutant:?} isn't seen by {property}");
    }
}
