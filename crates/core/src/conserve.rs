//! INV-LEDGER and INV-FUND, exactly (D1): what accounts hold, against what banks and markets have
//! counted, against what lies in the vaults. All formulas include deltas that wait to be folded.
//!
//! [`quote_balance`] and [`token_balance`] need counters alone and serve `check`; [`Sums`] and
//! [`compare`] need every account and serve tests and auditors.

use bulwark_state::{Bank, Board, Collateral, MAX_BANKS, MAX_MARKETS, MarginAccount, Market};

use crate::error::{Error, Result};
use crate::ledger::{interest_due, is_empty, position_due};
use crate::liquidation::SETTLED;
use crate::math::signed_mul_pow10_div_floor;

/// A vault against what is owed from it, in token units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// V_j: what lies in the vault.
    pub vault: i128,
    /// What INV-LEDGER asks for, without hole and surplus.
    pub owed: i128,
    /// The part of it that shares a loss (D3): C for quote, K_j else.
    pub claims: i128,
}

impl Balance {
    /// M or M_j: the hole.
    pub fn missing(&self) -> u128 {
        u128::try_from(self.owed.saturating_sub(self.vault)).unwrap_or(0)
    }

    /// What lies in the vault beyond what is owed. Trips nothing.
    pub fn surplus(&self) -> u128 {
        u128::try_from(self.vault.saturating_sub(self.owed)).unwrap_or(0)
    }
}

fn sum(parts: &[i128]) -> Result<i128> {
    parts
        .iter()
        .try_fold(0i128, |total, part| total.checked_add(*part))
        .ok_or(Error::Overflow)
}

/// Both sides of INV-LEDGER from counters (D1): V_0 against X⁺ − X⁻ + T_0 + Σ(SQ_m + pot_m) +
/// pot_int + I + F + A_0. `markets` must be all of the compartment's.
pub fn quote_balance<'a>(
    quote: &Bank,
    vault: u64,
    insurance: u64,
    markets: impl Iterator<Item = &'a Market>,
) -> Result<Balance> {
    let totals = &quote.totals;
    let mut positive = i128::from(totals.positive);
    let mut negative = i128::from(totals.negative);
    let mut fees = i128::from(totals.fees);
    let mut interest = i128::from(totals.interest_pot);
    let mut legs = 0;
    for market in markets {
        positive = sum(&[positive, market.deltas.positive.into()])?;
        negative = sum(&[negative, market.deltas.negative.into()])?;
        fees = sum(&[fees, market.deltas.fees.into()])?;
        interest = sum(&[interest, market.deltas.interest_pot.into()])?;
        legs = sum(&[legs, market.quote_sum.into(), market.pot.into()])?;
    }
    let claims = sum(&[positive, quote.tickets.into(), legs, interest])?;
    let debts = negative.checked_neg().ok_or(Error::Overflow)?;
    let assigned = i128::from(quote.residuals.assigned);
    let owed = sum(&[claims, debts, insurance.into(), fees, assigned])?;
    Ok(Balance {
        vault: vault.into(),
        owed,
        claims,
    })
}

/// V_j against K_j + A_j (D1).
pub fn token_balance(bank: &Bank, vault: u64) -> Result<Balance> {
    let claims = i128::from(bank.claims);
    let owed = sum(&[claims, bank.residuals.assigned.into()])?;
    Ok(Balance {
        vault: vault.into(),
        owed,
        claims,
    })
}

/// Sums over the accounts of one market's legs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarketSums {
    /// Σ of long bases, BaseE8.
    pub long: u128,
    /// Σ of short bases, BaseE8.
    pub short: u128,
    /// SQ_m: Σ of quote legs, UsdE6.
    pub quote: i128,
    /// Σ of funding and loss due, credits above zero, UsdE6; of a settled market with the value at
    /// which positions close, which its pot pays and collects too.
    pub due: i128,
}

/// Sums over the accounts of one token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BankSums {
    /// Σ of what is held, waiting tickets included (K_j); for quote of the tickets alone.
    pub claims: u128,
    /// Σ of waiting tickets (T_j).
    pub tickets: u128,
    /// Σ of residuals less what was paid of each since: Res_j + A_j.
    pub residuals: u128,
}

/// Sums over all accounts of a compartment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// X⁺.
    pub positive: i128,
    /// X⁻.
    pub negative: i128,
    /// Σ of interest due, credits above zero.
    pub interest_due: i128,
    /// Accounts with anything in them.
    pub live: i128,
    /// Per market.
    pub markets: [MarketSums; MAX_MARKETS],
    /// Per bank.
    pub banks: [BankSums; MAX_BANKS],
}

impl Default for Sums {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Sums {
    /// No account yet.
    pub const ZERO: Self = Self {
        positive: 0,
        negative: 0,
        interest_due: 0,
        live: 0,
        markets: [MarketSums {
            long: 0,
            short: 0,
            quote: 0,
            due: 0,
        }; MAX_MARKETS],
        banks: [BankSums {
            claims: 0,
            tickets: 0,
            residuals: 0,
        }; MAX_BANKS],
    };

    /// Adds an account. On error the sums are to be thrown away.
    pub fn add(&mut self, board: &Board, account: &MarginAccount) -> Result<()> {
        let quote = i128::from(account.quote);
        self.positive = sum(&[self.positive, quote.max(0)])?;
        self.negative = sum(&[self.negative, quote.min(0).wrapping_neg()])?;
        self.interest_due = sum(&[self.interest_due, interest_due(board, account)?.into()])?;
        self.live = sum(&[self.live, i128::from(!is_empty(account))])?;
        let claims = &account.quote_claims;
        self.add_token(0, 0, claims)?;
        for held in account.collaterals.iter().filter(|held| held.active != 0) {
            self.add_token(held.bank, held.amount, held)?;
        }
        for position in account
            .positions
            .iter()
            .filter(|position| position.active != 0)
        {
            let place = usize::from(position.market);
            let indexes = board.markets.get(place).ok_or(Error::BadIndex)?;
            let market = self.markets.get_mut(place).ok_or(Error::BadIndex)?;
            let size = u128::from(position.base.unsigned_abs());
            let side = if position.base > 0 {
                &mut market.long
            } else {
                &mut market.short
            };
            *side = side.checked_add(size).ok_or(Error::Overflow)?;
            market.quote = sum(&[market.quote, position.quote.into()])?;
            market.due = sum(&[market.due, position_due(indexes, position)?.into()])?;
            if indexes.status == SETTLED {
                let price = indexes.settle_price;
                let value = signed_mul_pow10_div_floor::<10>(position.base, price);
                market.due = sum(&[market.due, value.ok_or(Error::Overflow)?.into()])?;
            }
        }
        Ok(())
    }

    fn add_token(&mut self, bank: u8, amount: u64, claim: &Collateral) -> Result<()> {
        let bank = self
            .banks
            .get_mut(usize::from(bank))
            .ok_or(Error::BadIndex)?;
        let add = |total: &mut u128, part: u64| -> Result<()> {
            *total = total.checked_add(part.into()).ok_or(Error::Overflow)?;
            Ok(())
        };
        add(&mut bank.claims, amount)?;
        add(&mut bank.claims, claim.pending)?;
        add(&mut bank.tickets, claim.pending)?;
        let open = claim.residual.checked_sub(claim.residual_paid);
        add(&mut bank.residuals, open.ok_or(Error::InvariantBroken)?)
    }
}

/// A counter, by what it counts; the number is the index of its bank or market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// X⁺.
    Positive,
    /// X⁻.
    Negative,
    /// Live count.
    Live,
    /// K_j.
    Claims(u8),
    /// T_j.
    Tickets(u8),
    /// Res_j + A_j: what is left of residual claims, and what is assigned to them.
    Residuals(u8),
    /// OI_long against the long bases.
    Long(u8),
    /// OI_short against the short bases.
    Short(u8),
    /// OI_long against OI_short.
    OpenInterest(u8),
    /// SQ_m.
    QuoteSum(u8),
    /// INV-FUND of a market: the pot must not be below what is due from it.
    Fund(u8),
    /// INV-FUND of interest.
    InterestFund,
}

/// A counter that isn't what the accounts say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Which.
    pub item: Item,
    /// What is stored.
    pub stored: i128,
    /// What was counted, or the bound that was passed.
    pub counted: i128,
}

/// What OI_long must be: OI_short, but in a settled market, whose positions close one by one.
fn opposite(market: &Market) -> i128 {
    if market.status == SETTLED {
        market.oi_long.into()
    } else {
        market.oi_short.into()
    }
}

/// Compares the sums over **all** accounts with every counter, and tells `report` of each that
/// differs (counters equal to sums, OI_long = OI_short, INV-FUND). `banks` begins with quote.
pub fn compare<'a>(
    sums: &Sums,
    banks: impl Iterator<Item = &'a Bank>,
    markets: impl Iterator<Item = &'a Market>,
    mut report: impl FnMut(Mismatch),
) -> Result<()> {
    let wide = |value: u128| i128::try_from(value).map_err(|_| Error::Overflow);
    let mut equal = |item, stored: i128, counted: i128| {
        if stored != counted {
            report(Mismatch {
                item,
                stored,
                counted,
            });
        }
    };
    let (mut positive, mut negative, mut live, mut interest) = (0i128, 0i128, 0i128, 0i128);
    for bank in banks {
        let counted = sums
            .banks
            .get(usize::from(bank.index))
            .ok_or(Error::BadIndex)?;
        live = sum(&[live, bank.live_delta.into()])?;
        if bank.index == 0 {
            let totals = &bank.totals;
            positive = sum(&[positive, totals.positive.into()])?;
            negative = sum(&[negative, totals.negative.into()])?;
            interest = sum(&[interest, totals.interest_pot.into()])?;
            live = sum(&[live, totals.live_count.into()])?;
        } else {
            equal(
                Item::Claims(bank.index),
                bank.claims.into(),
                wide(counted.claims)?,
            );
        }
        equal(
            Item::Tickets(bank.index),
            bank.tickets.into(),
            wide(counted.tickets)?,
        );
        let residuals = &bank.residuals;
        let open = sum(&[residuals.total.into(), residuals.assigned.into()])?;
        equal(Item::Residuals(bank.index), open, wide(counted.residuals)?);
    }
    for market in markets {
        let at = market.index;
        let counted = sums.markets.get(usize::from(at)).ok_or(Error::BadIndex)?;
        positive = sum(&[positive, market.deltas.positive.into()])?;
        negative = sum(&[negative, market.deltas.negative.into()])?;
        interest = sum(&[interest, market.deltas.interest_pot.into()])?;
        live = sum(&[live, market.deltas.live.into()])?;
        let (long, short) = (market.oi_long.into(), market.oi_short.into());
        let pot = i128::from(market.pot);
        equal(Item::Long(at), long, wide(counted.long)?);
        equal(Item::Short(at), short, wide(counted.short)?);
        equal(Item::OpenInterest(at), long, opposite(market));
        equal(Item::QuoteSum(at), market.quote_sum.into(), counted.quote);
        equal(Item::Fund(at), pot, pot.max(counted.due));
    }
    equal(Item::Positive, positive, sums.positive);
    equal(Item::Negative, negative, sums.negative);
    equal(Item::Live, live, sums.live);
    equal(
        Item::InterestFund,
        interest,
        interest.max(sums.interest_due),
    );
    Ok(())
}
