//! Keypairs from names: the same name gives the same key in every run, so that compute units, which
//! depend on addresses, repeat.

use sha2::{Digest, Sha256};
use solana_keypair::Keypair;

/// The keypair of a name.
pub fn keypair(name: &str) -> Keypair {
    let mut hash = Sha256::new();
    hash.update(b"bulwark test key: ");
    hash.update(name.as_bytes());
    Keypair::new_from_array(hash.finalize().into())
}

/// SHA-256 of the parts, one after the other.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}
