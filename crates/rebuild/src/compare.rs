//! What was rebuilt against what lies on chain.

use anchor_lang::prelude::Pubkey;
use bulwark_core::mode::Phase;
use bulwark_state::{Bank, Book, Insurance, MarginAccount, Market, Recovery, Stake, Ticket};

use crate::ledger::{Compartment, Venue};

/// An account as it lies on chain.
pub enum Found<'a> {
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

/// Names every number in which an account on chain differs from what its events come to.
///
/// A margin account, a ticket, a book and a Recovery are compared whole, byte by byte (a margin
/// account's bump apart); of banks and markets what they owe, hold, count. Totals are compared with
/// what waits in the `markets` to be folded: `fold` moves it and says nothing.
#[must_use]
pub fn differences(
    rebuilt: &Compartment,
    key: &Pubkey,
    found: &Found<'_>,
    markets: &[&Market],
) -> Vec<String> {
    let mut list = List(Vec::new(), key);
    match found {
        Found::Margin(is) => match rebuilt.margins.get(key) {
            Some(account) => margin(&mut list, account, is),
            None => list.missing(),
        },
        Found::Ticket(is) => match rebuilt.tickets.get(key) {
            Some(ticket) => list.bytes(
                "ticket",
                bytemuck::bytes_of(&**ticket),
                bytemuck::bytes_of(*is),
            ),
            None => list.missing(),
        },
        Found::Bank(is) => match rebuilt.banks.iter().find(|(of, _)| of == key) {
            Some((_, held)) => bank(&mut list, held, is, markets),
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
        Found::Insurance(is) => list.same("balance", rebuilt.insurance, is.balance),
        Found::Recovery(is) => match rebuilt.records.all().find(|(of, _)| of == key) {
            Some((_, recovery)) => same_recovery(&mut list, recovery, is),
            None => list.missing(),
        },
        Found::Stake(is) => match rebuilt.stakes.get(key) {
            Some(stake) => {
                let plain = Stake {
                    insurance: is.insurance,
                    bump: is.bump,
                    ..*stake
                };
                list.bytes("stake", bytemuck::bytes_of(&plain), bytemuck::bytes_of(*is));
            }
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

    fn most(&mut self, what: &str, rebuilt: u64, is: u64) {
        if is > rebuilt {
            self.0.push(format!(
                "{}: {what} is {is}, its events come to {rebuilt}",
                self.1
            ));
        }
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
    // And whatever has no name here: all of the account but the bump of its address.
    let plain = MarginAccount {
        bump: is.bump,
        ..*rebuilt
    };
    list.bytes(
        "account",
        bytemuck::bytes_of(&plain),
        bytemuck::bytes_of(is),
    );
}

fn bank(list: &mut List<'_>, rebuilt: &Bank, is: &Bank, markets: &[&Market]) {
    list.same("claims", rebuilt.claims, is.claims);
    list.same("tickets", rebuilt.tickets, is.tickets);
    // A check that finds money gone or made good lowers these two and says nothing of it.
    list.most("expected", rebuilt.expected, is.expected);
    list.same("residuals", rebuilt.residuals, is.residuals);
    list.same("queued", rebuilt.queue.q_in, is.queue.q_in);
    list.same("served", rebuilt.queue.q_served, is.queue.q_served);
    list.same("tickets written", rebuilt.queue.next, is.queue.next);
    list.same("tickets waiting", rebuilt.queue.waiting, is.queue.waiting);
    list.same("events", rebuilt.event_sequence, is.event_sequence);
    let (ours, its) = (&rebuilt.totals, &is.totals);
    list.most("deficit", ours.deficit, its.deficit);
    if is.index != 0 {
        list.same(
            "live",
            ours.live_count,
            its.live_count.wrapping_add(is.live_delta),
        );
        return;
    }
    let with = |stored: i64, of: fn(&Market) -> i64| {
        markets
            .iter()
            .fold(stored, |sum, market| sum.wrapping_add(of(market)))
    };
    list.same(
        "positive quote",
        ours.positive,
        with(its.positive, |m| m.deltas.positive),
    );
    list.same(
        "negative quote",
        ours.negative,
        with(its.negative, |m| m.deltas.negative),
    );
    list.same("fees", ours.fees, with(its.fees, |m| m.deltas.fees));
    let pot = with(its.interest_pot, |m| m.deltas.interest_pot);
    list.same("interest pot", ours.interest_pot, pot);
    let live = with(its.live_count.wrapping_add(is.live_delta), |m| {
        m.deltas.live
    });
    list.same("live", ours.live_count, live);
}

fn market(list: &mut List<'_>, venue: &Venue, is: &Market) {
    let rebuilt = &venue.market;
    list.same("long open interest", rebuilt.oi_long, is.oi_long);
    list.same("short open interest", rebuilt.oi_short, is.oi_short);
    list.same("quote sum", rebuilt.quote_sum, is.quote_sum);
    list.same("pot", rebuilt.pot, is.pot);
    list.same("fills", rebuilt.fill_sequence, is.fill_sequence);
    list.same("events", rebuilt.event_sequence, is.event_sequence);
}

fn same_book(list: &mut List<'_>, rebuilt: &Book, is: &Book) {
    list.same("next number", rebuilt.next_sequence, is.next_sequence);
    list.same("bids", rebuilt.bid_count, is.bid_count);
    list.same("asks", rebuilt.ask_count, is.ask_count);
    list.bytes(
        "bids",
        bytemuck::cast_slice(&rebuilt.bids),
        bytemuck::cast_slice(&is.bids),
    );
    list.bytes(
        "asks",
        bytemuck::cast_slice(&rebuilt.asks),
        bytemuck::cast_slice(&is.asks),
    );
}

fn same_recovery(list: &mut List<'_>, rebuilt: &Recovery, is: &Recovery) {
    list.same("phase", rebuilt.phase, is.phase);
    list.same("banks", rebuilt.banks, is.banks);
    list.same("classes", rebuilt.classes, is.classes);
    list.same("marked", rebuilt.marked, is.marked);
    list.same("leaves", rebuilt.leaves, is.leaves);
    let mut plain = *rebuilt;
    if is.phase == Phase::Frozen as u8 {
        // Until all are counted, what waits to be folded counts with its market there, with the
        // quote bank here.
        (plain.live_signed, plain.quote_frozen) = (is.live_signed, is.quote_frozen);
    }
    list.bytes(
        "Recovery",
        bytemuck::bytes_of(&plain),
        bytemuck::bytes_of(is),
    );
}
