//! The guards, by what they are about.

mod book;
mod exits;
mod guardian;
mod ledger;
mod liquidation;
mod margins;
mod recovery;

use super::Mutant;

/// Every mutant.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    [
        book::MUTANTS,
        exits::MUTANTS,
        guardian::MUTANTS,
        ledger::MUTANTS,
        liquidation::MUTANTS,
        margins::MUTANTS,
        recovery::MUTANTS,
    ]
    .into_iter()
    .flatten()
}
