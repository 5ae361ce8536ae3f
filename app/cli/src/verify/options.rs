//! What `bulwark verify` can be told.

use std::path::PathBuf;
use std::str::FromStr;

use bulwark_rebuild::Link;
use clap::Args;

/// Prove or refute a history of transactions.
///
/// Reads every transaction of the program since the Protocol was created, in order of execution.
/// Proves that the chained events (listing, guardian, modes, breakers) are numbered without a gap
/// and hash to the heads that are known; that every event follows from those before it; and, given
/// accounts, that each is what its events come to. Stops at the first break, says where, and exits
/// with another code than 0.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// History, one transaction a line as JSON; - for standard input. A line is what the RPC method
    /// getTransaction returns with encoding json, or {"slot", "signature", "events": [base64]}
    #[arg(value_name = "FILE")]
    pub history: PathBuf,

    /// A head of the chain that you know: number of its last event and hash; may be repeated
    #[arg(long, value_name = "NUMBER:HEX")]
    pub head: Vec<Head>,

    /// Accounts as they lie on chain after the last transaction: JSON objects with "pubkey" and
    /// "account", one a line or in a list, as getProgramAccounts (base64) and `solana account
    /// --output json` return them. The Protocol among them shows the head and the last 32 links
    #[arg(long, value_name = "FILE")]
    pub accounts: Vec<PathBuf>,

    /// Check the chain alone: for a history without trades and transfers
    #[arg(long)]
    pub chain_only: bool,
}

/// A head given by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head(pub Link);

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = || "a number, a colon and 64 hexadecimal digits are wanted".to_string();
        let (number, hex) = text.split_once(':').ok_or_else(wanted)?;
        let sequence = number.parse().map_err(|_| wanted())?;
        let mut hash = [0; 32];
        if hex.len() != 64 || !hex.is_ascii() {
            return Err(wanted());
        }
        for (place, byte) in hash.iter_mut().enumerate() {
            let digits = hex.get(2 * place..2 * place + 2).ok_or_else(wanted)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wanted())?;
        }
        Ok(Self(Link { sequence, hash }))
    }
}
