//! The only file that emits events.
//!
//! * An event goes out by a call of the program to itself: logs are cut at 10,000 bytes without a
//!   sign, inner instructions never (a34). The bytes are those of Anchor's `emit_cpi!` (its tag,
//!   the event's discriminator, the fields), so standard tooling recovers them; they are laid out
//!   by one copy, which costs a third.
//! * One call per instruction. Names are in the past tense. Numbers that changed come as
//!   `…_before` and `…_after`.
//! * Every event begins with [`Common`]. Its `sequence` counts the events of one account: of the
//!   bank for tokens, of the market for trades, of the margin account for what concerns it alone,
//!   of the Protocol for everything that is chained.
//! * [`chain`] links the events of the last kind (modes, listing, parameters) in the Protocol;
//!   [`chain_list`] those of them that end with a list.
//! * A self-call clears return data: an instruction that returns something sets it after its event.

use anchor_lang::Discriminator;
use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::{AccountMeta, Instruction};
use anchor_lang::solana_program::program::invoke_signed_unchecked;
use bulwark_core::Now;
use bytemuck::{Pod, Zeroable};

use crate::EVENT_AUTHORITY_AND_BUMP;
use crate::error::OrRefuse;

/// Compartment of an event that belongs to none.
pub const NO_COMPARTMENT: u16 = u16::MAX;
/// Seed of the authority of self-calls, as Anchor has it.
const EVENT_AUTHORITY: &[u8] = b"__event_authority";
/// Bytes of the tag that a self-call begins with.
const TAG_BYTES: usize = EVENT_IX_TAG_LE.len();

/// What every event begins with.
#[derive(
    AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable,
)]
#[repr(C)]
pub struct Common {
    /// Number of the event in its account's own count, from 1.
    pub sequence: u64,
    /// Slot.
    pub slot: u64,
    /// Unix second.
    pub unix: i64,
    /// Who signed for it.
    pub actor: Pubkey,
    /// Kind of event: [`Kind::KIND`].
    pub kind: u16,
    /// Compartment, `u16::MAX` for none.
    pub compartment: u16,
    /// Zero.
    pub reserved: [u8; 4],
}

/// A plain event: borsh of its fields equals its bytes in memory, because `Pod` has no padding.
pub trait Kind: Discriminator + Pod {
    /// Number of this kind of event. Never used twice.
    const KIND: u16;

    /// The head of an event of this kind.
    fn head(now: Now, actor: &Pubkey, compartment: u16, sequence: u64) -> Common {
        Common {
            sequence,
            slot: now.slot,
            unix: now.unix,
            actor: *actor,
            kind: Self::KIND,
            compartment,
            reserved: [0; 4],
        }
    }
}

/// Emits an event. `authority` is the accounts struct's `event_authority`.
pub fn emit<E: Kind>(authority: &AccountInfo, event: &E) -> Result<()> {
    let data = begin(discriminator::<E>(), bytemuck::bytes_of(event), 0);
    call(authority, data)
}

/// Emits an event that ends with a list: its length and its records, as borsh has it.
pub fn emit_list<E: Kind, R: Pod>(authority: &AccountInfo, event: &E, list: &[R]) -> Result<()> {
    let mut data = Listing::new(event, size_of_val(list));
    data.bytes.extend_from_slice(bytemuck::cast_slice(list));
    data.emit::<E>(authority, length(list))
}

/// An event with a list that is laid out while its instruction runs: one copy of each record.
pub struct Listing {
    bytes: Vec<u8>,
}

impl Listing {
    /// What comes before the list, and room for so many bytes of records.
    pub fn new<E: Kind>(event: &E, room: usize) -> Self {
        let room = room.saturating_add(4);
        let mut bytes = begin(discriminator::<E>(), bytemuck::bytes_of(event), room);
        bytes.extend_from_slice(&[0; 4]);
        Self { bytes }
    }

    /// Appends a record.
    #[inline(always)]
    pub fn push<R: Pod>(&mut self, record: &R) {
        self.bytes.extend_from_slice(bytemuck::bytes_of(record));
    }

    /// Emits it as a list of this length.
    pub fn emit<E: Kind>(self, authority: &AccountInfo, length: [u8; 4]) -> Result<()> {
        call(authority, self.ended::<E>(length)?)
    }

    /// The event's bytes, a list of this length.
    fn ended<E: Kind>(mut self, length: [u8; 4]) -> Result<Vec<u8>> {
        let place = TAG_BYTES.saturating_add(8).saturating_add(size_of::<E>());
        let behind = self.bytes.get_mut(place..);
        let place = behind.and_then(|rest| rest.first_chunk_mut());
        *place.or_refuse()? = length;
        Ok(self.bytes)
    }
}

/// An event that ends with lists, as it is emitted.
pub struct Laid(Vec<u8>);

impl Laid {
    /// What comes before the lists, and room for so many bytes of them.
    pub fn new<E: Kind>(event: &E, room: usize) -> Self {
        let fields = bytemuck::bytes_of(event);
        Self(begin(discriminator::<E>(), fields, room))
    }

    /// Appends a list.
    pub fn list<R: Pod>(&mut self, list: &[R]) {
        self.0.extend_from_slice(&length(list));
        self.0.extend_from_slice(bytemuck::cast_slice(list));
    }

    /// Emits it.
    pub fn emit(self, authority: &AccountInfo) -> Result<()> {
        call(authority, self.0)
    }
}

/// A list is as long as its instruction allows: a few hundred bytes, a dozen records.
pub fn length<R>(list: &[R]) -> [u8; 4] {
    u32::try_from(list.len()).unwrap_or(u32::MAX).to_le_bytes()
}

fn discriminator<E: Kind>() -> [u8; 8] {
    E::DISCRIMINATOR.try_into().unwrap_or_default()
}

/// Tag, discriminator and fields, and room for more. One body for all events: each of its own was
/// 18 KB of bytecode.
#[inline(never)]
fn begin(discriminator: [u8; 8], fields: &[u8], room: usize) -> Vec<u8> {
    let bytes = room.saturating_add(16).saturating_add(fields.len());
    let mut data = Vec::with_capacity(bytes);
    data.extend_from_slice(EVENT_IX_TAG_LE);
    data.extend_from_slice(&discriminator);
    data.extend_from_slice(fields);
    data
}

/// Calls the program itself with an event.
///
/// The unchecked form of the call looks at no `RefCell`: the called side reads the authority alone.
#[inline(never)]
fn call(authority: &AccountInfo, data: Vec<u8>) -> Result<()> {
    let accounts = vec![AccountMeta::new_readonly(*authority.key, true)];
    let call = Instruction {
        program_id: crate::ID,
        accounts,
        data,
    };
    let seeds: &[&[u8]] = &[EVENT_AUTHORITY, &[EVENT_AUTHORITY_AND_BUMP.1]];
    Ok(invoke_signed_unchecked(
        &call,
        std::slice::from_ref(authority),
        &[seeds],
    )?)
}

/// The next number of an account's own count.
pub fn count(sequence: &mut u64) -> Result<u64> {
    *sequence = sequence.checked_add(1).or_refuse()?;
    Ok(*sequence)
}

#[macro_use]
mod writing;

mod chained;
mod check;
mod guardian;
mod listing;
mod recovery;
mod refreshing;
mod staking;
mod trading;
mod winding;
pub use chained::{chain, chain_laid, chain_list, is_chained, next_chained};
pub use check::{
    BreakerTripped, Checked, CheckedHead, ItemChecked, ItemsChecked, ItemsCheckedHead,
};
pub use guardian::{
    GuardianCreated, GuardianCreatedHead, GuardianMember, HeartbeatNoted, MemberRestricted,
    ProposalAnswered, ProposalClosed, ProposalExecuted, ProposalExpired, ProposalOpened,
    ProposalOpenedHead, TreasuryPaid,
};
pub use listing::{
    BankCreated, BankCreatedHead, BoardCreated, BoardCreatedHead, FeedCreated, FeedCreatedHead,
    InsuranceCreated, InsuranceCreatedHead, MarketCreated, MarketCreatedHead,
};
pub use recovery::{
    AccountMarked, AccountsMarked, AccountsMarkedHead, AuditBegun, AuditClosed, ClaimsAssigned,
    DeficitNoted, QuotePotAssigned, RecoveryAnnounced, RecoveryCounted, RecoveryFrozen,
    RecoveryMoneyAdded, RecoveryPaid, RecoveryUndone,
};
pub use refreshing::{PricesRefreshed, PricesRefreshedHead, Read, read};
pub use staking::{StakeChanged, StressProved};
pub use trading::{
    AccountFlagged, AccountMigrated, AccountUnflagged, AccountWoundUp, AccountWoundUpHead,
    CollateralSold, DelegateNamed, FundingSampled, LegWoundUp, LossSettled, OrderFill, OrderPlaced,
    OrderPlacedHead, OrdersCancelled, OrdersPruned, PositionTakenOver, StageChanged,
};
pub use winding::{BankClosed, MarketWoundDown, PositionSettled, Transferred};

events! {
    /// The Protocol was created.
    ProtocolCreated = 1 {
        pub protocol: Pubkey,
        pub creator: Pubkey,
        pub treasury: Pubkey,
    }
    /// A compartment was created.
    CompartmentCreated = 2 {
        pub key: Pubkey,
    }
    /// The creator key lost its powers for ever.
    CreatorSealed = 8 {
        /// Deposits at Board prices that were shown, UsdE6; 0 where the creator did it himself.
        pub deposits: u64,
    }
    /// A margin account was created.
    MarginAccountCreated = 20 {
        pub margin: Pubkey,
        pub owner: Pubkey,
        /// May trade for him; the zero key for nobody.
        pub delegate: Pubkey,
        pub index: u64,
    }
    /// A margin account was closed.
    MarginAccountClosed = 21 {
        pub margin: Pubkey,
        pub owner: Pubkey,
        pub index: u64,
    }
    /// Tokens came into a margin account.
    Deposited = 22 {
        pub bank: Pubkey,
        pub margin: Pubkey,
        pub account_sequence: u64,
        /// What arrived in the vault.
        pub amount: u64,
        /// Quote (signed) or collateral of the account.
        pub balance_before: i64,
        pub balance_after: i64,
        /// Claims of the bank; for quote, what it owes itself: positive balances and tickets.
        pub total_before: i64,
        pub total_after: i64,
        /// What the vault is expected to hold.
        pub expected_after: u64,
        /// 1 if new deposits of a day are limited: the amount was taken from that bucket.
        pub limited: u64,
    }
    /// Tokens left a margin account: paid at once, queued, or turned into a residual claim.
    Withdrawn = 23 {
        pub bank: Pubkey,
        pub margin: Pubkey,
        pub destination: Pubkey,
        pub account_sequence: u64,
        /// Coins paid at once, those for residual claims included.
        pub paid: u64,
        /// Units that wait in a ticket.
        pub queued: u64,
        /// Units that became a residual claim, because value is missing.
        pub residual: u64,
        /// Number of the ticket in the account, meaningless if nothing was queued.
        pub ticket: u64,
        pub balance_before: i64,
        pub balance_after: i64,
        pub total_before: i64,
        pub total_after: i64,
        /// Units of the own recent deposit that left free of the buckets.
        pub free: u64,
        /// Coins of `paid` for residual claims of before.
        pub collected: u64,
        pub expected_after: u64,
        /// Bit 0: interest was booked first. Bit 1: as a small exit, once a day. Bits 8 to 15: bump
        /// of the ticket's address, meaningless if nothing was queued.
        pub flags: u64,
        /// What the quote vault is expected to hold, where another bank asked the compartment's
        /// buckets; else 0.
        pub quote_expected_after: u64,
    }
    /// A queue moved, and a ticket was paid as far as it goes.
    TicketCranked = 24 {
        pub bank: Pubkey,
        pub margin: Pubkey,
        pub ticket: Pubkey,
        pub account_sequence: u64,
        pub served_before: u64,
        pub served_after: u64,
        /// Coins paid, those for residual claims included.
        pub paid: u64,
        /// Coins of `paid` for residual claims of before.
        pub collected: u64,
        /// Units that became a residual claim.
        pub residual: u64,
        /// Units that a wind-up had taken back.
        pub voided: u64,
        pub expected_after: u64,
        /// 1 if the ticket is done and closed.
        pub done: u64,
    }
    /// Money assigned to a residual claim was paid.
    ResidualCollected = 29 {
        pub bank: Pubkey,
        pub margin: Pubkey,
        pub destination: Pubkey,
        pub account_sequence: u64,
        pub paid: u64,
        pub residuals_before: u64,
        pub residuals_after: u64,
        pub assigned_before: u64,
        pub assigned_after: u64,
        pub expected_after: u64,
        /// 1 in a Recovery that has counted: the account keeps its place and slots.
        pub counted: u64,
    }
    /// The base of the compartment's USD buckets was noted, UsdE6.
    BanksValued = 30 {
        pub bank: Pubkey,
        pub value_before: u64,
        pub value_after: u64,
    }
    /// Money that nobody had booked was found in a vault.
    SurplusSwept = 25 {
        pub bank: Pubkey,
        pub expected_before: u64,
        pub expected_after: u64,
        pub residuals_before: u64,
        pub residuals_after: u64,
        pub deficit_before: u64,
        pub deficit_after: u64,
        pub insurance_before: u64,
        pub insurance_after: u64,
    }
    /// Somebody gave money to a bank.
    Recapitalised = 26 {
        pub bank: Pubkey,
        pub amount: u64,
        pub residuals_before: u64,
        pub residuals_after: u64,
        pub deficit_before: u64,
        pub deficit_after: u64,
        pub insurance_before: u64,
        pub insurance_after: u64,
        pub expected_after: u64,
    }
    /// Somebody gave money to insurance.
    InsuranceFunded = 27 {
        pub insurance: Pubkey,
        pub amount: u64,
        pub balance_before: u64,
        pub balance_after: u64,
        pub expected_after: u64,
    }
    /// What trades changed was folded into the quote bank. Nobody signs for it: the actor is zero.
    MarketsFolded = 35 {
        pub bank: Pubkey,
        /// Bit m: market m.
        pub markets: u64,
    }
    /// Interest was accrued: the indexes of lenders and debtors, low and high words; and stock was
    /// taken of quote.
    InterestAccrued = 28 {
        pub bank: Pubkey,
        pub lend_before: [u64; 2],
        pub lend_after: [u64; 2],
        pub debt_before: [u64; 2],
        pub debt_after: [u64; 2],
        pub expected_before: u64,
        pub expected_after: u64,
        /// Losses that nobody bears yet.
        pub deficit_before: u64,
        pub deficit_after: u64,
        /// Loss that claims share, and those claims: coverage is one less their quotient.
        pub loss_after: u64,
        pub claims_after: i64,
        /// With the premium that both sides of all markets were charged, UsdE6.
        pub insurance_after: u64,
        /// Stressed shortfall over insurance, ppm, at most one.
        pub used_ppm: u64,
        /// What each side of each market was charged as premium, UsdE6.
        pub charged: [u64; 32],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_kinds_are_unique() {
        let lists = [
            KINDS,
            trading::KINDS,
            guardian::KINDS,
            recovery::KINDS,
            staking::KINDS,
            winding::KINDS,
        ];
        let mut numbers: Vec<_> = lists.concat().iter().map(|(_, number)| *number).collect();
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), count);
    }

    #[test]
    fn memory_is_borsh() {
        let common = CompartmentCreated::head(
            Now { unix: -5, slot: 7 },
            &Pubkey::new_from_array([9; 32]),
            3,
            11,
        );
        assert_eq!(
            (common.kind, common.sequence, common.compartment),
            (2, 11, 3)
        );
        let event = CompartmentCreated {
            common,
            key: Pubkey::new_from_array([4; 32]),
        };
        let borsh = anchor_lang::Event::data(&event);
        let (discriminator, fields) = borsh.split_at(8);
        assert_eq!(discriminator, CompartmentCreated::DISCRIMINATOR);
        assert_eq!(fields, bytemuck::bytes_of(&event));
    }
}
