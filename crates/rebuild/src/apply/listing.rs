//! What is listed, by the functions that the program lists with, and what concerns no account.

use anchor_lang::AnchorDeserialize;
use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, anyhow, ensure};
use bulwark::event::{BankCreatedHead, BoardCreatedHead, MarketCreatedHead};
use bulwark::instructions::{
    CreateBankArgs, CreateBoardArgs, CreateFeedArgs, CreateMarketArgs, InsuranceParameters,
    fill_bank, fill_bank_seat, fill_board, fill_feed, fill_market, fill_market_seat, warm_up,
};
use bulwark::seeds;
use bulwark_core::Now;
use bulwark_state::{OpenClock, VERSION};
use bytemuck::allocation::zeroed_box;

use crate::event::Event;
use crate::ledger::{Compartment, Ledger, Venue, same};

/// Takes an event of listing, or one that moves nothing here. Says whether it was one.
pub(super) fn take(ledger: &mut Ledger, event: &Event, now: Now) -> Result<bool> {
    let id = event.common().compartment;
    match event {
        Event::ProtocolCreated(made) => {
            let (key, bump) = protocol();
            same("its address", made.protocol, key)?;
            let protocol = &mut ledger.protocol;
            ensure!(protocol.version == 0, "it was created before");
            protocol.creator = made.creator.to_bytes();
            protocol.treasury = made.treasury.to_bytes();
            (protocol.bump, protocol.version) = (bump, VERSION);
        }
        Event::CompartmentCreated(made) => compartment(ledger, id, made.key)?,
        Event::BoardCreated(made, args) => board(ledger.compartment(id)?, made, args)?,
        Event::FeedCreated(made, args) => {
            let board = &mut ledger.compartment(id)?.board;
            same("its number", made.index, board.feed_count)?;
            let args: CreateFeedArgs = arguments(args)?;
            fill_feed(board, &args, made.index).map_err(program)?;
            let is = (args.source.id, args.source.kind, args.unit_exp);
            let told = (made.source.to_bytes(), made.source_kind, made.unit_exp);
            same("its source", told, is)?;
        }
        Event::BankCreated(made, args) => bank(ledger.compartment(id)?, made, args, now)?,
        Event::MarketCreated(made, args) => market(ledger.compartment(id)?, made, args, now)?,
        Event::InsuranceCreated(made, args) => {
            let args: InsuranceParameters = arguments(args)?;
            let to = ledger.compartment(id)?;
            let found: [&[u8]; 2] = [seeds::INSURANCE, to.key.as_ref()];
            let (key, bump) = Pubkey::find_program_address(&found, &bulwark::ID);
            same("its address", made.insurance, key)?;
            to.state.insurance = key.to_bytes();
            to.insurance.compartment = to.key.to_bytes();
            (to.insurance.bump, to.insurance.version) = (bump, VERSION);
            args.write(&mut to.insurance);
        }
        Event::CreatorSealed(_) => {
            same("sealed before", ledger.protocol.sealed, 0)?;
            ledger.protocol.sealed = 1;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Address and bump of the Protocol.
pub(super) fn protocol() -> (Pubkey, u8) {
    Pubkey::find_program_address(&[seeds::PROTOCOL], &bulwark::ID)
}

fn compartment(ledger: &mut Ledger, id: u16, made: Pubkey) -> Result<()> {
    let found: [&[u8]; 2] = [seeds::COMPARTMENT, &id.to_le_bytes()];
    let (key, bump) = Pubkey::find_program_address(&found, &bulwark::ID);
    same("its address", made, key)?;
    let count = &mut ledger.protocol.compartment_count;
    same("its number", id, *count)?;
    *count = count.checked_add(1).context("compartments")?;
    let mut new = Compartment::new(key);
    new.state.protocol = protocol().0.to_bytes();
    (new.state.id, new.state.bump, new.state.version) = (id, bump, VERSION);
    ledger.compartments.insert(id, new);
    Ok(())
}

/// Arguments as the instruction took them.
fn arguments<A: AnchorDeserialize>(bytes: &[u8]) -> Result<A> {
    A::try_from_slice(bytes).context("its arguments")
}

/// A refusal by a function of the program.
fn program(refusal: anchor_lang::error::Error) -> anyhow::Error {
    anyhow!("the listing: {refusal}")
}

fn board(to: &mut Compartment, made: &BoardCreatedHead, args: &[u8]) -> Result<()> {
    let board = &mut *to.board;
    ensure!(board.version == 0, "it was adopted before");
    to.board_key = made.board;
    to.state.board = made.board.to_bytes();
    board.compartment = to.key.to_bytes();
    board.version = VERSION;
    board.clock = OpenClock {
        closed_sum: made.closed_sum,
        closed_from: made.closed_from,
        closed_until: made.closed_until,
    };
    let args: CreateBoardArgs = arguments(args)?;
    fill_board(board, &args).map_err(program)
}

fn bank(to: &mut Compartment, made: &BankCreatedHead, args: &[u8], now: Now) -> Result<()> {
    let index = to.banks.len();
    same("its number", usize::from(made.index), index)?;
    let args: CreateBankArgs = arguments(args)?;
    let found: [&[u8]; 3] = [seeds::BANK, to.key.as_ref(), made.mint.as_ref()];
    let (key, bump) = Pubkey::find_program_address(&found, &bulwark::ID);
    same("its address", made.bank, key)?;
    let mut bank: Box<bulwark_state::Bank> = zeroed_box();
    bank.compartment = to.key.to_bytes();
    bank.mint = made.mint.to_bytes();
    bank.vault = made.vault.to_bytes();
    bank.token_kind = made.token_kind;
    bank.token_program = bulwark::token::program_of(made.token_kind).to_bytes();
    bank.decimals = made.decimals;
    bank.bump = bump;
    bank.version = VERSION;
    fill_bank(&mut bank, &args, made.index, now.unix).map_err(program)?;
    *to.state.banks.get_mut(index).context("banks")? = key.to_bytes();
    let board = &mut *to.board;
    board.bank_count = made.index.checked_add(1).context("banks")?;
    to.state.bank_count = board.bank_count;
    fill_bank_seat(board, &bank, &args, now.unix).map_err(program)?;
    let caps = (bank.deposit_cap, bank.account_cap);
    same("its caps", (made.deposit_cap, made.account_cap), caps)?;
    to.banks.push((made.bank, bank));
    Ok(())
}

fn market(to: &mut Compartment, made: &MarketCreatedHead, args: &[u8], now: Now) -> Result<()> {
    let index = to.markets.len();
    same("its number", usize::from(made.index), index)?;
    let args: CreateMarketArgs = arguments(args)?;
    let found: [&[u8]; 3] = [seeds::MARKET, to.key.as_ref(), &[made.index]];
    let (key, bump) = Pubkey::find_program_address(&found, &bulwark::ID);
    same("its address", made.market, key)?;
    let mut market: Box<bulwark_state::Market> = zeroed_box();
    market.compartment = to.key.to_bytes();
    market.book = made.book.to_bytes();
    market.bump = bump;
    market.version = VERSION;
    fill_market(&mut market, &args).map_err(program)?;
    same("its cap", made.oi_cap, market.oi_cap)?;
    *to.state.markets.get_mut(index).context("markets")? = key.to_bytes();
    let board = &mut *to.board;
    board.market_count = made.index.checked_add(1).context("markets")?;
    to.state.market_count = board.market_count;
    fill_market_seat(board, &market, &args, now).map_err(program)?;
    if made.decided != 0 {
        warm_up(board, made.index, now).map_err(program)?;
    }
    let mut book: Box<bulwark_state::Book> = zeroed_box();
    book.market = made.market.to_bytes();
    book.version = VERSION;
    to.markets.push(Venue { key, market, book });
    Ok(())
}
