//! The self-check: recomputes invariants from what lies on chain, sets the broken bit of each item
//! that fails and clears that of each item that holds. A standing bit restricts the compartment,
//! missing value pauses it within automation's budget. Latches the drawdown breaker, chains what
//! breakers trades and refreshes have tripped, and notes a restart of the cluster.
//!
//! Anybody CAN, always, for any subset of banks, markets and margin accounts; who latches a bit
//! first is paid a little out of fees. Nobody CAN clear a bit without showing that very item
//! (INV-SUBSET, a35), and the alarm isn't rolled back by what it finds: it returns Ok.
//!
//! From the freeze of a Recovery on it looks at markets and margin accounts only, and pays nothing:
//! money is counted once then, by the Recovery, and nothing may move between two counts.
//!
//! What follows the named accounts: with `quote` every market in order, then any of: a market; a
//! token's bank followed by its vault; a margin account. Markets are writable.

use std::cell::RefMut;

use anchor_lang::prelude::*;
use bulwark_core::Now;
use bulwark_core::breaker::{depeg, drawdown};
use bulwark_core::check::{self as rule, Bits};
use bulwark_core::mode::{self, Finding, Global, Item};
use bulwark_core::permits::Action;
use bulwark_core::staking::stress;
use bulwark_state::{Board, Compartment, Insurance, Market};

use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, BreakerTripped, CheckedHead, ItemChecked, ItemsCheckedHead, Kind, Laid};
use crate::guard::{Guard, last_restart};
use crate::state::{
    Access, BankState, BoardState, CompartmentState, InsuranceState, Layout, MarginState,
    MarketState, ProtocolState, same,
};
use crate::{invariant, lists, token};

/// Beside the number of a bank: a trip of the depeg breaker.
pub const BOARD_PEG: u64 = 0x100;
/// Instead of the number of a market: a trip of the coverage breaker.
pub const BOARD_COVER: u64 = 0x200;

/// Accounts of `check`; the items follow.
#[derive(Accounts)]
pub struct Check<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    #[account(mut)]
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    #[account(mut)]
    pub board: AccountLoader<'info, BoardState>,
    /// Insurance of the compartment.
    pub insurance: AccountLoader<'info, InsuranceState>,
    /// Quote bank: needed for `quote` and for a reward.
    #[account(mut)]
    pub quote_bank: Option<AccountLoader<'info, BankState>>,
    /// CHECK: compared with the quote bank's vault; goes with it.
    pub quote_vault: Option<UncheckedAccount<'info>>,
    /// Margin account of this compartment, anybody's, that a reward is paid into.
    #[account(mut)]
    pub reward_to: Option<AccountLoader<'info, MarginState>>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

impl<'info> Check<'info> {
    /// The quote bank with every market: what INV-LEDGER is written down from.
    #[inline(never)]
    fn quote(
        &self,
        guard: &Guard,
        sight: &mut Sight,
        markets: &[AccountLoader<'info, MarketState>],
    ) -> Result<()> {
        let missing = || refusal(BulwarkError::MissingAccount);
        let loader = self.quote_bank.as_ref().ok_or_else(missing)?;
        guard.quote_bank(loader)?;
        let mut quote = loader.write()?;
        let vault = self.quote_vault.as_ref().ok_or_else(missing)?;
        token::check_vault(&quote, vault)?;
        sight.quote_vault = token::balance(vault)?;
        let money = (sight.quote_vault, self.insurance.read()?.balance);
        let mut opened = Vec::with_capacity(markets.len());
        for market in markets {
            opened.push(market.write()?);
        }
        let holds = invariant::bank(&quote).is_ok();
        let (board, flow) = (&mut sight.board, guard.flow());
        let found = rule::quote(
            board,
            &mut quote,
            money,
            &mut opened,
            holds,
            &flow,
            guard.now,
        );
        sight.observe(Item::Bank(0), found.bank)?;
        sight.observe(Item::Global(Global::Deficit), found.deficit)?;
        sight.observe(Item::Global(Global::Counter), found.counters)?;
        for market in &mut opened {
            sight.market(market)?;
        }
        Ok(())
    }

    /// Pays a first latch where rewards aren't revoked. Returns what was paid, UsdE6.
    #[inline(never)]
    fn reward(&self, guard: &Guard, sight: &mut Sight, before: &Bits) -> Result<u64> {
        let asked = (&self.quote_bank, &self.quote_vault, &self.reward_to);
        let (Some(bank), Some(vault), Some(to)) = asked else {
            return Ok(0);
        };
        if !guard.may(Action::Reward) {
            return Ok(0);
        }
        guard.quote_bank(bank)?;
        guard.margin(to)?;
        let mut quote = bank.write()?;
        token::check_vault(&quote, vault)?;
        let vault = token::balance(vault)?;
        let compartment = &mut sight.compartment;
        let amount = rule::reward(compartment, before, &quote, vault, guard.now).or_refuse()?;
        if amount > 0 {
            sight.quote_vault = vault;
            let mut margin = to.write()?;
            let flow = guard.flow();
            rule::pay(
                &sight.board,
                &mut quote,
                &mut margin,
                amount,
                &flow,
                guard.now,
            )
            .or_refuse()?;
            invariant::margin(&margin)?;
            invariant::bank(&quote)?;
        }
        Ok(amount)
    }
}

/// What a check has come to so far.
struct Sight<'a> {
    compartment: RefMut<'a, Compartment>,
    board: RefMut<'a, Board>,
    now: Now,
    paused_until: i64,
    /// Level of the drawdown, where it was latched anew.
    drawdown: u64,
    trips: Vec<BreakerTripped>,
    items: Vec<ItemChecked>,
    quote_vault: u64,
}

impl Sight<'_> {
    fn observe(&mut self, item: Item, finding: Finding) -> Result<()> {
        let seen = mode::observe(&mut self.compartment, item, finding, self.now).or_refuse()?;
        self.paused_until = self.paused_until.max(seen.paused_until);
        Ok(())
    }

    /// What is always looked at: the drawdown, the Board's indexes, the modes' budgets.
    fn whole(&mut self, insurance: &Insurance) -> Result<()> {
        if drawdown::latch(&mut self.compartment, insurance, self.now).or_refuse()? {
            self.drawdown = drawdown::level(insurance, self.now).or_refuse()? as u64;
        }
        let index = rule::board(&mut self.board, self.now);
        self.observe(Item::Global(Global::Index), index)?;
        let budgets = rule::budgets(&self.compartment, self.now);
        self.observe(Item::Global(Global::Budget), budgets)?;
        self.pegs()
    }

    /// What refreshes have seen of pegs goes into the mode record.
    fn pegs(&mut self) -> Result<()> {
        let latched = depeg::latch(&self.board, &mut self.compartment, self.now).or_refuse()?;
        let pegs = &mut self.board.pegs;
        if latched.is_some() || pegs.sequence > pegs.chained {
            self.trips.push(BreakerTripped {
                market: BOARD_PEG | u64::from(pegs.bank),
                reason: pegs.reason.into(),
                first: pegs.sequence.min(pegs.chained.checked_add(1).or_refuse()?),
                last: pegs.sequence,
            });
            pegs.chained = pegs.sequence;
        }
        let cover = &mut self.board.cover;
        let found = (stress::REASON.into(), cover.sequence, cover.chained);
        cover.chained = cover.sequence;
        self.trip(BOARD_COVER, found)
    }

    /// Chains the trips of a market that lie between what was chained and `sequence`.
    fn trip(&mut self, market: u64, (reason, sequence, chained): (u32, u64, u64)) -> Result<()> {
        if sequence > chained {
            self.trips.push(BreakerTripped {
                market,
                reason: reason.into(),
                first: chained.checked_add(1).or_refuse()?,
                last: sequence,
            });
        }
        Ok(())
    }

    /// An event with the lists that it ends with: trips for one that has them, and items.
    fn laid<E: Kind>(&self, event: &E) -> Laid {
        let (trips, items) = (&self.trips[..], &self.items[..]);
        let room = size_of_val(trips).saturating_add(size_of_val(items));
        let mut laid = Laid::new(event, room.saturating_add(8));
        if E::KIND == CheckedHead::KIND {
            laid.list(trips);
        }
        laid.list(items);
        laid
    }

    /// Notes what of one of the items that follow is told: the item's code, what was found.
    fn told(&mut self, item: Item, found: Finding, (vault, margin): (u64, Pubkey)) {
        self.items.push(ItemChecked {
            item: item.code().into(),
            found: found as u32,
            vault,
            margin,
        });
    }

    fn market(&mut self, market: &mut Market) -> Result<Finding> {
        let holds = invariant::market(market).is_ok();
        let finding = rule::market(&self.board, market, holds).or_refuse()?;
        self.observe(Item::Market(market.index), finding)?;
        let band = &mut market.band;
        self.trip(
            market.index.into(),
            (band.reason, band.sequence, band.chained),
        )?;
        band.chained = band.sequence;
        let seat = self.board.markets.get_mut(usize::from(market.index));
        let watch = &mut seat.or_refuse()?.watch;
        let found = (watch.reason, watch.sequence, watch.chained);
        watch.chained = watch.sequence;
        self.trip(market.index.into(), found)?;
        Ok(finding)
    }

    /// One of the items that follow, by what it says that it is; the loader proves it.
    #[inline(never)]
    fn item<'info>(
        &mut self,
        guard: &Guard,
        info: &'info AccountInfo<'info>,
        rest: &mut impl Iterator<Item = &'info AccountInfo<'info>>,
    ) -> Result<()> {
        if is::<MarketState>(info)? {
            let loader = AccountLoader::<MarketState>::try_from(info)?;
            let mut market = loader.write()?;
            let key = self.compartment.markets.get(usize::from(market.index));
            let ours = key.is_some_and(|key| same(key, info.key));
            ensure(ours, BulwarkError::WrongMarket)?;
            let (item, found) = (Item::Market(market.index), self.market(&mut market)?);
            self.told(item, found, (0, Pubkey::default()));
            return Ok(());
        }
        if is::<MarginState>(info)? {
            let loader = AccountLoader::<MarginState>::try_from(info)?;
            guard.margin(&loader)?;
            let margin = loader.read()?;
            let holds = invariant::margin(&margin).is_ok();
            let finding = rule::account(&self.board, &margin, holds);
            let key = info.key.to_bytes();
            mode::observe_account(&mut self.compartment, &key, finding, self.now).or_refuse()?;
            self.told(Item::Global(Global::Account), finding, (0, *info.key));
            return Ok(());
        }
        let counted = guard.context.phase.rules();
        ensure(!counted, BulwarkError::RecoveryPhase)?;
        let loader = AccountLoader::<BankState>::try_from(info)?;
        let bank = loader.read()?;
        let key = self.compartment.banks.get(usize::from(bank.index));
        let ours = bank.index != 0 && key.is_some_and(|key| same(key, info.key));
        ensure(ours, BulwarkError::WrongBank)?;
        let missing = || refusal(BulwarkError::MissingAccount);
        let vault = rest.next().ok_or_else(missing)?;
        token::check_vault(&bank, vault)?;
        let balance = token::balance(vault)?;
        let holds = invariant::bank(&bank).is_ok();
        let finding = rule::token(&mut self.board, &bank, balance, holds).or_refuse()?;
        let item = Item::Bank(bank.index);
        self.told(item, finding, (balance, Pubkey::default()));
        self.observe(item, finding)
    }
}

/// Whether an account has the size and the discriminator of a layout.
fn is<T: Layout>(info: &AccountInfo) -> Result<bool> {
    let data = info.try_borrow_data()?;
    Ok(data.len() == T::SPACE && data.starts_with(T::DISCRIMINATOR))
}

/// Checks. `quote`: the quote bank too, for which every market leads the list.
///
/// Where nothing has changed it is told too, but not chained.
pub fn check<'info>(ctx: Context<'info, Check<'info>>, quote: bool) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.insurance(&accounts.insurance)?;
    guard.permit(Action::Check)?;
    let counted = guard.context.phase.rules();
    ensure(!(quote && counted), BulwarkError::RecoveryPhase)?;
    let mut sight = Sight {
        compartment: accounts.compartment.write()?,
        board: accounts.board.write()?,
        now: guard.now,
        paused_until: 0,
        drawdown: 0,
        trips: Vec::new(),
        items: Vec::new(),
        quote_vault: 0,
    };
    let before = Bits::of(&sight.compartment);
    sight.whole(&*accounts.insurance.read()?)?;
    let count = usize::from(quote) * usize::from(sight.compartment.market_count);
    let (lead, follow) = ctx
        .remaining_accounts
        .split_at_checked(count)
        .ok_or_else(|| refusal(BulwarkError::IncompleteSet))?;
    if quote {
        let markets = lists::every_market(&sight.compartment, lead)?;
        accounts.quote(&guard, &mut sight, &markets)?;
    }
    let mut rest = follow.iter();
    while let Some(info) = rest.next() {
        sight.item(&guard, info, &mut rest)?;
    }
    let reward = if counted {
        0
    } else {
        accounts.reward(&guard, &mut sight, &before)?
    };
    tell(accounts, &guard, sight, (&before, reward, quote))
}

/// Chains what has changed, and emits it with what was looked at.
fn tell(
    accounts: &Check,
    guard: &Guard,
    mut sight: Sight,
    (before, reward, quote): (&Bits, u64, bool),
) -> Result<()> {
    let after = Bits::of(&sight.compartment);
    let restart = last_restart()?;
    let restarted = restart != accounts.protocol.read()?.last_restart_slot;
    let latched = sight.paused_until != 0 || sight.drawdown != 0;
    let changed = latched || restarted || after != *before;
    let (quote, quote_vault) = (quote.into(), sight.quote_vault);
    let (caller, id) = (accounts.caller.key, guard.compartment);
    if !changed && sight.trips.is_empty() {
        let sequence = event::count(&mut sight.compartment.event_sequence)?;
        let event = ItemsCheckedHead {
            common: ItemsCheckedHead::head(guard.now, caller, id, sequence),
            quote,
            quote_vault,
        };
        return sight.laid(&event).emit(&accounts.event_authority);
    }
    invariant::compartment(&sight.compartment)?;
    let mut protocol = accounts.protocol.write()?;
    if restarted {
        protocol.last_restart_slot = restart;
        protocol.restart_seen_at = guard.now.unix;
    }
    let sequence = event::next_chained(&protocol)?;
    let common = CheckedHead::head(guard.now, caller, id, sequence);
    let event = CheckedHead {
        common,
        banks_before: before.banks,
        banks_after: after.banks,
        missing_before: before.missing,
        missing_after: after.missing,
        markets_before: before.markets,
        markets_after: after.markets,
        globals_before: before.globals,
        globals_after: after.globals,
        paused_until: sight.paused_until,
        drawdown: sight.drawdown,
        restart_slot: if restarted { restart } else { 0 },
        reward,
        reward_to: match &accounts.reward_to {
            Some(to) if reward > 0 => to.key(),
            _ => Pubkey::default(),
        },
        quote,
        quote_vault,
    };
    let event = sight.laid(&event);
    event::chain_laid(&mut protocol, &common, &event)?;
    drop(protocol);
    event.emit(&accounts.event_authority)
}
