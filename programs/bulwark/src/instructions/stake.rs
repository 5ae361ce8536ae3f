//! Stakes in the insurance of a compartment: join, earn, ask to leave, leave, close (D10).
//!
//! Anybody CAN join, in every mode but Recovery, and bears losses from then on. Anybody CAN bring
//! the stakers' part of fees to them and let a stake that is a day old earn. The owner alone CAN
//! ask to leave and leave, in Normal, inside the window, while nothing is missing and nobody large
//! is liquidatable. Nobody CAN leave with more than his shares were worth when he asked, take what
//! was given, or pay elsewhere than to the owner.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;
use bulwark_core::staking;
use bulwark_state::{Bank, Board, Insurance, Stake};

use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, Kind, StakeChanged};
use crate::guard::Guard;
use crate::invariant;
use crate::seeds::{self, VAULT_AUTHORITY_AND_BUMP};
use crate::state::{
    Access, BankState, BoardState, CompartmentState, InsuranceState, ProtocolState, StakeState,
    create, same,
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
    /// Close an empty stake; its rent goes to the owner.
    Close,
    /// Buy a stake in a recapitalisation for this much quote, at a discount; less where less is for
    /// sale. Makes the stake where there is none.
    Buy(u64),
}

impl StakeAct {
    const fn action(self) -> Action {
        match self {
            Self::Join(_) | Self::Buy(_) | Self::Earn => Action::FundInsurance,
            Self::Ask(_) | Self::Leave => Action::InsuranceUnstake,
            Self::Close => Action::CloseAccount,
        }
    }

    /// Whether coins come or go.
    const fn moves(self) -> bool {
        matches!(self, Self::Join(_) | Self::Buy(_) | Self::Leave)
    }

    const fn number(self) -> u64 {
        match self {
            Self::Join(_) => 1,
            Self::Earn => 2,
            Self::Ask(_) => 3,
            Self::Leave => 4,
            Self::Close => 5,
            Self::Buy(_) => 6,
        }
    }
}

/// Accounts of `stake`; where it is made, its address, writable, and the system program follow.
#[derive(Accounts)]
pub struct ChangeStake<'info> {
    /// Owner of the stake; anyone to earn.
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
        let movement = self.movement()?;
        let owner = self.caller.key;
        token::check_destination(movement.other, self.token_program.key, owner)?;
        movement.pay(quote, &self.vault_authority, paid)?;
        Ok(paid)
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
    guard.permit(act.action())?;
    let missing = || refusal(BulwarkError::MissingAccount);
    let loader = match (&accounts.stake, act) {
        (Some(loader), _) => loader.clone(),
        (None, StakeAct::Join(_) | StakeAct::Buy(_)) => {
            accounts.open(ctx.remaining_accounts, bump)?
        }
        (None, _) => return Err(missing()),
    };
    let event = change(accounts, &guard, &loader, act)?;
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
    loader: &AccountLoader<'info, StakeState>,
    act: StakeAct,
) -> Result<StakeChanged> {
    let board = accounts.board.read()?;
    let mut insurance = accounts.insurance.write()?;
    let mut quote = accounts.quote_bank.write()?;
    let mut stake = loader.write()?;
    let ours = same(&stake.insurance, &accounts.insurance.key());
    ensure(ours, BulwarkError::WrongInsurance)?;
    let may = act == StakeAct::Earn || same(&stake.owner, accounts.caller.key);
    ensure(may, BulwarkError::NotOwner)?;
    token::check_vault(&quote, &accounts.quote_vault)?;
    let mint = same(&quote.mint, accounts.quote_mint.key);
    ensure(mint, BulwarkError::WrongMint)?;
    let program = same(&quote.token_program, accounts.token_program.key);
    ensure(program, BulwarkError::WrongTokenProgram)?;
    let named = accounts.tokens.is_some();
    ensure(named == act.moves(), BulwarkError::WrongTokenAccount)?;
    let (balance_before, fees_before) = (insurance.balance, quote.totals.fees);
    let vault = token::balance(&accounts.quote_vault)?;
    let earned =
        staking::share_fees(&board, &mut insurance, &mut quote, vault, guard.now).or_refuse()?;
    staking::ripen(&mut insurance, &mut stake, guard.now).or_refuse()?;
    let moved = match act {
        StakeAct::Join(amount) => {
            let arrived = accounts.join(&mut quote, amount)?;
            staking::join(&mut insurance, &mut stake, arrived, guard.now).or_refuse()?;
            arrived
        }
        StakeAct::Buy(amount) => {
            let sale = staking::sale(&board, &insurance, guard.now).or_refuse()?;
            ensure(sale.most > 0, BulwarkError::NothingForSale)?;
            let arrived = accounts.join(&mut quote, amount.min(sale.most))?;
            staking::buy(&board, &mut insurance, &mut stake, arrived, guard.now).or_refuse()?;
            arrived
        }
        StakeAct::Ask(amount) => {
            staking::ask(&mut insurance, &mut stake, amount, guard.now).or_refuse()?;
            stake.asked_value
        }
        StakeAct::Leave => {
            accounts.leave(guard, &board, &mut quote, (&mut insurance, &mut stake))?
        }
        StakeAct::Close => {
            ensure(staking::is_empty(&stake), BulwarkError::AccountNotEmpty)?;
            0
        }
        StakeAct::Earn => 0,
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
