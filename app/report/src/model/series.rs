//! Long lists of rows: written column by column, which is a third of the size.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::columns::{Columns, columns};

/// Rows of a series. A `Vec` in Rust, columns in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series<T>(pub Vec<T>);

impl<T> Default for Series<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> std::ops::Deref for Series<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> std::ops::DerefMut for Series<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

impl<T> FromIterator<T> for Series<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        Self(rows.into_iter().collect())
    }
}

impl<T: Columns> Serialize for Series<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::split(&self.0).serialize(serializer)
    }
}

impl<'de, T: Columns> Deserialize<'de> for Series<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let split = T::Split::deserialize(deserializer)?;
        T::join(split).map(Self).map_err(serde::de::Error::custom)
    }
}

columns! {
    /// A market at one moment.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Point in Points {
        pub at_unix: i64,
        pub price_e8: u64,
        /// Initial margin that a new position needs.
        pub initial_ppm: u64,
        /// Maintenance margin that the applied one walks to.
        pub maintenance_ppm: u64,
        /// Maintenance margin that counts now.
        pub applied_ppm: u64,
        /// Long open interest at the price.
        pub open_interest_e6: i64,
    }
}

columns! {
    /// Money that stands for all markets, at one moment.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Fund in Funds {
        pub at_unix: i64,
        /// Balance of insurance.
        pub insurance_e6: i64,
        /// Bad debt so far.
        pub bad_debt_e6: i64,
        /// Traders with a position.
        pub live_accounts: u64,
    }
}

columns! {
    /// Insurance against what it may have to pay, at one moment.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Cover in Covers {
        pub at_unix: i64,
        /// Stressed shortfall.
        pub stress_e6: i64,
        /// Its share of insurance, at most one.
        pub used_ppm: u64,
        /// Stakers' share of fees at that.
        pub fee_share_ppm: u64,
        /// Price of cover at that, of stress a year.
        pub premium_ppm: u64,
        /// What a stake made before the first price is worth.
        pub share_ppm: u64,
    }
}

columns! {
    /// One liquidation.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Liquidation in Liquidations {
        pub at_unix: i64,
        /// Of `Scenario::markets`; of a wind-up, the market of its largest position.
        pub market: usize,
        /// Number of the trader; makers and whoever else is there have later ones.
        pub account: u64,
        /// Notional that was taken over, the collateral's value that was seized, or, of a wind-up,
        /// the notional that was left.
        pub notional_e6: i64,
        /// At which it was done.
        pub price_e8: u64,
        pub kind: LiquidationKind,
        /// Loss that a wind-up booked, else 0.
        pub loss_e6: i64,
    }
}

columns! {
    /// Money of one trader account.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Equity in Equities {
        /// Number of the trader.
        pub account: u64,
        /// Paid in.
        pub initial_e6: i64,
        /// Taken out, and what the account is worth at the end.
        pub final_e6: i64,
    }
}

/// How an account was liquidated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LiquidationKind {
    /// A position went to the liquidator.
    TakeOver,
    /// Collateral went to the liquidator.
    Seizure,
    /// The account was bankrupt: all of it was closed and its loss allocated.
    WindUp,
}

impl LiquidationKind {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::TakeOver => "take-over",
            Self::Seizure => "seizure",
            Self::WindUp => "wind-up",
        }
    }
}
