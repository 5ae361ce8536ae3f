//! Lists a token: bank, vault, and its seat on the Board. Bank 0 is quote: a mint of 6 decimals.
//!
//! The creator CAN until he is sealed, in Normal; so CAN anyone what the guardian decided, to the
//! byte. Nobody CAN list a mint with an extension beyond
//! the allow-list (a62), a mint twice, or a token without a feed (quote's serves the depeg
//! breaker).

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{TokenAccount, TokenInterface};
use bulwark_core::breaker::depeg::BRIDGED;
use bulwark_core::time::open_seconds;
use bulwark_core::units::value_exponent;
use bulwark_core::{params, targets};
use bulwark_state::{Bank, Board, Bucket, Wide};

use super::{BankParameters, BoardBankParameters, MarginParameters, QuoteParameters};
use crate::decided::{By, Word, feed_source, listing_hash, written};
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, BankCreatedHead, Kind};
use crate::guard::Guard;
use crate::seeds::VAULT_AUTHORITY_AND_BUMP;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, GuardianState, Layout, ProposalState,
    ProtocolState,
};
use crate::{invariant, lists, seeds, token};

/// Quote mints have this many decimals, so that UsdE6 is their smallest unit (D2).
const QUOTE_DECIMALS: u8 = 6;
/// Longest warm-up of a new token's weight, seconds.
const WARM_UP_MAX: u32 = 2_592_000;
/// Origin classes: native, stable, liquid-stake, bridged.
const ORIGINS: std::ops::RangeInclusive<u8> = 1..=4;
/// Status of a new bank.
const ACTIVE: u8 = 1;

/// Arguments of `create_bank`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct CreateBankArgs {
    /// Feed that prices the token.
    pub feed: u8,
    /// Origin class: 1 native, 2 stable, 3 liquid-stake, 4 bridged.
    pub origin: u8,
    /// Group of correlated collateral.
    pub group: u8,
    /// Feed of what a bridged token stands for; 0 for every other token.
    pub native_feed: u8,
    /// Seconds in which the token's weight rises from zero.
    pub warm_up: u32,
    /// Parameters of the bank.
    pub bank: BankParameters,
    /// Parameters of its seat on the Board.
    pub board: BoardBankParameters,
    /// Parameters of its haircut.
    pub haircut: MarginParameters,
    /// Parameters of quote: for bank 0, and for no other.
    pub quote: Option<QuoteParameters>,
}

/// Accounts of `create_bank`; every bank that the compartment has so far follows, in order.
#[derive(Accounts)]
pub struct CreateBank<'info> {
    /// The creator, or anyone who shows the guardian's decision; pays.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    #[account(mut)]
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    #[account(mut)]
    pub board: AccountLoader<'info, BoardState>,
    /// Bank, to be made.
    #[account(
        init,
        payer = creator,
        space = BankState::SPACE,
        seeds = [seeds::BANK, compartment.key().as_ref(), mint.key().as_ref()],
        bump
    )]
    pub bank: AccountLoader<'info, BankState>,
    /// CHECK: its owner program, extensions and decimals are checked in `token`.
    pub mint: UncheckedAccount<'info>,
    /// Vault, to be made.
    #[account(
        init,
        payer = creator,
        token::mint = mint,
        token::authority = vault_authority,
        token::token_program = token_program,
        seeds = [seeds::VAULT, bank.key().as_ref()],
        bump
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: the address is compared; signs transfers out of vaults.
    #[account(address = VAULT_AUTHORITY_AND_BUMP.0)]
    pub vault_authority: UncheckedAccount<'info>,
    /// SPL Token or Token-2022.
    pub token_program: Interface<'info, TokenInterface>,
    /// System program.
    pub system_program: Program<'info, System>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
    /// Guardian, where it decided this.
    #[account(mut)]
    pub guardian: Option<AccountLoader<'info, GuardianState>>,
    /// Proposal, where the guardian decided this.
    #[account(mut)]
    pub proposal: Option<AccountLoader<'info, ProposalState>>,
}

/// Identity of a new bank.
fn identify(accounts: &CreateBank, bank: &mut Bank, bump: u8) -> Result<()> {
    let token_program = accounts.token_program.key();
    bank.compartment = accounts.compartment.key().to_bytes();
    bank.mint = accounts.mint.key().to_bytes();
    bank.vault = accounts.vault.key().to_bytes();
    bank.token_program = token_program.to_bytes();
    bank.token_kind = token::program_kind(&token_program)?;
    bank.decimals = token::check_mint(&accounts.mint, &token_program)?;
    bank.bump = bump;
    Ok(())
}

/// Parameters of a new bank, and when its clocks began. Whoever replays events calls it too.
pub fn fill_bank(bank: &mut Bank, args: &CreateBankArgs, index: u8, now: i64) -> Result<()> {
    bank.index = index;
    bank.status = ACTIVE;
    bank.origin = args.origin;
    bank.group = args.group;
    bank.residuals.factor = Wide::new(1 << 64);
    bank.mean_at = now;
    bank.queue.at = now;
    args.bank.write(bank);
    params::check_bank(bank).or_refuse()?;
    let started = |bucket: &mut Bucket| bucket.at = now;
    for bucket in [
        &mut bank.hour,
        &mut bank.day,
        &mut bank.small,
        &mut bank.restricted_in,
    ] {
        started(bucket);
    }
    match (index, &args.quote) {
        (0, Some(quote)) => {
            ensure(bank.decimals == QUOTE_DECIMALS, BulwarkError::QuoteDecimals)?;
            quote.write(&mut bank.totals);
            params::check_quote(&bank.totals).or_refuse()?;
            started(&mut bank.totals.hour);
            started(&mut bank.totals.day);
            Ok(())
        }
        (1.., None) => Ok(()),
        _ => ensure(false, BulwarkError::BadValue),
    }
}

/// Whether a bridged token names another feed for what it stands for, and others name none.
fn pegged(board: &Board, args: &CreateBankArgs) -> bool {
    if args.origin != BRIDGED {
        return args.native_feed == 0;
    }
    let native = board.feeds.get(usize::from(args.native_feed));
    args.native_feed != args.feed && native.is_some_and(|feed| feed.active != 0)
}

/// The bank's seat on the Board. Whoever replays events calls it too.
pub fn fill_bank_seat(
    board: &mut Board,
    bank: &Bank,
    args: &CreateBankArgs,
    now: i64,
) -> Result<()> {
    let open = open_seconds(&board.clock, now);
    let feed = board
        .feeds
        .get(usize::from(args.feed))
        .filter(|feed| feed.active != 0);
    let feed = feed.ok_or(BulwarkError::BadIndex)?;
    ensure(pegged(board, args), BulwarkError::BadValue)?;
    let scale = u32::from(bank.decimals)
        .checked_add(u32::from(feed.unit_exp))
        .or_refuse()?;
    value_exponent(bank.decimals, feed.unit_exp).or_refuse()?;
    let seat = board.banks.get_mut(usize::from(bank.index)).or_refuse()?;
    seat.feed = args.feed;
    seat.decimals = bank.decimals;
    seat.unit = 10_u64.checked_pow(scale).or_refuse()?;
    seat.status = ACTIVE;
    seat.origin = args.origin;
    seat.group = args.group;
    seat.native_feed = args.native_feed;
    seat.coverage_e9 = 1_000_000_000;
    seat.warm_from = now;
    seat.warm_until = now.checked_add(i64::from(args.warm_up)).or_refuse()?;
    args.board.write(seat);
    params::check_board_bank(seat).or_refuse()?;
    if bank.index > 0 {
        args.haircut.write(&mut seat.haircut.params);
        params::check_margin_on(&seat.haircut.params, &feed.params).or_refuse()?;
        let variance = feed.variance.iter().copied().max().or_refuse()?;
        targets::start(&mut seat.haircut, variance, feed.last.publish_at, open).or_refuse()?;
    }
    invariant::board_bank(seat, bank.index)
}

fn check_args(args: &CreateBankArgs, by: By) -> Result<()> {
    ensure(ORIGINS.contains(&args.origin), BulwarkError::BadValue)?;
    // What the guardian lists warms up slowly enough for everyone to see it.
    let least = match by {
        By::Creator => 0,
        By::Guardian => params::LISTING_WARM_UP,
    };
    let warms = (least..=WARM_UP_MAX).contains(&args.warm_up);
    ensure(warms, BulwarkError::ParameterOutOfBounds)
}

/// Lists a token at the next free number.
pub fn create_bank<'info>(
    ctx: Context<'info, CreateBank<'info>>,
    args: CreateBankArgs,
) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    let word = Word {
        signer: accounts.creator.key,
        protocol: &accounts.protocol,
        decision: (accounts.guardian.as_ref(), accounts.proposal.as_ref()),
        event_authority: &accounts.event_authority,
    };
    guard.board(&accounts.board)?;
    let by = word.may_list(&guard, || {
        let board = accounts.board.read()?;
        let stands_on = [
            accounts.mint.key(),
            accounts.token_program.key(),
            feed_source(&board, args.feed)?,
            feed_source(&board, args.native_feed)?,
        ];
        listing_hash("bank", &args, &stands_on)
    })?;
    let arguments = written(&args)?;
    let event = {
        let mut compartment = accounts.compartment.write()?;
        let banks = lists::every_bank(&compartment, ctx.remaining_accounts)?;
        let mut board = accounts.board.write()?;
        by.check_deposits(&board, &banks)?;
        check_args(&args, by)?;
        let index = compartment.bank_count;
        let place = compartment.banks.get_mut(usize::from(index));
        *place.ok_or(BulwarkError::TooManyBanks)? = accounts.bank.key().to_bytes();
        compartment.bank_count = index.checked_add(1).or_refuse()?;
        board.bank_count = compartment.bank_count;
        let mut bank = accounts.bank.write_new()?;
        identify(accounts, &mut bank, ctx.bumps.bank)?;
        fill_bank(&mut bank, &args, index, guard.now.unix)?;
        fill_bank_seat(&mut board, &bank, &args, guard.now.unix)?;
        invariant::compartment(&compartment)?;
        invariant::board(&board)?;
        invariant::bank(&bank)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let actor = accounts.creator.key;
        let common = BankCreatedHead::head(guard.now, actor, guard.compartment, sequence);
        let event = BankCreatedHead {
            common,
            bank: accounts.bank.key(),
            mint: accounts.mint.key(),
            vault: accounts.vault.key(),
            deposit_cap: bank.deposit_cap,
            account_cap: bank.account_cap,
            index,
            decimals: bank.decimals,
            origin: bank.origin,
            feed: args.feed,
            token_kind: bank.token_kind,
            reserved: [0; 3],
        };
        event::chain_list(&mut protocol, &common, &event, &arguments)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit_list(&accounts.event_authority, &event, &arguments)
}
