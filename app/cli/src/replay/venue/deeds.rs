//! What actors of an attack file do: any act that the program offers, at their own account's risk.

use anyhow::{Context, Result};
use bulwark::instructions::{OrderKind, Side as OrderSide, Which};
use bulwark_client::{Instruction, Pubkey};
use bulwark_svm::tokens;
use bulwark_svm::vm::pubkey;
use solana_signer::Signer;

use super::send::refusal_name;
use super::{Kind, Party, Venue};
use crate::replay::attack::{self, Deed, Limit, Target};
use crate::replay::decimal::Decimal;
use crate::replay::path::Print;

/// What came of a deed.
pub struct Done {
    /// `ok`, or the name of the error.
    pub result: String,
    pub code: Option<u32>,
    pub units: u64,
}

impl Venue {
    /// Whose account a deed is about, beside the actor's own.
    pub fn target_of(&self, deed: &Deed) -> Option<Target> {
        match deed {
            Deed::Flag(of) | Deed::Unflag(of) | Deed::WindUp(of) => Some(*of),
            Deed::TakeOver(of, _) | Deed::Seize(of, _) | Deed::Settle(of, _) => Some(*of),
            _ => None,
        }
    }

    /// Whether a party has a margin account.
    pub fn is_there(&self, party: Party) -> bool {
        let count = match party {
            Party::Trader(_) => self.traders.len(),
            Party::Maker(_) => self.makers.len(),
            Party::Actor(_) => self.actors.len(),
            Party::Liquidator => 1,
        };
        let number = match party {
            Party::Trader(n) | Party::Maker(n) | Party::Actor(n) => n,
            Party::Liquidator => 0,
        };
        number < count && self.seat(party).account.version != 0
    }

    /// An actor does something; says exactly what the program returned.
    pub fn perform(&mut self, actor: Party, deed: &Deed, of: Option<Party>) -> Result<Done> {
        let instructions = match self.instructions(actor, deed, of)? {
            Ok(instructions) => instructions,
            Err(why) => {
                return Ok(Done {
                    result: why.into(),
                    code: None,
                    units: 0,
                });
            }
        };
        let owner = self.seat(actor).owner.insecure_clone();
        let sent = self.send(&instructions, &[&owner]);
        self.reload(actor);
        self.reload_counterparties();
        if let Some(of) = of {
            self.reload(of);
        }
        self.reload_board()?;
        let done = match sent {
            Ok(receipt) => {
                let party = of.unwrap_or(actor);
                match *deed {
                    Deed::TakeOver(_, market) => {
                        self.note_liquidation(party, Kind::TakeOver, market, &receipt)?;
                    }
                    Deed::Seize(_, bank) => {
                        self.note_liquidation(party, Kind::Seizure, bank - 1, &receipt)?;
                    }
                    Deed::WindUp(_) => {
                        self.note_liquidation(party, Kind::WindUp, 0, &receipt)?;
                    }
                    _ => {}
                }
                Done {
                    result: "ok".into(),
                    code: None,
                    units: receipt.units,
                }
            }
            Err(failure) => Done {
                result: refusal_name(&failure),
                code: failure.code(),
                units: failure.units,
            },
        };
        Ok(done)
    }

    /// The instructions of a deed, or why there are none.
    fn instructions(
        &mut self,
        actor: Party,
        deed: &Deed,
        of: Option<Party>,
    ) -> Result<std::result::Result<Vec<Instruction>, &'static str>> {
        let (key, margin) = (self.seat(actor).key(), self.seat(actor).margin);
        let payment = self.payment(actor);
        let target = of.map(|party| self.seat(party).margin);
        let target = || target.context("a deed without its target");
        Ok(Ok(match deed {
            Deed::Deposit(bank, amount) => match self.deposit_of(actor, *bank, amount)? {
                Some(instructions) => instructions,
                None => return Ok(Err("no such amount")),
            },
            Deed::Withdraw(bank, amount) => {
                let all = match bank {
                    0 => u64::try_from(self.quote_of(actor)).unwrap_or(0),
                    _ => self.holds(actor, bank - 1),
                };
                match self.smallest(*bank, amount, all) {
                    Some(units) => vec![self.withdrawal(actor, *bank, units)],
                    None => return Ok(Err("no such amount")),
                }
            }
            Deed::Place { market, .. } => vec![self.placed(actor, *market, deed)?],
            Deed::CloseOut(market, room) => {
                let base = self.position(actor, *market);
                if base == 0 {
                    return Ok(Err("no position"));
                }
                vec![self.closing(actor, *market, -base, (*room).into())?]
            }
            Deed::Cancel(market) => {
                vec![
                    self.deployment
                        .cancel_orders(key, margin, *market, Which::All),
                ]
            }
            Deed::PostPrice(series, price) => vec![self.posting(*series, *price)?],
            Deed::Flag(_) => vec![self.deployment.flag(key, target()?)],
            Deed::Unflag(_) => vec![self.deployment.unflag(key, target()?)],
            Deed::TakeOver(_, market) => {
                let from = target()?;
                let take = self
                    .deployment
                    .take_over(key, from, margin, *market, u64::MAX);
                vec![take]
            }
            Deed::Seize(_, bank) => {
                let what = (u8::try_from(*bank)?, u64::MAX);
                vec![self.deployment.seize(key, target()?, margin, what, payment)]
            }
            Deed::WindUp(_) => {
                let legs = of.map_or(vec![], |party| self.legs(party));
                let from = target()?;
                let wind_up =
                    self.deployment
                        .wind_up(key, from, margin, (&legs, &[]), 1_000_000, payment);
                vec![wind_up]
            }
            Deed::Settle(_, market) => vec![self.deployment.settle(key, target()?, *market)],
            Deed::FundInsurance(amount) => {
                let purse = self.seat(actor).purse(0);
                vec![self.deployment.fund_insurance(key, purse, *amount)]
            }
            Deed::Accrue => vec![self.deployment.accrue(key)],
            Deed::Fold => {
                let all: Vec<usize> = (0..self.market_count()).collect();
                vec![self.deployment.fold(&all)]
            }
            Deed::Close => {
                let voided = self.seat(actor).account.order_epoch != 0;
                vec![self.deployment.close_margin_account(key, margin, voided)]
            }
        }))
    }

    /// Smallest units of an amount of a bank, `all` where none is given; `None` if it has none.
    fn smallest(&self, bank: usize, amount: &Option<Decimal>, all: u64) -> Option<u64> {
        let decimals = match bank {
            0 => 6,
            _ => self.tokens[bank - 1].decimals,
        };
        match amount {
            Some(amount) => amount.scaled(decimals.into()),
            None => Some(all),
        }
    }

    fn deposit_of(
        &self,
        actor: Party,
        bank: usize,
        amount: &Option<Decimal>,
    ) -> Result<Option<Vec<Instruction>>> {
        let seat = self.seat(actor);
        let (key, margin, purse) = (seat.key(), seat.margin, seat.purse(bank));
        let held = tokens::balance(&self.vm, seat.purses[bank].pubkey());
        let Some(units) = self.smallest(bank, amount, held) else {
            return Ok(None);
        };
        let mut instructions = Vec::new();
        if seat.account.version == 0 {
            let none = Pubkey::default();
            instructions.push(self.deployment.create_margin_account(key, 0, none));
        }
        instructions.push(self.deployment.deposit(key, margin, bank, purse, units));
        Ok(Some(instructions))
    }

    fn placed(&self, actor: Party, market: usize, deed: &Deed) -> Result<Instruction> {
        let Deed::Place {
            side,
            kind,
            limit,
            notional_e6,
            reduce_only,
            ..
        } = deed
        else {
            anyhow::bail!("not an order");
        };
        let (price, _) = self.price(market);
        let limit = match limit {
            Limit::Price(price) => *price,
            Limit::Offset(ppm) => {
                let factor = u128::from(1_000_000_u32.saturating_add_signed(*ppm));
                u64::try_from(u128::from(price) * factor / 1_000_000)?
            }
        };
        let size = u128::from(*notional_e6) * 10_000_000_000 / u128::from(price.max(1));
        let side = match side {
            attack::Side::Bid => OrderSide::Bid,
            attack::Side::Ask => OrderSide::Ask,
        };
        let kind = match kind {
            attack::Kind::Limit => OrderKind::Limit,
            attack::Kind::PostOnly => OrderKind::PostOnly,
            attack::Kind::ImmediateOrCancel => OrderKind::ImmediateOrCancel,
            attack::Kind::FillOrKill => OrderKind::FillOrKill,
        };
        let mut args = self.order(market, side, kind, limit, u64::try_from(size)?);
        args.reduce_only = *reduce_only;
        Ok(self.placing(actor, market, args))
    }

    /// Writes the oracle account as its poster would, and refreshes the Board from it. Price and
    /// time are the actor's choice, the signed average isn't.
    fn posting(&mut self, series: usize, price: u64) -> Result<Instruction> {
        let last = self.board.feeds[usize::from(self.oracles[series].feed)].last;
        let print = Print {
            at: self.now.unix,
            price,
            conf: last.conf,
            ema: last.ema,
        };
        let feed = self.write_oracle(series, &print)?;
        let payer = pubkey(self.vm.payer.pubkey());
        Ok(self.deployment.refresh(payer, &[feed]))
    }

    /// What an actor has: quote and tokens of wallet and margin account, UsdE6, less the tokens
    /// that he started with.
    pub fn fortune(&self, actor: Party) -> Result<i64> {
        let seat = self.seat(actor);
        let wallet = |bank: usize| tokens::balance(&self.vm, seat.purses[bank].pubkey());
        let mut fortune = i64::try_from(wallet(0))?;
        for token in 0..self.tokens.len() {
            let (held, given) = (wallet(token + 1), self.token_share);
            let change = self.token_value(token, held.abs_diff(given))?;
            fortune += if held < given { -change } else { change };
        }
        if seat.account.version != 0 {
            fortune += self.worth(actor)?;
        }
        Ok(fortune)
    }

    /// Everybody who may have been somebody's counterparty.
    pub(super) fn reload_counterparties(&mut self) {
        let all: Vec<Party> = self.makers().chain(self.actors()).collect();
        all.into_iter().for_each(|party| self.reload(party));
    }
}
