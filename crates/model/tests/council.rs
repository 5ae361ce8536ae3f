//! Guardian, modes and parameters in every reachable state of the quick plans, and the mutants that
//! show that each property can fail. `cargo xtask prove` explores the full ones.

use bulwark_model::proof::{all, mutants, summary};

#[test]
fn every_interleaving_of_the_council_keeps_its_properties() {
    let proven = all(false, |found| {
        let first = &found[0];
        println!(
            "{}: {} states, depth {}",
            first.plan, first.states, first.depth
        );
    });
    let broken: Vec<_> = proven.iter().filter(|p| !p.holds()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn each_property_of_the_council_can_fail() {
    let caught = mutants();
    let missed: Vec<_> = caught.iter().filter(|c| !c.caught).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    // Not one property without a mutant, and none that only a mutant knows.
    let proven = all(false, |_| {});
    let summary = summary(&proven, &caught);
    let properties = summary["properties"].as_array().expect("a list");
    for property in properties {
        assert_eq!(property["mutant_caught"], true, "{property}");
        assert_eq!(property["exhaustive"], true, "{property}");
    }
    let known = |name| properties.iter().any(|p| p["name"] == name);
    assert!(caught.iter().all(|c| known(c.name)), "{caught:?}");
}
