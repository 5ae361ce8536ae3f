//! Seeds of every address that the program derives. An address is derived when an account is
//! created; afterwards owner, discriminator and a stored key prove as much for less.

use anchor_lang::derive_program_address;
use anchor_lang::prelude::Pubkey;

use crate::ID_CONST;

/// The one Protocol.
pub const PROTOCOL: &[u8] = b"protocol";
/// Compartment: id (u16, little endian).
pub const COMPARTMENT: &[u8] = b"compartment";
/// Bank: compartment, mint.
pub const BANK: &[u8] = b"bank";
/// Vault of a bank: bank.
pub const VAULT: &[u8] = b"vault";
/// Market: compartment, index (u8).
pub const MARKET: &[u8] = b"market";
/// Margin account: compartment, owner, index (u16, little endian).
pub const MARGIN: &[u8] = b"margin";
/// Ticket: bank, margin account, number of the account's ticket (u64, little endian).
pub const TICKET: &[u8] = b"ticket";
/// The one guardian.
pub const GUARDIAN: &[u8] = b"guardian";
/// Proposal of the guardian: number (u64, little endian).
pub const PROPOSAL: &[u8] = b"proposal";
/// Insurance: compartment.
pub const INSURANCE: &[u8] = b"insurance";
/// Stake: insurance, owner.
pub const STAKE: &[u8] = b"stake";
/// Recovery: compartment, epoch (u32, little endian). A compartment's one record of audits has the
/// epoch that is only the highest bit.
pub const RECOVERY: &[u8] = b"recovery";
/// Authority of every vault.
pub const VAULT_AUTHORITY: &[u8] = b"vault-authority";

/// Address and bump of the authority that signs transfers out of vaults, and nothing else
/// (INV-AUTH). Computed by the compiler, so no instruction ever searches it.
pub const VAULT_AUTHORITY_AND_BUMP: (Pubkey, u8) = {
    let (address, bump) = derive_program_address(&[VAULT_AUTHORITY], &ID_CONST.to_bytes());
    (Pubkey::new_from_array(address), bump)
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_authority_is_the_derived_one() {
        let derived = Pubkey::find_program_address(&[VAULT_AUTHORITY], &crate::ID);
        assert_eq!(VAULT_AUTHORITY_AND_BUMP, derived);
        assert_ne!(
            VAULT_AUTHORITY_AND_BUMP.0,
            crate::EVENT_AUTHORITY_AND_BUMP.0
        );
    }
}
