//! Known-good transactions of every instruction, one for each way through it.

pub mod samples;
mod samples_guardian;
mod samples_listing;
mod samples_recovery;
mod samples_staking;
mod samples_winding;

use std::collections::BTreeMap;

use bulwark_client::Instruction;
use solana_keypair::Keypair;

use crate::stage::Stage;

/// A known-good transaction of one instruction.
pub struct Act {
    pub instruction: Instruction,
    pub signers: Vec<Keypair>,
}

/// Makes a fork of the stage ready for the act, and the act.
pub type Make = fn(&mut Stage) -> Act;

/// The samples of every instruction by its name.
pub fn all() -> BTreeMap<&'static str, Vec<Make>> {
    let mut all: BTreeMap<_, Vec<Make>> = BTreeMap::new();
    for list in [
        samples::SAMPLES,
        samples_guardian::SAMPLES,
        samples_listing::SAMPLES,
        samples_winding::SAMPLES,
        samples_recovery::SAMPLES,
        samples_staking::SAMPLES,
    ] {
        for (name, make) in list {
            all.entry(*name).or_default().push(*make);
        }
    }
    all
}
