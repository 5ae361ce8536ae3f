//! Whether a member speaks now, in person: his word can't be collected beforehand and played later
//! (Drift, April 2026), nor be slipped into another program's call.
//!
//! * He quotes a block that is still in SlotHashes, the last 512: a signature that lay longer is
//!   worthless.
//! * The transaction doesn't begin with the advance of a durable nonce, which would keep its
//!   signatures alive for ever.
//! * The instruction is the transaction's own, not a call by a program.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::{TRANSACTION_LEVEL_STACK_HEIGHT, get_stack_height};
use solana_sysvar::get_sysvar;

use crate::error::{BulwarkError, OrRefuse, ensure, refusal};

/// Address of the sysvar that holds the transaction's instructions.
const INSTRUCTIONS: Pubkey = pubkey!("Sysvar1nstructions1111111111111111111111111");
/// Address of the sysvar that holds the latest blocks' hashes.
const SLOT_HASHES: Pubkey = pubkey!("SysvarS1otHashes111111111111111111111111111");
/// Number of the system program's instruction that advances a durable nonce.
const ADVANCE_NONCE: u32 = 4;
/// Most entries that SlotHashes holds.
const ENTRIES: u64 = 512;
/// Bytes of an entry: slot and hash.
const ENTRY: u64 = 40;

/// A block that a member quotes: one of the last 512.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Slot.
    pub slot: u64,
    /// Hash of its bank.
    pub hash: [u8; 32],
}

/// All three at once.
pub fn check(quote: &Quote, instructions: &AccountInfo) -> Result<()> {
    in_person(instructions)?;
    ensure(
        hash_of(quote.slot)? == Some(quote.hash),
        BulwarkError::StaleQuote,
    )
}

/// The second and the third: enough for what is void with its block anyway, such as a heartbeat.
pub fn in_person(instructions: &AccountInfo) -> Result<()> {
    ensure(
        get_stack_height() == TRANSACTION_LEVEL_STACK_HEIGHT,
        BulwarkError::CalledByProgram,
    )?;
    ensure(
        *instructions.key == INSTRUCTIONS,
        BulwarkError::WrongAddress,
    )?;
    ensure(
        !advances_nonce(&instructions.try_borrow_data()?),
        BulwarkError::DurableNonce,
    )
}

/// Whether the first of the transaction's instructions advances a durable nonce. Bytes that can't
/// be read count as one that does.
///
/// Layout: number of instructions (u16), their offsets (u16 each); at an offset the number of
/// accounts (u16), 33 bytes for each, the program, the length of the data (u16), the data.
fn advances_nonce(data: &[u8]) -> bool {
    first(data).is_none_or(|(program, data)| {
        program == system_program::ID.to_bytes()
            && data.first_chunk::<4>().copied().map(u32::from_le_bytes) == Some(ADVANCE_NONCE)
    })
}

/// Program and data of the first instruction.
fn first(data: &[u8]) -> Option<([u8; 32], &[u8])> {
    let number = |at: usize| {
        let field = data.get(at..)?.first_chunk::<2>()?;
        Some(usize::from(u16::from_le_bytes(*field)))
    };
    let start = number(2)?;
    let program = start.checked_add(2)?;
    let program = program.checked_add(number(start)?.checked_mul(33)?)?;
    let length = program.checked_add(32)?;
    let from = length.checked_add(2)?;
    let to = from.checked_add(number(length)?)?;
    Some((*data.get(program..)?.first_chunk()?, data.get(from..to)?))
}

/// Hash of a slot's block, if SlotHashes has it. Entries lie newest first; the place is guessed
/// from the distance, and searched below the guess where slots were skipped.
fn hash_of(slot: u64) -> Result<Option<[u8; 32]>> {
    let count = u64::from_le_bytes(bytes(0)?).min(ENTRIES);
    if count == 0 {
        return Ok(None);
    }
    let newest = slot_at(0)?;
    let Some(distance) = newest.checked_sub(slot) else {
        return Ok(None);
    };
    // Skipped slots only move an entry nearer to the newest.
    let (mut low, mut high) = (0, distance.min(count.saturating_sub(1)));
    let mut place = high;
    while slot_at(place)? != slot {
        if slot_at(place)? > slot {
            low = place.checked_add(1).or_refuse()?;
        } else if place == 0 {
            return Ok(None);
        } else {
            high = place.saturating_sub(1);
        }
        if low > high {
            return Ok(None);
        }
        place = low.midpoint(high);
    }
    let at = offset(place)?.checked_add(8).or_refuse()?;
    bytes(at).map(Some)
}

fn offset(place: u64) -> Result<u64> {
    let start = place.checked_mul(ENTRY).or_refuse()?;
    start.checked_add(8).or_refuse()
}

fn slot_at(place: u64) -> Result<u64> {
    bytes(offset(place)?).map(u64::from_le_bytes)
}

/// Bytes of SlotHashes from an offset on.
fn bytes<const N: usize>(at: u64) -> Result<[u8; N]> {
    let mut field = [0; N];
    let length = u64::try_from(N).map_err(|_| refusal(BulwarkError::Overflow))?;
    get_sysvar(&mut field, &SLOT_HASHES, at, length)?;
    Ok(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transaction(instructions: &[(Pubkey, usize, &[u8])]) -> Vec<u8> {
        let mut bodies = Vec::new();
        let mut offsets = Vec::new();
        let start = 2 + 2 * instructions.len();
        for (program, accounts, data) in instructions {
            offsets.push(u16::try_from(start + bodies.len()).unwrap());
            bodies.extend(u16::try_from(*accounts).unwrap().to_le_bytes());
            bodies.extend(vec![7; 33 * accounts]);
            bodies.extend(program.to_bytes());
            bodies.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
            bodies.extend(*data);
        }
        let mut all = u16::try_from(instructions.len())
            .unwrap()
            .to_le_bytes()
            .to_vec();
        for offset in offsets {
            all.extend(offset.to_le_bytes());
        }
        all.extend(bodies);
        all
    }

    #[test]
    fn only_the_first_instruction_makes_a_transaction_durable() {
        let own = (crate::ID, 5, &[1, 2, 3][..]);
        let advance = (system_program::ID, 3, &[4, 0, 0, 0][..]);
        let transfer = (system_program::ID, 2, &[2, 0, 0, 0, 9][..]);
        assert!(advances_nonce(&transaction(&[advance, own])));
        assert!(!advances_nonce(&transaction(&[own, advance])));
        assert!(!advances_nonce(&transaction(&[transfer, own])));
        assert!(!advances_nonce(&transaction(&[(
            crate::ID,
            0,
            &[4, 0, 0, 0]
        )])));
    }

    #[test]
    fn bytes_that_cannot_be_read_count_as_durable() {
        let whole = transaction(&[(crate::ID, 1, &[1, 2])]);
        assert!(!advances_nonce(&whole));
        for length in 0..whole.len() {
            assert!(advances_nonce(&whole[..length]), "{length}");
        }
    }
}
