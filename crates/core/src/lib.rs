//! Every rule of the Bulwark margin engine, as pure functions over the layouts of `bulwark-state`:
//! no accounts, no clock, no logging, integers only. Time and prices are arguments; a broken rule
//! is an [`error::Error`], never a panic and never a wrap.

#![no_std]
#![forbid(unsafe_code)]

pub mod assignment;
pub mod book;
pub mod breaker;
pub mod chain;
pub mod check;
pub mod congestion;
pub mod conserve;
pub mod contagion;
pub mod coverage;
pub mod delegate;
pub mod error;
pub mod feed;
pub mod funding;
pub mod gate;
pub mod guardian;
pub mod health;
pub mod ledger;
pub mod liquidation;
pub mod loss;
pub mod matching;
pub mod math;
pub mod migration;
pub mod mode;
pub mod order;
pub mod outflow;
pub mod params;
pub mod permits;
pub mod recovery;
pub mod refresh;
pub mod residual;
pub mod settle;
pub mod settlement;
pub mod staking;
pub mod targets;
pub mod time;
pub mod treasury;
pub mod units;
pub mod volatility;
pub mod windup;
pub mod withdrawal;

pub use error::{Error, Result};
pub use time::Now;
