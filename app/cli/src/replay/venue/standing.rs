//! Where accounts stand, computed off the chain by the code that the program runs.

use anyhow::{Context, Result};
use bulwark_core::gate::{Cell, LegUse};
use bulwark_core::health::{self, Health, Level, Stage};
use bulwark_core::staking::stress;
use bulwark_core::{gate, ledger as books};
use bulwark_state::{Collateral, MarginAccount};

use super::{Party, Venue, refused};
use crate::replay::config;

impl Venue {
    /// Whether the gate lets positions of a market be taken over at today's price.
    pub fn may_liquidate(&self, market: usize) -> bool {
        let cell = gate::cell(self.feed(market), LegUse::Liquidate, self.now);
        !matches!(cell, Cell::Wait | Cell::No)
    }

    /// What an account has above its maintenance requirement, UsdE6; `None` if nothing is required.
    pub fn surplus(&self, party: Party) -> Result<Option<i64>> {
        let account = &self.seat(party).account;
        if health::is_plain(account) {
            return Ok(None);
        }
        let health = health::eligibility(&self.board, account, self.now, false).map_err(refused)?;
        health.surplus().map_err(refused).map(Some)
    }

    /// Whether an account can be liquidated now.
    pub fn is_liquidatable(&self, party: Party) -> Result<bool> {
        Ok(self.surplus(party)?.is_some_and(|surplus| surplus < 0))
    }

    /// Where an account that may be liquidatable stands.
    pub fn stage(&self, party: Party) -> Result<Stage> {
        if !self.is_liquidatable(party)? {
            return Ok(Stage::Healthy);
        }
        Ok(if self.worth(party)? < 0 {
            Stage::Bankrupt
        } else {
            Stage::Liquidatable
        })
    }

    /// What an account is worth at plain prices, tickets included, UsdE6.
    pub fn worth(&self, party: Party) -> Result<i64> {
        let account = &self.seat(party).account;
        health::raw_value(&self.board, account, self.now).map_err(refused)
    }

    /// The same without tickets, which count as taken out.
    pub fn worth_without_tickets(&self, party: Party) -> Result<i64> {
        let mut account = self.seat(party).account.clone();
        account.quote_claims.pending = 0;
        for collateral in &mut account.collaterals {
            collateral.pending = 0;
        }
        health::raw_value(&self.board, &account, self.now).map_err(refused)
    }

    /// Value of units of a token at its plain price, UsdE6.
    pub fn token_value(&self, token: usize, units: u64) -> Result<i64> {
        let bank = u8::try_from(token + 1)?;
        health::token_value(&self.board, bank, units, self.now).map_err(refused)
    }

    /// Quote of an account, UsdE6; below zero a debt.
    pub fn quote_of(&self, party: Party) -> i64 {
        self.seat(party).account.quote
    }

    /// Size of a trader's position at today's price, BaseE8, in whole lots.
    pub fn trader_size(&self, market: usize) -> i64 {
        let (price, _) = self.price(market);
        let base = u128::from(config::NOTIONAL_E6) * 10_000_000_000 / u128::from(price);
        let base = u64::try_from(base).unwrap_or(u64::MAX);
        i64::try_from(self.in_lots(market, base)).unwrap_or(i64::MAX)
    }

    /// Notional of an opening at the makers' quote, and the smallest deposit with which an account
    /// may do it, UsdE6.
    pub fn least_deposit(&self, market: usize, base: i64) -> Result<(u64, u64)> {
        let listed = &self.markets[market];
        let price = if base > 0 {
            listed.touch.1
        } else {
            listed.touch.0
        };
        let notional = u128::from(base.unsigned_abs()) * u128::from(price) / 10_000_000_000;
        let notional = u64::try_from(notional).context("a trader's notional")?;
        let mut account: Box<MarginAccount> = bytemuck::zeroed_box();
        let index = u8::try_from(market)?;
        let at = books::open_position(&self.board, &mut account, index).map_err(refused)?;
        let leg = &mut account.positions[at];
        leg.base = base;
        let signed = i64::try_from(notional)?;
        leg.quote = if base > 0 { -signed } else { signed };
        let fee = notional * u64::from(listed.taker_fee_ppm) / 1_000_000 + 1;
        account.quote = -i64::try_from(fee)?;
        let health = health::health(&self.board, &account, Level::Initial, self.now, false);
        let Health {
            value, requirement, ..
        } = health.map_err(refused)?;
        let (mark, _) = self.price(market);
        let mark = u128::from(base.unsigned_abs()) * u128::from(mark) / 10_000_000_000;
        // The coverage breaker leaves a part of the cap.
        let left = stress::ease_e9(&self.board, self.now).max(1);
        let cap = u128::from(listed.leverage_cap.max(1)) * u128::from(left);
        let by_cap = u64::try_from(mark * 1_000 * 1_000_000_000 / cap)?;
        let needed = i64::try_from(requirement.max(by_cap))?;
        // A thousandth more, so that rounding and interest refuse nobody.
        let least = u64::try_from(needed - value).unwrap_or(0);
        Ok((notional, least + least / 1_000 + 1))
    }

    /// Units of a token that count for `value` (UsdE6) of new risk now; `None` while they count for
    /// nothing.
    pub fn units_worth(&self, token: usize, value: u64) -> Result<Option<u64>> {
        let one = 10_u64.pow(u32::from(self.tokens[token].decimals)) * 1_000;
        let mut account: Box<MarginAccount> = bytemuck::zeroed_box();
        account.collaterals[0] = Collateral {
            amount: one,
            active: 1,
            bank: u8::try_from(token + 1)?,
            ..Collateral::default()
        };
        let health = health::health(&self.board, &account, Level::Initial, self.now, false);
        let counts = health.map_err(refused)?.value;
        let Ok(counts @ 1..) = u128::try_from(counts) else {
            return Ok(None);
        };
        let units = (u128::from(value) * u128::from(one)).div_ceil(counts);
        Ok(u64::try_from(units).ok())
    }

    /// Token of an account that liquidation sells first: the one of the lowest weight.
    pub(super) fn worst_token(&self, party: Party) -> Result<Option<usize>> {
        let held = (0..self.tokens.len()).filter(|token| self.holds(party, *token) > 0);
        let mut worst: Option<(u64, usize)> = None;
        for token in held {
            let weights = health::bank_weights(&self.board, self.bank(token), self.now);
            let weight = weights.map_err(refused)?.maintenance;
            if worst.is_none_or(|(lowest, _)| weight < lowest) {
                worst = Some((weight, token));
            }
        }
        Ok(worst.map(|(_, token)| token))
    }
}
