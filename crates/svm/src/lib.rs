//! The deployed bytecode in an embedded VM.
//!
//! [`Vm`] loads the ELF through the upgradeable loader and sends version-0 transactions with the
//! deployment's lookup table. It refuses what a cluster would refuse and LiteSVM doesn't check:
//! packets over 1,232 bytes, more than 64 account keys. Nothing here runs program code natively.

pub mod audit;
pub mod drill;
pub mod history;
pub mod hostile;
mod kept;
pub mod keys;
pub mod launch;
mod probes;
pub mod pyth;
pub mod tokens;
pub mod vm;
pub mod world;

pub use audit::Audit;
pub use solana_account::Account;
pub use solana_signer::Signer;
pub use vm::{Failure, Receipt, Vm};
pub use world::World;
