//! Addresses that the program derives.

use anchor_lang::prelude::Pubkey;
use bulwark::seeds;
use bulwark_core::recovery::AUDIT;

fn derive(parts: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(parts, &bulwark::ID).0
}

/// The one Protocol.
pub fn protocol() -> Pubkey {
    derive(&[seeds::PROTOCOL])
}

/// A compartment.
pub fn compartment(id: u16) -> Pubkey {
    derive(&[seeds::COMPARTMENT, &id.to_le_bytes()])
}

/// A bank.
pub fn bank(compartment: &Pubkey, mint: &Pubkey) -> Pubkey {
    derive(&[seeds::BANK, compartment.as_ref(), mint.as_ref()])
}

/// The vault of a bank.
pub fn vault(bank: &Pubkey) -> Pubkey {
    derive(&[seeds::VAULT, bank.as_ref()])
}

/// A market.
pub fn market(compartment: &Pubkey, index: u8) -> Pubkey {
    derive(&[seeds::MARKET, compartment.as_ref(), &[index]])
}

/// A margin account.
pub fn margin(compartment: &Pubkey, owner: &Pubkey, index: u16) -> Pubkey {
    derive(&[
        seeds::MARGIN,
        compartment.as_ref(),
        owner.as_ref(),
        &index.to_le_bytes(),
    ])
}

/// The one guardian.
pub fn guardian() -> Pubkey {
    derive(&[seeds::GUARDIAN])
}

/// A proposal of the guardian.
pub fn proposal(nonce: u64) -> Pubkey {
    derive(&[seeds::PROPOSAL, &nonce.to_le_bytes()])
}

/// A ticket: the account's own number of it.
pub fn ticket(bank: &Pubkey, margin: &Pubkey, number: u64) -> Pubkey {
    derive(&[
        seeds::TICKET,
        bank.as_ref(),
        margin.as_ref(),
        &number.to_le_bytes(),
    ])
}

/// The same, with its bump.
pub fn ticket_and_bump(bank: &Pubkey, margin: &Pubkey, number: u64) -> (Pubkey, u8) {
    let number = number.to_le_bytes();
    let parts = [seeds::TICKET, bank.as_ref(), margin.as_ref(), &number];
    Pubkey::find_program_address(&parts, &bulwark::ID)
}

/// Insurance of a compartment.
pub fn insurance(compartment: &Pubkey) -> Pubkey {
    derive(&[seeds::INSURANCE, compartment.as_ref()])
}

/// What an owner has staked into an insurance, with its bump.
pub fn stake_and_bump(insurance: &Pubkey, owner: &Pubkey) -> (Pubkey, u8) {
    let parts = [seeds::STAKE, insurance.as_ref(), owner.as_ref()];
    Pubkey::find_program_address(&parts, &bulwark::ID)
}

/// The Recovery of a compartment in an epoch; of an audit's epoch its one record of audits.
pub fn recovery(compartment: &Pubkey, epoch: u32) -> Pubkey {
    recovery_and_bump(compartment, epoch).0
}

/// The same with its bump.
pub(crate) fn recovery_and_bump(compartment: &Pubkey, epoch: u32) -> (Pubkey, u8) {
    let epoch = if epoch & AUDIT == 0 { epoch } else { AUDIT };
    let seeds: [&[u8]; 3] = [seeds::RECOVERY, compartment.as_ref(), &epoch.to_le_bytes()];
    Pubkey::find_program_address(&seeds, &bulwark::ID)
}

/// Authority of all vaults.
pub fn vault_authority() -> Pubkey {
    seeds::VAULT_AUTHORITY_AND_BUMP.0
}

/// Authority of the program's calls to itself, by which events go out.
pub fn event_authority() -> Pubkey {
    bulwark::EVENT_AUTHORITY_AND_BUMP.0
}

/// ProgramData account of the program: says who may upgrade it.
pub fn program_data() -> Pubkey {
    let loader = anchor_lang::prelude::pubkey!("BPFLoaderUpgradeab1e11111111111111111111111");
    Pubkey::find_program_address(&[bulwark::ID.as_ref()], &loader).0
}
