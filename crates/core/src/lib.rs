//! Every rule of the Bulwark margin engine, as pure functions: no accounts, no clock, no logging,
//! integers only. Time and prices are arguments; overflow is `None` or an error, never a panic.

#![no_std]
#![forbid(unsafe_code)]

pub mod math;
pub mod units;
