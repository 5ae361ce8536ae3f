//! Sources of a feed. Accounts: the compartment, its Board.

use anchor_lang::prelude::*;
use bulwark_core::feed;
use bulwark_state::{Board, OracleSource};

use super::settings::linked;
use super::{Go, Scene};
use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::state::Access;
use crate::{invariant, oracle};

/// What a decision on a feed's source names.
#[derive(Clone, Copy)]
pub struct Sourcing {
    /// Compartment.
    pub compartment: u16,
    /// Feed.
    pub feed: u8,
    /// 0 the first source, 1 the second.
    pub seat: u8,
    /// The source.
    pub source: OracleSource,
}

/// A source that some program of Pyth owns (a47), that no other feed has first (a39).
fn check(board: &Board, of: &Sourcing) -> Result<()> {
    ensure(of.feed < board.feed_count, BulwarkError::BadIndex)?;
    let none = of.seat == 1 && of.source == OracleSource::default();
    if none {
        return Ok(());
    }
    oracle::owner_of(of.source.kind)?;
    let others = board.feeds.iter().enumerate();
    let twice = others
        .filter(|(place, feed)| *place != usize::from(of.feed) && feed.active != 0)
        .any(|(_, feed)| feed.source.id == of.source.id);
    ensure(of.seat == 1 || !twice, BulwarkError::AlreadyListed)
}

/// Gives a feed another source.
pub fn set_oracle(scene: &Scene, of: &Sourcing) -> Result<()> {
    let (_, board) = linked(scene, of.compartment, 2)?;
    check(&*board.read()?, of)?;
    ensure(of.seat <= 1, BulwarkError::BadAction)?;
    if scene.go == Go::Try {
        return Ok(());
    }
    let mut board = board.write()?;
    let feed = board.feeds.get_mut(usize::from(of.feed)).or_refuse()?;
    match of.seat {
        0 => feed::switch_source(feed, of.source, scene.now).or_refuse()?,
        1 => feed::set_second(feed, of.source).or_refuse()?,
        _ => return Err(refusal(BulwarkError::BadAction)),
    }
    invariant::feed(feed)
}
