//! `bulwark`: the command line as a library, for its binary and its benches.

pub mod drill;
pub mod proposal;
pub mod recovery;
pub mod replay;
pub mod verify;
