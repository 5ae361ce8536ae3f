//! Exhaustive model checks over the production rules of `bulwark-core` (DESIGN section 8, D12).
//!
//! [`council`] explores every interleaving of proposals, approvals, objections, executions and of
//! two clocks that an adversary moves apart; [`pauses`] every sequence of pauses, restrictions,
//! alarms and their ends; [`boxes`] every parameter at every edge. Nothing is modelled again here:
//! the states are the accounts themselves and the steps the functions that the program calls. A
//! mutant breaks one rule on purpose, to show that the property which guards it can fail. What is
//! explored, how far, and what is found: [`proof`].

pub mod boxes;
pub mod council;
pub mod deadlock;
pub mod paths;
pub mod pauses;
pub mod proof;
pub mod properties;
pub mod tables;
pub mod time_to_loss;

use std::hash::{Hash, Hasher};

use bytemuck::{NoUninit, bytes_of};
/// What every model is: where it begins, what may happen, where that leads.
pub use stateright::Model;

/// An account as part of a model's state: equal and hashed by its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Account<T>(pub T);

impl<T: NoUninit> PartialEq for Account<T> {
    fn eq(&self, other: &Self) -> bool {
        bytes_of(&self.0) == bytes_of(&other.0)
    }
}

impl<T: NoUninit> Eq for Account<T> {}

impl<T: NoUninit> Hash for Account<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        bytes_of(&self.0).hash(state);
    }
}
