//! What was rebuilt against what lies on chain.

use anchor_lang::prelude::Pubkey;
use bulwark_state::{
    Bank, Board, Book, Guardian, Insurance, MarginAccount, Market, Proposal, Protocol, QuoteTotals,
    Recovery, Stake, Ticket,
};
use bytemuck::{Pod, bytes_of};

use crate::ledger::{Compartment, Ledger, Venue};

/// An account above all compartments as it lies on chain.
pub enum Above<'a> {
    /// The Protocol.
    Protocol(&'a Protocol),
    /// The guardian.
    Guardian(&'a Guardian),
    /// A proposal to it.
    Proposal(&'a Proposal),
}

/// An account of a compartment as it lies on chain.
pub enum Found<'a> {
    /// The compartment's own.
    Compartment(&'a bulwark_state::Compartment),
    /// A Board.
    Board(&'a Board),
    /// A margin account.
    Margin(&'a MarginAccount),
    /// A ticket.
    Ticket(&'a Ticket),
    /// A bank.
    Bank(&'a Bank),
    /// A market.
    Market(&'a Market),
    /// A book.
    Book(&'a Book),
    /// Insurance.
    Insurance(&'a Insurance),
    /// A Recovery.
    Recovery(&'a Recovery),
    /// A stake in it.
    Stake(&'a Stake),
}

/// [`differences`] of an account above all compartments.
#[must_use]
pub fn differences_above(rebuilt: &Ledger, key: &Pubkey, found: &Above<'_>) -> Vec<String> {
    let mut list = List(Vec::new(), key);
    match found {
        Above::Protocol(is) => protocol(&mut list, &rebuilt.protocol, is),
        Above::Guardian(is) => guardian(&mut list, &rebuilt.guardian, is),
        Above::Proposal(is) => match rebuilt.proposals.get(key) {
            Some(ours) => proposal(&mut list, ours, is),
            None => list.missing(),
        },
    }
    list.0
}

/// Names every number in which an account on chain differs from what its events come to. Every
/// account is compared whole, byte by byte.
#[must_use]
pub fn differences(rebuilt: &Compartment, key: &Pubkey, found: &Found<'_>) -> Vec<String> {
    let mut list = List(Vec::new(), key);
    match found {
        Found::Compartment(is) => match rebuilt.key == *key {
            true => compartment(&mut list, &rebuilt.state, is),
            false => list.missing(),
        },
        Found::Board(is) => match rebuilt.board_key == *key {
            true => same_board(&mut list, &rebuilt.board, is),
            false => list.missing(),
        },
        Found::Margin(is) => match rebuilt.margins.get(key) {
            Some(account) => margin(&mut list, account, is),
            None => list.missing(),
        },
        Found::Ticket(is) => match rebuilt.tickets.get(key) {
            Some(ticket) => list.whole("Ticket", &**ticket, *is),
            None => list.missing(),
        },
        Found::Bank(is) => match rebuilt.banks.iter().find(|(of, _)| of == key) {
            Some((_, held)) => bank(&mut list, held, is),
            None => list.missing(),
        },
        Found::Market(is) => match rebuilt.markets.iter().find(|venue| venue.key == *key) {
            Some(venue) => market(&mut list, venue, is),
            None => list.missing(),
        },
        Found::Book(is) => match book_of(rebuilt, is) {
            Some(book) => same_book(&mut list, book, is),
            None => list.missing(),
        },
        Found::Insurance(is) => insurance(&mut list, &rebuilt.insurance, is),
        Found::Recovery(is) => match rebuilt.records.all().find(|(of, _)| of == key) {
            Some((_, recovery)) => same_recovery(&mut list, recovery, is),
            None => list.missing(),
        },
        Found::Stake(is) => match rebuilt.stakes.get(key) {
            Some(stake) => list.whole("Stake", stake, is),
            None => list.missing(),
        },
    }
    list.0
}

fn book_of<'a>(rebuilt: &'a Compartment, is: &Book) -> Option<&'a Book> {
    let of = |venue: &&Venue| venue.key.to_bytes() == is.market;
    rebuilt.markets.iter().find(of).map(|venue| &*venue.book)
}

struct List<'a>(Vec<String>, &'a Pubkey);

impl List<'_> {
    fn missing(&mut self) {
        self.0.push(format!("{}: no event created it", self.1));
    }

    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, rebuilt: T, is: T) {
        if rebuilt != is {
            self.0.push(format!(
                "{}: {what} is {is:?}, its events come to {rebuilt:?}",
                self.1
            ));
        }
    }

    /// All of a layout.
    fn whole<T: Pod>(&mut self, what: &str, rebuilt: &T, is: &T) {
        self.bytes(what, bytes_of(rebuilt), bytes_of(is));
    }

    fn bytes(&mut self, what: &str, rebuilt: &[u8], is: &[u8]) {
        let at = rebuilt.iter().zip(is).position(|(a, b)| a != b);
        if let Some(at) = at {
            self.0.push(format!(
                "{}: {what} differs from its events at byte {at}",
                self.1
            ));
        }
    }
}

fn protocol(list: &mut List<'_>, rebuilt: &Protocol, is: &Protocol) {
    list.same("mode", rebuilt.mode, is.mode);
    list.same("chained", rebuilt.event_sequence, is.event_sequence);
    list.same("exits", rebuilt.quick_until, is.quick_until);
    list.whole("Protocol", rebuilt, is);
}

fn guardian(list: &mut List<'_>, rebuilt: &Guardian, is: &Guardian) {
    list.same("members", rebuilt.members, is.members);
    list.same("waiting", rebuilt.waiting, is.waiting);
    list.whole("Guardian", rebuilt, is);
}

fn proposal(list: &mut List<'_>, rebuilt: &Proposal, is: &Proposal) {
    list.same("state", rebuilt.state, is.state);
    list.same("approvals", rebuilt.approvals, is.approvals);
    list.same("objections", rebuilt.objections, is.objections);
    list.whole("Proposal", rebuilt, is);
}

fn compartment(
    list: &mut List<'_>,
    rebuilt: &bulwark_state::Compartment,
    is: &bulwark_state::Compartment,
) {
    list.same("mode", rebuilt.mode, is.mode);
    list.same("broken bits", rebuilt.broken, is.broken);
    list.same("clock", rebuilt.clock, is.clock);
    list.same("time above Normal", rebuilt.above, is.above);
    list.same("events", rebuilt.event_sequence, is.event_sequence);
    list.whole("Compartment", rebuilt, is);
}

fn margin(list: &mut List<'_>, rebuilt: &MarginAccount, is: &MarginAccount) {
    list.same("quote", rebuilt.quote, is.quote);
    list.same("interest index", rebuilt.interest, is.interest);
    list.same("quote's claims", rebuilt.quote_claims, is.quote_claims);
    list.same("collaterals", rebuilt.collaterals, is.collaterals);
    list.same("positions", rebuilt.positions, is.positions);
    for (slot, (rebuilt, is)) in rebuilt.orders.iter().zip(&is.orders).enumerate() {
        list.same(&format!("order slot {slot}"), *rebuilt, *is);
    }
    list.same("realised", rebuilt.realised, is.realised);
    list.same("events", rebuilt.event_sequence, is.event_sequence);
    list.whole("MarginAccount", rebuilt, is);
}

fn bank(list: &mut List<'_>, rebuilt: &Bank, is: &Bank) {
    list.same("expected", rebuilt.expected, is.expected);
    let (ours, its) = (&rebuilt.totals, &is.totals);
    list.same("deficit", ours.deficit, its.deficit);
    let check = |of: &QuoteTotals| {
        let last = (of.check_slot, of.check_loss, of.check_claims);
        (last, of.check_gap, of.check_hole)
    };
    list.same("last check", check(ours), check(its));
    list.same("positive quote", ours.positive, its.positive);
    list.same("negative quote", ours.negative, its.negative);
    list.same("fees", ours.fees, its.fees);
    list.same("interest pot", ours.interest_pot, its.interest_pot);
    list.same("live", ours.live_count, its.live_count);
    list.same("claims", rebuilt.claims, is.claims);
    list.same("mean of claims", rebuilt.mean_claims, is.mean_claims);
    list.same("hour's bucket", rebuilt.hour, is.hour);
    list.same("day's bucket", rebuilt.day, is.day);
    list.same("small bucket", rebuilt.small, is.small);
    list.same("compartment's hour", ours.hour, its.hour);
    list.same("compartment's day", ours.day, its.day);
    list.same("tickets", rebuilt.tickets, is.tickets);
    list.same("queue", rebuilt.queue, is.queue);
    list.same("residuals", rebuilt.residuals, is.residuals);
    list.same("events", rebuilt.event_sequence, is.event_sequence);
    list.whole("Bank", rebuilt, is);
}

fn market(list: &mut List<'_>, venue: &Venue, is: &Market) {
    let rebuilt = &*venue.market;
    list.same("long open interest", rebuilt.oi_long, is.oi_long);
    list.same("short open interest", rebuilt.oi_short, is.oi_short);
    list.same("quote sum", rebuilt.quote_sum, is.quote_sum);
    list.same("pot", rebuilt.pot, is.pot);
    list.same("fills", rebuilt.fill_sequence, is.fill_sequence);
    list.same("events", rebuilt.event_sequence, is.event_sequence);
    list.same("status", rebuilt.status, is.status);
    list.same("funding", rebuilt.funding, is.funding);
    list.same("deltas", rebuilt.deltas, is.deltas);
    list.same("draws", rebuilt.draws, is.draws);
    list.same("cascade", rebuilt.cascade, is.cascade);
    list.same("band", rebuilt.band, is.band);
    let seen = |of: &Market| (of.loss_long_seen, of.loss_short_seen);
    list.same("losses seen", seen(rebuilt), seen(is));
    list.whole("Market", rebuilt, is);
}

fn insurance(list: &mut List<'_>, rebuilt: &Insurance, is: &Insurance) {
    list.same("balance", rebuilt.balance, is.balance);
    list.same("earning pool", rebuilt.earning, is.earning);
    list.same("idle pool", rebuilt.idle, is.idle);
    list.same("draws", rebuilt.draws, is.draws);
    list.same("drawdown", rebuilt.drawdown, is.drawdown);
    list.whole("Insurance", rebuilt, is);
}

fn same_board(list: &mut List<'_>, rebuilt: &Board, is: &Board) {
    list.same("refreshes", rebuilt.sequence, is.sequence);
    list.same("clock", rebuilt.clock, is.clock);
    for (number, (ours, its)) in rebuilt.feeds.iter().zip(&is.feeds).enumerate() {
        list.whole(&format!("feed {number}"), ours, its);
    }
    for (number, (ours, its)) in rebuilt.banks.iter().zip(&is.banks).enumerate() {
        list.whole(&format!("seat of bank {number}"), ours, its);
    }
    for (number, (ours, its)) in rebuilt.markets.iter().zip(&is.markets).enumerate() {
        list.whole(&format!("seat of market {number}"), ours, its);
    }
    list.whole("Board", rebuilt, is);
}

fn same_book(list: &mut List<'_>, rebuilt: &Book, is: &Book) {
    list.same("next number", rebuilt.next_sequence, is.next_sequence);
    list.same("bids", rebuilt.bid_count, is.bid_count);
    list.same("asks", rebuilt.ask_count, is.ask_count);
    list.whole("Book", rebuilt, is);
}

fn same_recovery(list: &mut List<'_>, rebuilt: &Recovery, is: &Recovery) {
    list.same("phase", rebuilt.phase, is.phase);
    list.same("banks", rebuilt.banks, is.banks);
    list.same("classes", rebuilt.classes, is.classes);
    list.same("marked", rebuilt.marked, is.marked);
    list.same("leaves", rebuilt.leaves, is.leaves);
    list.whole("Recovery", rebuilt, is);
}
