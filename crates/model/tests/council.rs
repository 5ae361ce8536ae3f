//! The guardian's properties in every reachable state, and the mutants that show each can fail.

use bulwark_model::proof::{MUTANTS, caught, check, plans};

#[test]
fn every_interleaving_of_the_council_keeps_its_properties() {
    for (name, council) in plans(false) {
        for proven in check(name, council) {
            assert!(proven.holds, "{proven:?}");
            println!("{proven:?}");
        }
    }
}

#[test]
fn each_property_of_the_council_can_fail() {
    for (mutant, property) in MUTANTS {
        assert!(
            caught(*mutant, property),
            "{mutant:?} isn't seen by {property}"
        );
    }
}
