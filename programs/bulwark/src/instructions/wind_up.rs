//! Winds a bankrupt account up: its positions at mark and its collateral near the oracle price go
//! to the receiver, and what is missing is allocated in the same instruction (D7, D8).
//!
//! Any owner of a healthy margin account CAN, in every mode but Recovery. Nobody CAN wind up an
//! account whose raw value is not below zero, pick single legs of it, or leave its loss unbooked:
//! there is nothing to front-run. The markets of its positions follow the named accounts, writable,
//! and the banks in which withdrawals of it wait: what isn't paid yet of them covers the debt first
//! (D6).

use anchor_lang::prelude::*;
use bulwark_core::coverage::{market_claims, note_claims, note_deficit, own_claims};
use bulwark_core::ledger;
use bulwark_core::liquidation::Circumstances;
use bulwark_core::outflow;
use bulwark_core::permits::Action;
use bulwark_core::windup::{self, Plan};
use bulwark_core::withdrawal;
use bulwark_state::{Bank, Deltas, MAX_COLLATERALS, MAX_POSITIONS, Market};

use super::payment::Payment;
use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, AccountWoundUpHead, Kind, LegWoundUp};
use crate::explain::parties;
use crate::guard::Guard;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, InsuranceState, MarginState, MarketState,
    ProtocolState, distinct, same,
};
use crate::{invariant, token};

/// Accounts of `wind_up`; the markets of the positions and the banks of waiting tickets follow,
/// writable.
#[derive(Accounts)]
pub struct WindUp<'info> {
    /// Owner of the receiver.
    pub liquidator: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment: a loss that insurance doesn't pay moves an index on it.
    #[account(mut)]
    pub board: AccountLoader<'info, BoardState>,
    /// Quote bank of the compartment.
    #[account(mut)]
    pub quote_bank: AccountLoader<'info, BankState>,
    /// CHECK: compared with the bank's vault, then read as a token account.
    #[account(mut)]
    pub quote_vault: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's mint. Needed while quote's coverage is below one.
    pub quote_mint: Option<UncheckedAccount<'info>>,
    /// CHECK: compared with the bank's token program. Needed while quote's coverage is below one.
    pub token_program: Option<UncheckedAccount<'info>>,
    /// CHECK: the token program checks it. Pays while quote's coverage is below one.
    #[account(mut)]
    pub payment: Option<UncheckedAccount<'info>>,
    /// Insurance of the compartment.
    #[account(mut)]
    pub insurance: AccountLoader<'info, InsuranceState>,
    /// The bankrupt account.
    #[account(mut)]
    pub liquidatee: AccountLoader<'info, MarginState>,
    /// The account that receives everything.
    #[account(mut)]
    pub receiver: AccountLoader<'info, MarginState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

impl<'info> WindUp<'info> {
    fn validate(&self, guard: &Guard) -> Result<()> {
        guard.board(&self.board)?;
        guard.quote_bank(&self.quote_bank)?;
        guard.insurance(&self.insurance)?;
        guard.margin(&self.liquidatee)?;
        guard.margin(&self.receiver)?;
        distinct(&self.liquidatee.key(), &self.receiver.key())?;
        let owns = same(&self.receiver.read()?.owner, self.liquidator.key);
        ensure(owns, BulwarkError::NotOwner)
    }

    fn payment(&self) -> Payment<'_, 'info> {
        Payment {
            buyer: &self.liquidator,
            vault: &self.quote_vault,
            mint: self.quote_mint.as_deref(),
            token_program: self.token_program.as_deref(),
            from: self.payment.as_deref(),
        }
    }
}

/// The markets and banks that came with the instruction.
struct Markets<'info> {
    found: Vec<(u8, AccountLoader<'info, MarketState>)>,
    banks: Vec<AccountLoader<'info, BankState>>,
}

impl<'info> Markets<'info> {
    fn new(infos: &'info [AccountInfo<'info>], guard: &Guard) -> Result<Self> {
        let most = MAX_POSITIONS + MAX_COLLATERALS;
        ensure(infos.len() <= most, BulwarkError::BadIndex)?;
        let mut found = Vec::with_capacity(MAX_POSITIONS);
        let mut banks = Vec::new();
        for info in infos {
            let Ok(loader) = AccountLoader::<MarketState>::try_from(info) else {
                let bank = AccountLoader::<BankState>::try_from(info)?;
                let ours = same(&bank.read()?.compartment, guard.key());
                ensure(ours, BulwarkError::WrongCompartment)?;
                banks.push(bank);
                continue;
            };
            let index = {
                let market = loader.read()?;
                ensure(
                    same(&market.compartment, guard.key()),
                    BulwarkError::WrongCompartment,
                )?;
                market.index
            };
            // The same twice would be counted twice in what claims share.
            let new = found.iter().all(|(other, _)| *other != index);
            ensure(new, BulwarkError::DuplicateAccount)?;
            found.push((index, loader));
        }
        Ok(Self { found, banks })
    }

    /// C as far as the quote bank and these markets count it.
    fn claims(&self, quote: &Bank) -> Result<i64> {
        let mut sum = own_claims(quote).or_refuse()?;
        for (_, market) in &self.found {
            let part = market_claims(&*market.read()?).or_refuse()?;
            sum = sum.checked_add(part).or_refuse()?;
        }
        Ok(sum)
    }

    fn get(&self, index: u8) -> Result<std::cell::RefMut<'_, Market>> {
        let found = self.found.iter().find(|(of, _)| *of == index);
        let (_, loader) = found.ok_or_else(|| refusal(BulwarkError::MissingAccount))?;
        loader.write()
    }
}

/// Winds up `fraction_ppm` of everything, 1,000,000 for the whole.
pub fn wind_up<'info>(ctx: Context<'info, WindUp<'info>>, fraction_ppm: u32) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&guard)?;
    let permit = guard.permit(Action::WindUp)?;
    let markets = Markets::new(ctx.remaining_accounts, &guard)?;
    let payment = accounts.payment();
    let uncovered = payment.uncovered(&*accounts.quote_bank.read()?)?;
    let around = guard.circumstances(&*accounts.board.read()?, &permit, uncovered)?;
    let mut legs = Vec::with_capacity(markets.found.len());
    let mut deltas = Deltas::default();
    let mut event = AccountWoundUpHead {
        liquidatee: accounts.liquidatee.key(),
        receiver: accounts.receiver.key(),
        fraction_ppm: fraction_ppm.into(),
        ..AccountWoundUpHead::default()
    };
    {
        let mut quote = accounts.quote_bank.write()?;
        outflow::carry(&mut quote, &guard.flow(), guard.now).or_refuse()?;
    }
    reclaim(accounts, &markets, &around)?;
    let claims = markets.claims(&*accounts.quote_bank.read()?)?;
    let mut plan = begin(accounts, &mut deltas, fraction_ppm, &around, &mut event)?;
    move_legs(accounts, &markets, &mut plan, &around, &mut legs)?;
    let paid_in = sell(accounts, &mut plan, &mut deltas, &around, &mut event)?;
    allocate(
        accounts, &markets, &mut plan, &around, &mut legs, &mut event,
    )?;
    finish(accounts, &plan, deltas, &around, &payment, paid_in)?;
    {
        let mut quote = accounts.quote_bank.write()?;
        let left = markets.claims(&quote)?;
        note_claims(&mut quote, claims, left).or_refuse()?;
        let sequence = event::count(&mut quote.event_sequence)?;
        let signer = accounts.liquidator.key;
        event.common = AccountWoundUpHead::head(guard.now, signer, guard.compartment, sequence);
        event.deficit_after = quote.totals.deficit;
        event.expected_after = quote.expected;
        event.insurance_after = accounts.insurance.read()?.balance;
        let mut liquidatee = accounts.liquidatee.write()?;
        event.liquidatee_sequence = event::count(&mut liquidatee.event_sequence)?;
        event.liquidatee_quote_after = liquidatee.quote;
        event.flagged_open = liquidatee.flagged_open;
        let mut receiver = accounts.receiver.write()?;
        event.receiver_sequence = event::count(&mut receiver.event_sequence)?;
        event.receiver_quote_after = receiver.quote;
    }
    event::emit_list(&accounts.event_authority, &event, &legs)
}

/// Takes back what waits in tickets. Where the account turns out not to be bankrupt the instruction
/// fails, and with it this.
#[inline(never)]
fn reclaim(accounts: &WindUp, markets: &Markets, around: &Circumstances) -> Result<()> {
    let mut liquidatee = accounts.liquidatee.write()?;
    if liquidatee.quote_claims.pending != 0 {
        let board = accounts.board.read()?;
        let mut quote = accounts.quote_bank.write()?;
        withdrawal::reclaim_quote(&board, &mut liquidatee, &mut quote, around.now).or_refuse()?;
    }
    for bank in &markets.banks {
        let mut bank = bank.write()?;
        withdrawal::reclaim_token(&mut liquidatee, &mut bank).or_refuse()?;
        invariant::bank(&bank)?;
    }
    Ok(())
}

#[inline(never)]
fn begin(
    accounts: &WindUp,
    deltas: &mut Deltas,
    fraction_ppm: u32,
    around: &Circumstances,
    event: &mut AccountWoundUpHead,
) -> Result<Plan> {
    let board = accounts.board.read()?;
    let mut liquidatee = accounts.liquidatee.write()?;
    let receiver = accounts.receiver.read()?;
    let quote = accounts.quote_bank.read()?;
    event.insurance_before = accounts.insurance.read()?.balance;
    windup::begin(
        &board,
        &mut liquidatee,
        &receiver,
        deltas,
        &quote.totals,
        fraction_ppm,
        around,
    )
    .map_err(|rule| parties(rule, &board, (&liquidatee, &receiver), around))
}

#[inline(never)]
fn move_legs(
    accounts: &WindUp,
    markets: &Markets,
    plan: &mut Plan,
    around: &Circumstances,
    legs: &mut Vec<LegWoundUp>,
) -> Result<()> {
    let board = accounts.board.read()?;
    let mut insurance = accounts.insurance.write()?;
    let mut liquidatee = accounts.liquidatee.write()?;
    let mut receiver = accounts.receiver.write()?;
    let planned: Vec<u8> = plan.markets().collect();
    for index in planned {
        let mut market = markets.get(index)?;
        let moved = windup::move_leg(
            plan,
            &board,
            &mut market,
            &mut liquidatee,
            &mut receiver,
            &mut insurance,
            around,
        )
        .or_refuse()?;
        legs.push(LegWoundUp {
            size: moved.size,
            price: moved.price,
            notional: moved.notional,
            premium: moved.premium,
            market: index.into(),
            long: u64::from(moved.long),
            ..LegWoundUp::default()
        });
    }
    Ok(())
}

/// Sells the collateral; what the receiver must transfer in.
#[inline(never)]
fn sell(
    accounts: &WindUp,
    plan: &mut Plan,
    deltas: &mut Deltas,
    around: &Circumstances,
    event: &mut AccountWoundUpHead,
) -> Result<u64> {
    let board = accounts.board.read()?;
    let mut liquidatee = accounts.liquidatee.write()?;
    let mut receiver = accounts.receiver.write()?;
    let sale =
        windup::sell_collateral(plan, &board, &mut liquidatee, &mut receiver, deltas, around)
            .or_refuse()?;
    event.collateral_paid = sale.paid;
    event.sold = sale.by_slot;
    event.transferred_in = sale.transfer_in;
    event.loss = windup::close(plan, &board, &mut liquidatee, deltas, around).or_refuse()?;
    Ok(sale.transfer_in)
}

#[inline(never)]
fn allocate(
    accounts: &WindUp,
    markets: &Markets,
    plan: &mut Plan,
    around: &Circumstances,
    legs: &mut [LegWoundUp],
    event: &mut AccountWoundUpHead,
) -> Result<()> {
    let mut board = accounts.board.write()?;
    let mut insurance = accounts.insurance.write()?;
    let mut quote = accounts.quote_bank.write()?;
    let deficit_before = quote.totals.deficit;
    if legs.is_empty() && event.loss != 0 {
        let rest =
            windup::allocate_rest(plan, &mut insurance, &mut quote.totals, around).or_refuse()?;
        event.insured_without_leg = rest.insured;
        event.deficit_without_leg = rest.deficit;
    }
    for leg in legs.iter_mut().filter(|_| event.loss != 0) {
        let index = u8::try_from(leg.market).map_err(|_| refusal(BulwarkError::BadIndex))?;
        let mut market = markets.get(index)?;
        let share = windup::allocate_leg(
            plan,
            &mut board,
            &mut market,
            &mut insurance,
            &mut quote.totals,
            around,
        )
        .or_refuse()?;
        leg.insured = share.insured;
        leg.charged = share.charged;
        leg.deficit = share.deficit;
        leg.market_sequence = event::count(&mut market.event_sequence)?;
        invariant::market(&market)?;
    }
    let deficit = quote.totals.deficit.checked_sub(deficit_before);
    let vault = token::balance(&accounts.quote_vault)?;
    note_deficit(&mut quote, deficit.or_refuse()?, insurance.balance, vault).or_refuse()
}

#[inline(never)]
fn finish(
    accounts: &WindUp,
    plan: &Plan,
    mut deltas: Deltas,
    around: &Circumstances,
    payment: &Payment,
    paid_in: u64,
) -> Result<()> {
    let board = accounts.board.read()?;
    let mut quote = accounts.quote_bank.write()?;
    let mut liquidatee = accounts.liquidatee.write()?;
    let mut receiver = accounts.receiver.write()?;
    windup::finish(
        plan,
        &board,
        &mut liquidatee,
        &mut receiver,
        &mut deltas,
        around,
    )
    .map_err(|rule| parties(rule, &board, (&liquidatee, &receiver), around))?;
    ledger::fold(&mut quote.totals, &mut deltas).or_refuse()?;
    payment.pay(&mut quote, paid_in)?;
    invariant::bank(&quote)?;
    invariant::margin(&liquidatee)?;
    invariant::margin(&receiver)
}
