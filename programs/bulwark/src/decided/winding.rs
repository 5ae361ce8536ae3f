//! Settling a market, closing a bank. Accounts: the compartment, its Board, the market or bank.

use anchor_lang::prelude::*;
use bulwark_core::guardian::Subject;
use bulwark_core::settlement::{self, Cause};

use super::settings::{bank_key, linked, market_key, named};
use super::{Go, Scene};
use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::invariant;
use crate::state::{Access, BankState, MarketState};

/// Status of a market from which on nothing is announced any more.
const SETTLING: u8 = 5;
/// Status of a closing bank.
const CLOSING: u8 = 3;

/// Announces, with the notice of what was decided.
pub fn wind_down(scene: &Scene, id: u16, subject: Subject) -> Result<()> {
    let (compartment, board) = linked(scene, id, 3)?;
    let compartment = compartment.read()?;
    match subject {
        Subject::Market(index) => {
            let key = market_key(&compartment, index)?;
            let market: AccountLoader<MarketState> =
                named(scene, 2, &key, BulwarkError::WrongMarket)?;
            if scene.go == Go::Try {
                let open = market.read()?.status < SETTLING;
                return ensure(open, BulwarkError::MarketForbids);
            }
            let (mut board, mut market) = (board.write()?, market.write()?);
            let cause = Cause::Decided;
            settlement::announce(&mut board, &mut market, cause, scene.now).or_refuse()?;
            let seat = board.markets.get(usize::from(index)).or_refuse()?;
            invariant::board_market(seat)?;
            invariant::market(&market)
        }
        Subject::Bank(index) => {
            let key = bank_key(&compartment, index)?;
            let bank: AccountLoader<BankState> = named(scene, 2, &key, BulwarkError::WrongBank)?;
            if scene.go == Go::Try {
                let closable = index > 0 && bank.read()?.status < CLOSING;
                return ensure(closable, BulwarkError::BankForbids);
            }
            let (mut board, mut bank) = (board.write()?, bank.write()?);
            settlement::close_bank(&mut board, &mut bank, scene.now).or_refuse()?;
            let seat = board.banks.get(usize::from(index)).or_refuse()?;
            invariant::board_bank(seat, index)?;
            invariant::bank(&bank)
        }
        _ => Err(refusal(BulwarkError::BadAction)),
    }
}
