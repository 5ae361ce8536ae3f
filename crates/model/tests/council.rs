//! Guardian, modes and parameters in every reachable state of the quick plans, and the mutants that
//! show that each property can fail. `cargo xtask prove` explores the full ones.

use std::sync::OnceLock;

use bulwark_model::proof::{Proven, all, mutants, names, plan_names, summary};
use bulwark_model::properties::PROPERTIES;

fn proven() -> &'static [Proven] {
    static PROVEN: OnceLock<Vec<Proven>> = OnceLock::new();
    PROVEN.get_or_init(|| all(false, |_| {}))
}

#[test]
fn every_interleaving_of_the_council_keeps_its_properties() {
    let proven = proven();
    let broken: Vec<_> = proven.iter().filter(|p| !p.holds()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    // What the page says is explored is what was.
    let mut plans: Vec<_> = proven.iter().map(|p| p.plan.clone()).collect();
    plans.dedup();
    assert_eq!(plans, plan_names(false));
    let mut said: Vec<_> = PROPERTIES.iter().map(|p| p.0).collect();
    let mut found = names(proven);
    found.sort_unstable();
    said.sort_unstable();
    assert_eq!(found, said);
    for name in names(proven) {
        let all = proven.iter().filter(|p| p.name == name);
        let states: usize = all.clone().map(|p| p.states).sum();
        let depth = all.map(|p| p.depth).max();
        println!("{name}: {states} states, depth {}", depth.unwrap_or(0));
    }
}

#[test]
fn each_property_of_the_council_can_fail() {
    let caught = mutants();
    let missed: Vec<_> = caught.iter().filter(|c| !c.caught).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    // Not one property without a mutant, and no mutant without its property.
    let summary = summary(proven(), &caught);
    let properties = summary["properties"].as_array().expect("a list");
    let keys = [
        "depth",
        "exhaustive",
        "mutant_caught",
        "mutants",
        "name",
        "plans",
        "states",
    ];
    for property in properties {
        let said = property.as_object().expect("an entry of the summary");
        let mut names: Vec<_> = said.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, keys);
        assert_eq!(property["mutant_caught"], true, "{property}");
        assert_eq!(property["exhaustive"], true, "{property}");
    }
    let known = |name| properties.iter().any(|p| p["name"] == name);
    assert!(caught.iter().all(|c| known(c.name)), "{caught:?}");
}
