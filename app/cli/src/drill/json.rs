//! The figures of drills as JSON.

use bulwark_svm::drill::{self, Drill};
use serde::Serialize;

/// All drills.
#[derive(Serialize)]
pub struct Outcome {
    drills: Vec<One>,
}

#[derive(Serialize)]
struct One {
    name: &'static str,
    accounts: u64,
    transactions: Moments,
    slots: Moments,
    wall_seconds: f64,
    owed: u64,
    paid: u64,
    conservation_error: u64,
}

#[derive(Serialize)]
struct Moments {
    restricted: u64,
    first_payout: u64,
    last_payout: u64,
}

impl From<drill::Moments> for Moments {
    fn from(of: drill::Moments) -> Self {
        Self {
            restricted: of.restricted,
            first_payout: of.first_payout,
            last_payout: of.last_payout,
        }
    }
}

impl Outcome {
    /// Of these drills.
    pub fn of(drills: &[Drill]) -> Self {
        let one = |drill: &Drill| One {
            name: drill.name,
            accounts: drill.accounts,
            transactions: drill.transactions.into(),
            slots: drill.slots.into(),
            wall_seconds: drill.seconds,
            owed: drill.owed,
            paid: drill.paid,
            conservation_error: drill.conservation_error,
        };
        Self {
            drills: drills.iter().map(one).collect(),
        }
    }
}
