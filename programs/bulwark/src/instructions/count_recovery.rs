//! Counts banks and markets into a frozen Recovery, or into an audit: what is claimed of each, and
//! the money that those claims share. With the last of them marking begins.
//!
//! Anyone CAN, as many at a time as fit, each once. Nobody CAN count another bank's vault for it.
//!
//! Behind the named accounts come banks, writable and each followed by its vault, and markets, in
//! any order.

use anchor_lang::prelude::*;
use bulwark_core::{coverage, recovery};
use bulwark_state::{MAX_BANKS, Recovery};

use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, Kind, RecoveryCounted};
use crate::guard::Guard;
use crate::state::{
    Access, BankState, CompartmentState, Layout, MarketState, ProtocolState, RecoveryState,
};
use crate::{invariant, token};

/// Accounts of `count_recovery`; banks with their vaults and markets follow.
#[derive(Accounts)]
pub struct CountRecovery<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    #[account(mut)]
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// The frozen Recovery, or the audit.
    #[account(mut)]
    pub recovery: AccountLoader<'info, RecoveryState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Counts.
pub fn count_recovery<'info>(ctx: Context<'info, CountRecovery<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.marking(&accounts.compartment, &accounts.recovery)?;
    let some = !ctx.remaining_accounts.is_empty();
    ensure(some, BulwarkError::MissingAccount)?;
    let event = {
        let mut recovery = accounts.recovery.write()?;
        let mut rest = ctx.remaining_accounts.iter();
        let mut counted = [0; MAX_BANKS];
        while let Some(info) = rest.next() {
            count_one(&mut guard, &mut recovery, info, &mut rest, &mut counted)?;
        }
        let mut compartment = accounts.compartment.write()?;
        let complete = recovery::complete(&mut recovery, &mut compartment).or_refuse()?;
        invariant::compartment(&compartment)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let caller = accounts.caller.key;
        let common = RecoveryCounted::head(guard.now, caller, guard.compartment, sequence);
        let event = RecoveryCounted {
            common,
            recovery: accounts.recovery.key(),
            banks: recovery.banks_counted,
            markets: recovery.markets_counted,
            live_count: recovery.live_count,
            complete: u64::from(complete),
            claims: recovery.banks.map(|bank| bank.claims),
            frozen: recovery.banks.map(|bank| bank.frozen),
            spare_fees: recovery.spare_fees,
            rewards: recovery.rewards,
            counted,
        };
        event::chain(&mut protocol, &common, &event)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}

fn count_one<'info>(
    guard: &mut Guard,
    recovery: &mut Recovery,
    info: &'info AccountInfo<'info>,
    rest: &mut impl Iterator<Item = &'info AccountInfo<'info>>,
    counted: &mut [u64; MAX_BANKS],
) -> Result<()> {
    let is_market = info
        .try_borrow_data()?
        .starts_with(MarketState::DISCRIMINATOR);
    if is_market {
        let loader = AccountLoader::<MarketState>::try_from(info)?;
        guard.market(&loader)?;
        return recovery::freeze_market(recovery, &*loader.read()?).or_refuse();
    }
    let loader = AccountLoader::<BankState>::try_from(info)?;
    guard.bank(&loader)?;
    let vault = rest
        .next()
        .ok_or_else(|| refusal(BulwarkError::MissingAccount))?;
    let mut bank = loader.write()?;
    token::check_vault(&bank, vault)?;
    let balance = token::balance(vault)?;
    let place = counted.get_mut(usize::from(bank.index));
    *place.or_refuse()? = coverage::counted(&bank, balance);
    recovery::freeze_bank(recovery, &mut bank, balance).or_refuse()
}

/// The loader checks size and owner.
const _: () = assert!(MarketState::SPACE > 8);
