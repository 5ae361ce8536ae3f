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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_have_their_names() {
        let moments = |first| drill::Moments {
            restricted: 1,
            first_payout: first,
            last_payout: first + 1,
        };
        let drill = Drill {
            name: "robbed",
            accounts: 10,
            stages: vec![],
            rules: vec![],
            transactions: moments(7),
            first_quote: 9,
            slots: moments(500),
            seconds: 0.5,
            owed: 12,
            paid: 11,
            conservation_error: 0,
        };
        let text = serde_json::to_string(&Outcome::of(&[drill])).unwrap();
        let wanted = concat!(
            r#"{"drills":[{"name":"robbed","accounts":10,"#,
            r#""transactions":{"restricted":1,"first_payout":7,"last_payout":8},"#,
            r#""slots":{"restricted":1,"first_payout":500,"last_payout":501},"#,
            r#""wall_seconds":0.5,"owed":12,"paid":11,"conservation_error":0}]}"#,
        );
        assert_eq!(text, wanted);
    }
}
