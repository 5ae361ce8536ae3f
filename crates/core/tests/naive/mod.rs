//! A naive matcher: sorted lists, open interest counted from positions, one lot tried at a time.

use bulwark_core::book::Side::{self, Ask, Bid};
use bulwark_core::matching::{Ended, MAX_FILLS, MAX_REMOVED, Reason};
use bulwark_core::order::{Kind, OrderRequest};
use bulwark_core::{Error, Result};
use bulwark_state::MAX_ORDERS_PER_MARKET;

use crate::venue::LOT;

pub const ACCOUNTS: usize = 6;

/// An entry of the naive book.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub who: usize,
    pub sequence: u64,
    pub price: u64,
    pub size: u64,
    pub expires_at: u32,
    pub reduce_only: bool,
    /// Whether its slot is still there.
    pub backed: bool,
}

#[derive(Clone, Debug)]
pub struct Model {
    pub bids: Vec<Entry>,
    pub asks: Vec<Entry>,
    pub bases: [i64; ACCOUNTS],
    owners: [usize; ACCOUNTS],
    sequence: u64,
    pub unix: i64,
    pub slot: u64,
    pub up: bool,
    pub interest_cap: i64,
    pub notional_cap: i64,
    notional: (u64, i64),
}

#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    pub fills: Vec<(usize, u64, u64)>,
    pub removed: Vec<(usize, u64, Reason)>,
    pub posted: u64,
    pub cancelled: u64,
    pub ended: Ended,
}

/// What meets the best opposite order.
enum Fate {
    Goes(Reason),
    Ends(Ended),
    Fills(u64),
}

fn interest(bases: &[i64]) -> i64 {
    bases.iter().map(|base| base.max(&0)).sum()
}

fn closes(base: i64, side: Side) -> u64 {
    if side == Bid {
        (-base).max(0) as u64
    } else {
        base.max(0) as u64
    }
}

fn signed(side: Side, base: u64) -> i64 {
    if side == Bid {
        base as i64
    } else {
        -(base as i64)
    }
}

fn crosses(request: &OrderRequest, entry: &Entry) -> bool {
    match request.side {
        Bid => request.price >= entry.price,
        Ask => request.price <= entry.price,
    }
}

impl Model {
    pub fn new() -> Self {
        Self {
            bids: Vec::new(),
            asks: Vec::new(),
            bases: [0; ACCOUNTS],
            // 4 and 5 belong to one owner.
            owners: [0, 1, 2, 3, 4, 4],
            sequence: 0,
            unix: 1_000_000,
            slot: 5_000,
            up: true,
            interest_cap: i64::MAX / 2,
            notional_cap: i64::MAX / 2,
            notional: (0, 0),
        }
    }

    pub fn side(&mut self, side: Side) -> &mut Vec<Entry> {
        if side == Bid {
            &mut self.bids
        } else {
            &mut self.asks
        }
    }

    fn past(&self, expires_at: u32) -> bool {
        expires_at != 0 && i64::from(expires_at) < self.unix
    }

    /// New notional of this slot after a fill, 0 if it raises nothing; `None` if not permitted.
    fn permitted(&self, who: usize, maker: usize, change: i64, price: u64) -> Option<i64> {
        let mut after = self.bases;
        after[who] += change;
        after[maker] -= change;
        let raised = interest(&after) - interest(&self.bases);
        if raised <= 0 {
            return Some(0);
        }
        let new = (i128::from(raised) * i128::from(price) + 9_999_999_999) / 10_000_000_000;
        let used = if self.notional.0 == self.slot {
            self.notional.1
        } else {
            0
        };
        let total = used + new as i64;
        let fits = interest(&after) <= self.interest_cap && total <= self.notional_cap;
        (self.up && fits).then_some(total)
    }

    fn slots(&self, who: usize) -> usize {
        let own = |entry: &&Entry| entry.who == who && entry.backed;
        self.bids.iter().chain(&self.asks).filter(own).count()
    }

    fn clip(&self, who: usize, request: &OrderRequest, left: u64) -> u64 {
        if request.reduce_only {
            left.min(closes(self.bases[who], request.side))
        } else {
            left
        }
    }

    pub fn place(&mut self, who: usize, request: &OrderRequest, absent: u64) -> Result<Outcome> {
        let mut done = Outcome::default();
        if self.past(request.expires_at) {
            return Err(Error::OrderExpired);
        }
        if request.reduce_only && closes(self.bases[who], request.side) == 0 {
            return Err(Error::NotReducing);
        }
        let mut left = request.size;
        done.ended = loop {
            let wanted = self.clip(who, request, left);
            if wanted == 0 {
                break Ended::Filled;
            }
            let best = self.side(request.side.opposite()).first().cloned();
            let Some(best) = best.filter(|best| crosses(request, best)) else {
                break Ended::NothingCrosses;
            };
            if done.fills.len() == MAX_FILLS || done.removed.len() == MAX_REMOVED {
                break Ended::TooMany;
            }
            let absent = best.who != who && absent & (1 << best.who) != 0;
            match self.fate(who, request, &best, wanted, absent) {
                Fate::Goes(reason) => {
                    self.side(request.side.opposite()).remove(0);
                    done.removed.push((best.who, best.sequence, reason));
                }
                Fate::Ends(_) if request.kind == Kind::PostOnly => return Err(Error::WouldCross),
                Fate::Ends(ended) => break ended,
                Fate::Fills(base) => {
                    self.fill(who, request.side, &best, base);
                    left -= base;
                    done.fills.push((best.who, best.price, base));
                }
            }
        };
        self.rest(who, request, left, &mut done)?;
        Ok(done)
    }

    fn fate(
        &self,
        who: usize,
        request: &OrderRequest,
        best: &Entry,
        wanted: u64,
        absent: bool,
    ) -> Fate {
        let (maker, other) = (best.who, request.side.opposite());
        if self.past(best.expires_at) {
            return Fate::Goes(match (absent, best.backed) {
                (true, _) => Reason::ExpiredUnseen,
                (false, true) => Reason::Expired,
                (false, false) => Reason::Void,
            });
        }
        if absent {
            return Fate::Ends(Ended::MakerAbsent);
        }
        if !best.backed {
            return Fate::Goes(Reason::Void);
        }
        if request.kind == Kind::PostOnly {
            return Fate::Ends(Ended::NothingCrosses);
        }
        if self.owners[maker] == self.owners[who] {
            return Fate::Goes(Reason::SelfTrade);
        }
        let mut base = wanted.min(best.size);
        if best.reduce_only {
            base = base.min(closes(self.bases[maker], other));
        }
        if base == 0 {
            return Fate::Goes(Reason::NotReducing);
        }
        while base > 0 {
            let change = signed(request.side, base);
            if self.permitted(who, maker, change, best.price).is_some() {
                return Fate::Fills(base);
            }
            base -= LOT;
        }
        // Which of the two caps binds is asserted by a scenario of its own.
        Fate::Ends(if self.up {
            Ended::InterestCap
        } else {
            Ended::InterestClosed
        })
    }

    fn fill(&mut self, who: usize, side: Side, best: &Entry, base: u64) {
        let change = signed(side, base);
        let total = self.permitted(who, best.who, change, best.price);
        if let Some(total @ 1..) = total {
            self.notional = (self.slot, total);
        }
        self.bases[who] += change;
        self.bases[best.who] -= change;
        let list = self.side(side.opposite());
        list[0].size -= base;
        list.retain(|entry| entry.size > 0);
    }

    fn rest(
        &mut self,
        who: usize,
        request: &OrderRequest,
        left: u64,
        done: &mut Outcome,
    ) -> Result<()> {
        done.cancelled = left;
        if left > 0 && request.kind == Kind::FillOrKill {
            return Err(Error::NotFilledWhole);
        }
        let size = self.clip(who, request, left);
        let best = self.side(request.side.opposite()).first().cloned();
        let blocked = best.is_some_and(|best| crosses(request, &best));
        if size == 0 || blocked || !matches!(request.kind, Kind::Limit | Kind::PostOnly) {
            return Ok(());
        }
        if self.slots(who) >= MAX_ORDERS_PER_MARKET {
            let unix = self.unix;
            let past = |entry: &Entry| entry.expires_at != 0 && i64::from(entry.expires_at) < unix;
            for entry in self.bids.iter_mut().chain(&mut self.asks) {
                entry.backed &= entry.who != who || !past(entry);
            }
        }
        if self.slots(who) >= MAX_ORDERS_PER_MARKET {
            let nothing = done.fills.is_empty();
            return if nothing {
                Err(Error::TooManyOrders)
            } else {
                Ok(())
            };
        }
        let entry = Entry {
            who,
            sequence: self.sequence,
            price: request.price,
            size,
            expires_at: request.expires_at,
            reduce_only: request.reduce_only,
            backed: true,
        };
        self.sequence += 1;
        self.side(request.side).push(entry);
        self.bids
            .sort_by_key(|entry| (u64::MAX - entry.price, entry.sequence));
        self.asks.sort_by_key(|entry| (entry.price, entry.sequence));
        done.posted = size;
        done.cancelled = left - size;
        Ok(())
    }
}
