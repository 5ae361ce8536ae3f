//! What drills found.

/// Drills of one market.
#[derive(Clone, Debug)]
pub struct Drills {
    /// What was deployed.
    pub program: String,
    /// The drills in their order.
    pub drills: Vec<Drill>,
}

/// One drill. Moments are counted from the theft.
#[derive(Clone, Debug)]
pub struct Drill {
    /// Its name, one word.
    pub name: String,
    /// What happens in it.
    pub title: String,
    /// Live accounts.
    pub accounts: u64,
    /// Transactions up to the first payment.
    pub first_payout: u64,
    /// Transactions up to the last one.
    pub last_payout: u64,
    /// What was owed.
    pub owed_e6: u64,
    /// What was paid of it.
    pub paid_e6: u64,
    /// Token units that appeared or vanished.
    pub conservation_error: u64,
    /// Who was owed and paid what.
    pub rules: Vec<DrillRule>,
    /// What each stage took.
    pub stages: Vec<DrillStage>,
}

/// People under one rule.
#[derive(Clone, Debug)]
pub struct DrillRule {
    /// Who.
    pub who: String,
    /// By which rule.
    pub rule: String,
    /// How many accounts.
    pub accounts: u64,
    /// What they were owed.
    pub owed_e6: u64,
    /// What they were paid.
    pub paid_e6: u64,
}

/// A stage of a drill.
#[derive(Clone, Debug)]
pub struct DrillStage {
    /// Its name.
    pub name: String,
    /// Transactions by strangers.
    pub transactions: u64,
    /// Slots that passed.
    pub slots: u64,
    /// Compute units.
    pub units: u64,
    /// Wall time, microseconds.
    pub micros: u64,
}
