//! Stakes in the insurance of a compartment: join, earn, ask to leave, leave, close (D10); what a
//! Recovery pays for them (D9).
//!
//! Anybody CAN join, in every mode but Recovery, and bears losses from then on. Anybody CAN bring
//! the stakers' part of fees to them and let a stake that is a day old earn. The owner alone CAN
//! ask to leave and leave, in Normal, inside the window, while nothing is missing and nobody large
//! is liquidatable. Anybody CAN have a stake paid once the quote pot of a Recovery is open. Nobody
//! CAN leave with more than his shares were worth when he asked, take what was given, pay elsewhere
//! than to the owner, or move a pool from the freeze on.

use anchor_lang::prelude::*;
use bulwark_core::mode::Phase;
use bulwark_core::permits::Action;
use bulwark_core::{coverage, recovery, staking};
use bulwark_state::{Bank, Board, Insurance, Stake};

use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, Kind, StakeChanged};
use crate::guard::Guard;
use crate::invariant;
use crate::seeds::{self, VAULT_AUTHORITY_AND_BUMP};
use crate::state::{
    Access, BankState, BoardState, CompartmentState, InsuranceState, ProtocolState, RecoveryState,
    StakeState, create, same,
};
use crate::token::{self, Movement};

/// What to do with a stake. Whatever it is, fees are shared and shares that are a day old earn
/// first.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum StakeAct {
    /// Bring this much quote; makes the stake where there is none.
    Join(u64),
    /// Nothing else. Anybody may.
    Earn,
    /// Ask to leave with this much (UsdE6), with everything for `u64::MAX`.
    Ask(u64),
    /// Leave with what has asked.
    Leave,
    /// Close an empty stake; its rent goes to the owner. In a Recovery one that nothing is due to:
    /// what comes later is not his any more.
    Close,
    /// Buy a stake in a recapitalisation for this much quote, at a discount; less where less is for
    /// sale. Makes the stake where there is none.
    Buy(u64),
    /// Pay what a Recovery owes the stake. Anybody may.
    Claim,
    /// Give the stake to somebody else after the freeze of a Recovery, once and for good: a claim
    /// is sold. It keeps its address.
    Assign(Pubkey),
}

impl StakeAct {
    /// `frozen`: in a Recovery after its freeze.
    const fn action(self, frozen: bool) -> Action {
        match self {
            Self::Join(_) | Self::Earn => Action::FundInsurance,
            Self::Buy(_) => Action::BuyStake,
            Self::Ask(_) | Self::Leave => Action::InsuranceUnstake,
            Self::Close if !frozen => Action::CloseAccount,
            Self::Close | Self::Claim | Self::Assign(_) => Action::Claim,
        }
    }

    /// Whether coins come or go.
    const fn moves(self) -> bool {
        matches!(
            self,
            Self::Join(_) | Self::Buy(_) | Self::Leave | Self::Claim
        )
    }

    /// Whether anybody may, for anybody's stake.
    const fn open(self) -> bool {
        matches!(self, Self::Earn | Self::Claim)
    }

    const fn asked(self) -> u64 {
        match self {
            Self::Ask(amount) => amount,
            _ => 0,
        }
    }

    const fn number(self) -> u64 {
        match self {
            Self::Join(_) => 1,
            Self::Earn => 2,
            Self::Ask(_) => 3,
            Self::Leave => 4,
            Self::Close => 5,
            Self::Buy(_) => 6,
            Self::Claim => 7,
            Self::Assign(_) => 8,
        }
    }
}

/// Accounts of `stake`; where it is made, its address, writable, and the system program follow. In
/// a Recovery its record follows, writable.
#[derive(Accounts)]
pub struct ChangeStake<'info> {
    /// Owner of the stake; anyone to earn or claim.
    #[account(mut)]
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// Insurance of the compartment.
    #[account(mut)]
    pub insurance: AccountLoader<'info, InsuranceState>,
    /// A stake of this insurance; none where it is made.
    #[account(mut)]
    pub stake: Option<AccountLoader<'info, StakeState>>,
    /// Quote bank of the compartment.
    #[account(mut)]
    pub quote_bank: AccountLoader<'info, BankState>,
    /// CHECK: compared with the bank's vault.
    #[account(mut)]
    pub quote_vault: UncheckedAccount<'info>,
    /// CHECK: the address is compared; signs the payment.
    #[account(address = VAULT_AUTHORITY_AND_BUMP.0)]
    pub vault_authority: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's mint.
    pub quote_mint: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's token program.
    pub token_program: UncheckedAccount<'info>,
    /// CHECK: to join, a token account that the caller may move; to leave, one that he owns.
    #[account(mut)]
    pub tokens: Option<UncheckedAccount<'info>>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

impl<'info> ChangeStake<'info> {
    fn movement(&self) -> Result<Movement<'_, 'info>> {
        let missing = || refusal(BulwarkError::MissingAccount);
        Ok(Movement {
            token_program: &self.token_program,
            mint: &self.quote_mint,
            vault: &self.quote_vault,
            other: self.tokens.as_ref().ok_or_else(missing)?,
        })
    }

    /// Makes the caller's stake at the first of the accounts that follow.
    #[inline(never)]
    fn open(
        &self,
        follow: &'info [AccountInfo<'info>],
        bump: u8,
    ) -> Result<AccountLoader<'info, StakeState>> {
        let [info, system, ..] = follow else {
            return Err(refusal(BulwarkError::MissingAccount));
        };
        let (insurance, owner) = (self.insurance.key(), self.caller.key());
        let seeds = [seeds::STAKE, insurance.as_ref(), owner.as_ref(), &[bump]];
        let held = self.insurance.read()?;
        create::<StakeState>(info, &self.caller, system, &seeds, |stake| {
            staking::begin(stake, &held, insurance.to_bytes(), owner.to_bytes());
            stake.bump = bump;
            Ok(())
        })?;
        AccountLoader::try_from(info)
    }

    /// The stake is of this insurance and the caller may; the accounts of tokens are the bank's.
    #[inline(never)]
    fn belong(&self, stake: &Stake, quote: &Bank, act: StakeAct) -> Result<()> {
        let ours = same(&stake.insurance, &self.insurance.key());
        ensure(ours, BulwarkError::WrongInsurance)?;
        let may = act.open() || same(&stake.owner, self.caller.key);
        ensure(may, BulwarkError::NotOwner)?;
        token::check_vault(quote, &self.quote_vault)?;
        let mint = same(&quote.mint, self.quote_mint.key);
        ensure(mint, BulwarkError::WrongMint)?;
        let program = same(&quote.token_program, self.token_program.key);
        ensure(program, BulwarkError::WrongTokenProgram)?;
        let named = self.tokens.is_some();
        ensure(named == act.moves(), BulwarkError::WrongTokenAccount)
    }

    /// Brings `amount` into the vault. What arrived.
    #[inline(never)]
    fn join(&self, quote: &mut Bank, amount: u64) -> Result<u64> {
        ensure(amount > 0, BulwarkError::ZeroAmount)?;
        let arrived = self.movement()?.receive(quote, &self.caller, amount)?;
        quote.expected = quote.expected.checked_add(arrived).or_refuse()?;
        Ok(arrived)
    }

    /// Pays what has asked and may leave. What was paid.
    #[inline(never)]
    fn leave(
        &self,
        guard: &Guard,
        board: &Board,
        quote: &mut Bank,
        (insurance, stake): (&mut Insurance, &mut Stake),
    ) -> Result<u64> {
        let vault = token::balance(&self.quote_vault)?;
        let compartment = self.compartment.read()?;
        staking::frozen(board, &compartment, insurance, (quote, vault), guard.now).or_refuse()?;
        let paid = staking::leave(insurance, stake, (quote, vault), guard.now).or_refuse()?;
        self.pay(quote, self.caller.key, paid)?;
        Ok(paid)
    }

    /// Any act before the freeze of a Recovery. What moved, and what all who earn have earned.
    #[inline(never)]
    fn moved(
        &self,
        guard: &Guard,
        (insurance, quote, stake): (&mut Insurance, &mut Bank, &mut Stake),
        act: StakeAct,
    ) -> Result<(u64, u64)> {
        let board = self.board.read()?;
        let now = guard.now;
        let vault = token::balance(&self.quote_vault)?;
        let earned = staking::share_fees(&board, insurance, quote, vault, now).or_refuse()?;
        staking::ripen(insurance, stake, now).or_refuse()?;
        let moved = match act {
            StakeAct::Join(amount) => {
                let arrived = self.join(quote, amount)?;
                staking::join(insurance, stake, arrived, now).or_refuse()?;
                arrived
            }
            StakeAct::Buy(amount) => {
                // A discount is for who bears losses for a fortnight, not until the freeze.
                let runs_on = guard.context.phase == Phase::None;
                ensure(runs_on, BulwarkError::RecoveryPhase)?;
                let sale = staking::sale(&board, insurance, now).or_refuse()?;
                ensure(sale.most > 0, BulwarkError::NothingForSale)?;
                let arrived = self.join(quote, amount.min(sale.most))?;
                staking::buy(&board, insurance, stake, arrived, now).or_refuse()?;
                arrived
            }
            StakeAct::Ask(amount) => {
                staking::ask(insurance, stake, amount, now).or_refuse()?;
                stake.asked_value
            }
            StakeAct::Leave => self.leave(guard, &board, quote, (insurance, stake))?,
            StakeAct::Close => {
                ensure(staking::is_empty(stake), BulwarkError::AccountNotEmpty)?;
                0
            }
            // The mode's table has refused to claim and to assign.
            StakeAct::Earn | StakeAct::Claim | StakeAct::Assign(_) => 0,
        };
        Ok((moved, earned))
    }

    /// After the freeze of a Recovery: pays what a stake is owed, lets one be closed that nothing
    /// is due to, or given away. Fees are shared no more and pools stand still: shares are claims.
    #[inline(never)]
    fn recovered(
        &self,
        guard: &Guard,
        (insurance, quote, stake): (&mut Insurance, &mut Bank, &mut Stake),
        act: StakeAct,
        follow: &'info [AccountInfo<'info>],
    ) -> Result<u64> {
        let missing = || refusal(BulwarkError::MissingAccount);
        let info = follow.first().ok_or_else(missing)?;
        let record = AccountLoader::<RecoveryState>::try_from(info)?;
        guard.recovery(&self.compartment, &record)?;
        let mut recovery = record.write()?;
        if let StakeAct::Assign(to) = act {
            recovery::assign_stake(stake, to.as_array()).or_refuse()?;
            return Ok(0);
        }
        if act == StakeAct::Close {
            let due = recovery::due_of_stake(&recovery, insurance, stake).or_refuse()?;
            ensure(due == 0, BulwarkError::AccountNotEmpty)?;
            return Ok(0);
        }
        let paid = recovery::pay_stake(&mut recovery, insurance, stake).or_refuse()?;
        let owner = Pubkey::new_from_array(stake.owner);
        self.pay(quote, &owner, paid)?;
        quote.expected = quote.expected.checked_sub(paid).or_refuse()?;
        Ok(paid)
    }

    /// Pays into a token account of the owner: his associated one unless he signs.
    #[inline(never)]
    fn pay(&self, quote: &Bank, owner: &Pubkey, amount: u64) -> Result<()> {
        let movement = self.movement()?;
        let (key, program) = (movement.other.key, self.token_program.key);
        let named = self.caller.key == owner
            || token::is_associated(key, owner, self.quote_mint.key, program);
        ensure(named, BulwarkError::WrongTokenAccount)?;
        token::check_destination(movement.other, program, owner)?;
        movement.pay(quote, &self.vault_authority, amount)
    }
}

/// Changes a stake. `bump`: of its address, needed where it is made.
pub fn stake<'info>(
    ctx: Context<'info, ChangeStake<'info>>,
    act: StakeAct,
    bump: u8,
) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.insurance(&accounts.insurance)?;
    guard.quote_bank(&accounts.quote_bank)?;
    let frozen = guard.context.phase.rules();
    guard.permit(act.action(frozen))?;
    let missing = || refusal(BulwarkError::MissingAccount);
    let loader = match (&accounts.stake, act) {
        (Some(loader), _) => loader.clone(),
        (None, StakeAct::Join(_) | StakeAct::Buy(_)) => {
            accounts.open(ctx.remaining_accounts, bump)?
        }
        (None, _) => return Err(missing()),
    };
    let event = change(accounts, &guard, (&loader, act), ctx.remaining_accounts)?;
    event::emit(&accounts.event_authority, &event)?;
    if act == StakeAct::Close {
        loader.close(accounts.caller.to_account_info())?;
    }
    Ok(())
}

#[inline(never)]
fn change<'info>(
    accounts: &ChangeStake<'info>,
    guard: &Guard,
    (loader, act): (&AccountLoader<'info, StakeState>, StakeAct),
    follow: &'info [AccountInfo<'info>],
) -> Result<StakeChanged> {
    let mut insurance = accounts.insurance.write()?;
    let mut quote = accounts.quote_bank.write()?;
    let mut stake = loader.write()?;
    accounts.belong(&stake, &quote, act)?;
    let (balance_before, fees_before) = (insurance.balance, quote.totals.fees);
    let counted = coverage::counted(&quote, token::balance(&accounts.quote_vault)?);
    let state = (&mut *insurance, &mut *quote, &mut *stake);
    let (moved, earned) = if guard.context.phase.rules() {
        (accounts.recovered(guard, state, act, follow)?, 0)
    } else {
        accounts.moved(guard, state, act)?
    };
    invariant::bank(&quote)?;
    invariant::insurance(&insurance)?;
    let sequence = event::count(&mut quote.event_sequence)?;
    event::count(&mut stake.event_sequence)?;
    let (caller, id) = (accounts.caller.key, guard.compartment);
    Ok(StakeChanged {
        common: StakeChanged::head(guard.now, caller, id, sequence),
        stake: loader.key(),
        act: act.number(),
        amount: moved,
        earned,
        balance_before,
        fees_before,
        fees_after: quote.totals.fees,
        expected_after: quote.expected,
        asked: act.asked(),
        counted,
        ..told(&insurance, &stake)
    })
}

/// What an event tells of a stake and its insurance as they are now.
#[inline(never)]
fn told(insurance: &Insurance, stake: &Stake) -> StakeChanged {
    StakeChanged {
        owner: Pubkey::new_from_array(stake.owner),
        account_sequence: stake.event_sequence,
        balance_after: insurance.balance,
        earning_value: insurance.earning.value,
        idle_value: insurance.idle.value,
        earning_shares: words(insurance.earning.shares),
        idle_shares: words(insurance.idle.shares),
        earning: words(stake.earning),
        young: words(stake.young),
        leaving: words(stake.leaving),
        earning_generation: stake.earning_generation,
        idle_generation: stake.idle_generation,
        young_at: stake.young_at,
        asked_at: stake.asked_at,
        asked_value: stake.asked_value,
        ..bytemuck::Zeroable::zeroed()
    }
}

const fn words(wide: bulwark_state::Wide) -> [u64; 2] {
    [wide.lo, wide.hi]
}
