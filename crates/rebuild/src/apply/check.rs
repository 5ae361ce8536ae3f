//! Checks: done again by core's own rules. What lay in the vaults is told; what was found follows.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, ensure};
use bulwark::event::{BreakerTripped, CheckedHead, ItemChecked, ItemsCheckedHead};
use bulwark::instructions::{BOARD_COVER, BOARD_PEG};
use bulwark_core::Now;
use bulwark_core::breaker::{depeg, drawdown};
use bulwark_core::check::{self as rule, Bits};
use bulwark_core::mode::{self, Finding, Global, Item};
use bulwark_core::staking::stress;

use crate::event::Event;
use crate::ledger::{Compartment, Ledger, Refused, counts, same};

/// Takes the event of a check. Says whether it was one.
pub(super) fn take(ledger: &mut Ledger, event: &Event, now: Now) -> Result<bool> {
    match event {
        Event::Checked(head, trips, items) => {
            let to = ledger.compartment(head.common.compartment)?;
            changed(to, head, (trips, items), now)?;
            if head.restart_slot != 0 {
                let protocol = &mut ledger.protocol;
                protocol.last_restart_slot = head.restart_slot;
                protocol.restart_seen_at = now.unix;
            }
        }
        Event::ItemsChecked(head, items) => {
            let to = ledger.compartment(head.common.compartment)?;
            unchanged(to, head, items, now)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// A check as it goes.
struct Sight<'a> {
    to: &'a mut Compartment,
    now: Now,
    /// Bits that were standing after it.
    after: Bits,
    paused_until: i64,
    trips: Vec<BreakerTripped>,
}

fn changed(
    to: &mut Compartment,
    head: &CheckedHead,
    (trips, items): (&[BreakerTripped], &[ItemChecked]),
    now: Now,
) -> Result<()> {
    let before = Bits {
        banks: head.banks_before,
        missing: head.missing_before,
        markets: head.markets_before,
        globals: head.globals_before,
    };
    let after = Bits {
        banks: head.banks_after,
        missing: head.missing_after,
        markets: head.markets_after,
        globals: head.globals_after,
    };
    same("bits before", before, Bits::of(&to.state))?;
    let mut sight = Sight::new(to, after, now);
    sight.whole(head.drawdown)?;
    sight.look((head.quote, head.quote_vault), items)?;
    same("pause", head.paused_until, sight.paused_until)?;
    same("trips", trips, &sight.trips)?;
    same("bits after", after, Bits::of(&to.state))?;
    reward(to, head, &before, now)
}

fn unchanged(
    to: &mut Compartment,
    head: &ItemsCheckedHead,
    items: &[ItemChecked],
    now: Now,
) -> Result<()> {
    let count = &mut to.state.event_sequence;
    counts("check of the compartment", count, head.common.sequence)?;
    let before = Bits::of(&to.state);
    let mut sight = Sight::new(to, before, now);
    sight.whole(0)?;
    sight.look((head.quote, head.quote_vault), items)?;
    same("pause", 0, sight.paused_until)?;
    ensure!(sight.trips.is_empty(), "breakers had tripped");
    same("bits", before, Bits::of(&to.state))
}

/// What was found of an item that one bit tells of.
const fn finding(bits: u64, missing: u64, index: u8) -> Finding {
    if missing >> (index & 63) & 1 == 1 {
        Finding::ValueMissing
    } else if bits >> (index & 63) & 1 == 1 {
        Finding::Broken
    } else {
        Finding::Sound
    }
}

/// What the program asks of an account alone: where something was found broken, it may have been
/// that.
const fn holds(found: Finding) -> bool {
    !matches!(found, Finding::Broken)
}

impl<'a> Sight<'a> {
    fn new(to: &'a mut Compartment, after: Bits, now: Now) -> Self {
        Self {
            to,
            now,
            after,
            paused_until: 0,
            trips: Vec::new(),
        }
    }

    /// What was found of an item, by the bits after.
    const fn found(&self, item: Item) -> Finding {
        match item {
            Item::Bank(index) => finding(self.after.banks, self.after.missing, index),
            Item::Market(index) => finding(self.after.markets, 0, index),
            Item::Global(global) => finding(self.after.globals, 0, global as u8),
        }
    }

    fn observe(&mut self, item: Item, follows: Finding) -> Result<()> {
        same("what was found", self.found(item), follows).with_context(|| format!("{item:?}"))?;
        let seen = mode::observe(&mut self.to.state, item, follows, self.now);
        let until = seen.refused("what was found")?.paused_until;
        self.paused_until = self.paused_until.max(until);
        Ok(())
    }

    /// What is always looked at.
    fn whole(&mut self, level: u64) -> Result<()> {
        let (state, insurance) = (&mut self.to.state, &self.to.insurance);
        let latched = drawdown::latch(state, insurance, self.now).refused("the drawdown")?;
        let is = drawdown::level(insurance, self.now).refused("the drawdown")? as u64;
        same("drawdown", level, if latched { is } else { 0 })?;
        let index = rule::board(&mut self.to.board, self.now);
        self.observe(Item::Global(Global::Index), index)?;
        let budgets = rule::budgets(&self.to.state, self.now);
        self.observe(Item::Global(Global::Budget), budgets)?;
        self.pegs()
    }

    fn pegs(&mut self) -> Result<()> {
        let (board, state) = (&mut self.to.board, &mut self.to.state);
        let latched = depeg::latch(board, state, self.now).refused("the pegs")?;
        let pegs = &mut board.pegs;
        if latched.is_some() || pegs.sequence > pegs.chained {
            let next = pegs.chained.checked_add(1).context("trips")?;
            self.trips.push(BreakerTripped {
                market: BOARD_PEG | u64::from(pegs.bank),
                reason: pegs.reason.into(),
                first: pegs.sequence.min(next),
                last: pegs.sequence,
            });
            pegs.chained = pegs.sequence;
        }
        let cover = &mut board.cover;
        let reason = stress::REASON.into();
        let found = (reason, cover.sequence, &mut cover.chained);
        trip(&mut self.trips, BOARD_COVER, found)
    }

    fn look(&mut self, (quote, vault): (u64, u64), items: &[ItemChecked]) -> Result<()> {
        if quote != 0 {
            self.quote(vault)?;
        }
        items.iter().try_for_each(|item| self.item(item))
    }

    fn quote(&mut self, vault: u64) -> Result<()> {
        let holds = holds(self.found(Item::Bank(0)));
        let Compartment {
            board,
            banks,
            markets,
            flow,
            insurance,
            ..
        } = &mut *self.to;
        let (_, bank) = banks.first_mut().context("no quote bank was listed")?;
        let mut all: Vec<_> = markets.iter_mut().map(|venue| &mut *venue.market).collect();
        let money = (vault, insurance.balance);
        let found = rule::quote(board, bank, money, &mut all, holds, flow, self.now);
        self.observe(Item::Bank(0), found.bank)?;
        self.observe(Item::Global(Global::Deficit), found.deficit)?;
        self.observe(Item::Global(Global::Counter), found.counters)?;
        (0..self.to.markets.len()).try_for_each(|index| self.market(index))
    }

    fn market(&mut self, index: usize) -> Result<()> {
        let item = Item::Market(u8::try_from(index)?);
        let holds = holds(self.found(item));
        let venue = self.to.markets.get_mut(index).context("no such market")?;
        let found = rule::market(&self.to.board, &mut venue.market, holds).refused("a market")?;
        self.observe(item, found)?;
        let number = u64::try_from(index)?;
        let venue = self.to.markets.get_mut(index).context("no such market")?;
        let band = &mut venue.market.band;
        let found = (band.reason, band.sequence, &mut band.chained);
        trip(&mut self.trips, number, found)?;
        let seat = self.to.board.markets.get_mut(index);
        let watch = &mut seat.context("no such market")?.watch;
        let found = (watch.reason, watch.sequence, &mut watch.chained);
        trip(&mut self.trips, number, found)
    }

    fn item(&mut self, told: &ItemChecked) -> Result<()> {
        let index = told.item & 0xff;
        let account = u32::from(Item::Global(Global::Account).code());
        let found = match told.item & !0xff {
            0x100 => self.token(u8::try_from(index)?, told.vault)?,
            0x200 => {
                self.market(usize::try_from(index)?)?;
                self.found(Item::Market(u8::try_from(index)?))
            }
            _ if told.item == account => self.account(told)?,
            item => anyhow::bail!("an item {item}"),
        };
        same("what was found", told.found, found as u32)?;
        let bare = (told.item & !0xff == 0x100 || told.vault == 0)
            && (told.item == account || told.margin == Pubkey::default());
        ensure!(bare, "more is told of item {} than there is", told.item);
        Ok(())
    }

    fn token(&mut self, index: u8, vault: u64) -> Result<Finding> {
        let item = Item::Bank(index);
        let holds = holds(self.found(item));
        let bank = self.to.banks.get(usize::from(index));
        let (_, bank) = bank.context("no such bank was listed")?;
        let found = rule::token(&mut self.to.board, bank, vault, holds).refused("a bank")?;
        self.observe(item, found)?;
        Ok(found)
    }

    fn account(&mut self, told: &ItemChecked) -> Result<Finding> {
        let account = self.to.margins.get(&told.margin);
        let account = account.with_context(|| format!("no margin account {}", told.margin))?;
        let holds = told.found != Finding::Broken as u32;
        let found = rule::account(&self.to.board, account, holds);
        let (state, key) = (&mut self.to.state, told.margin.to_bytes());
        mode::observe_account(state, &key, found, self.now).refused("an account")?;
        Ok(found)
    }
}

/// Trips of a market or of the Board that weren't chained before.
fn trip(
    trips: &mut Vec<BreakerTripped>,
    market: u64,
    (reason, sequence, chained): (u32, u64, &mut u64),
) -> Result<()> {
    if sequence > *chained {
        trips.push(BreakerTripped {
            market,
            reason: reason.into(),
            first: chained.checked_add(1).context("trips")?,
            last: sequence,
        });
    }
    *chained = sequence;
    Ok(())
}

/// What was paid out of fees for a first latch.
fn reward(to: &mut Compartment, told: &CheckedHead, before: &Bits, now: Now) -> Result<()> {
    if told.reward == 0 {
        return Ok(());
    }
    let flow = to.flow;
    let mut account = to.lift(&told.reward_to)?;
    let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
    let due = rule::reward(&mut to.state, before, quote, told.quote_vault, now);
    same("reward", told.reward, due.refused("the reward")?)?;
    let paid = rule::pay(&to.board, quote, &mut account, told.reward, &flow, now);
    paid.refused("the reward")?;
    to.lay(&told.reward_to, account);
    Ok(())
}
