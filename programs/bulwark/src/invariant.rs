//! What must hold of an account whenever an instruction that changed it ends. One function per kind
//! of account; a broken one undoes the instruction with `InvariantBroken`.
//!
//! These look at one account alone. What binds several (INV-LEDGER, INV-COV) is kept by core's
//! functions, observed by `check`, and asserted by the tests after every transaction.

use anchor_lang::prelude::*;
use bulwark_core::guardian::{MIN_MEMBERS, ORDINARY_DELAY, RELAX_DELAY};
use bulwark_core::ledger;
use bulwark_core::staking;
use bulwark_state::{
    Bank, Board, BoardBank, BoardMarket, Compartment, Feed, Guardian, Insurance, MAX_BANKS,
    MAX_COMPARTMENTS, MAX_FEEDS, MAX_MARKETS, MAX_MEMBERS, MarginAccount, Market, Member, Protocol,
    Targets, Ticket,
};

use crate::error::{BulwarkError, ensure};

fn holds(condition: bool) -> Result<()> {
    ensure(condition, BulwarkError::InvariantBroken)
}

/// Compartments fit their numbers; the creator is somebody; a seal is 0 or 1.
pub fn protocol(protocol: &Protocol) -> Result<()> {
    holds(
        usize::from(protocol.compartment_count) <= MAX_COMPARTMENTS
            && protocol.creator != [0; 32]
            && protocol.sealed <= 1,
    )
}

/// Between five and sixteen members, each key and each membership once, no one behind the count.
pub fn guardian(guardian: &Guardian) -> Result<()> {
    let count = usize::from(guardian.member_count);
    holds((usize::from(MIN_MEMBERS)..=MAX_MEMBERS).contains(&count))?;
    for (place, member) in guardian.members.iter().enumerate() {
        let taken = member.key != [0; 32] && member.membership < guardian.next_membership;
        holds((place < count) == taken)?;
        let earlier = guardian.members.iter().take(place.min(count));
        let twice = |m: &Member| m.key == member.key || m.membership == member.membership;
        holds(place >= count || !earlier.into_iter().any(twice))?;
    }
    holds(guardian.delay >= ORDINARY_DELAY && guardian.relax_delay >= RELAX_DELAY)
}

/// Whether a key is the default one, by words: comparing bytes costs ten times as much.
fn is_zero(key: &[u8; 32]) -> bool {
    let (words, _) = key.as_chunks::<8>();
    words
        .iter()
        .fold(0, |any, word| any | u64::from_le_bytes(*word))
        == 0
}

/// Lists are filled from the front, and nothing lies behind their counts.
pub fn compartment(compartment: &Compartment) -> Result<()> {
    let filled = |keys: &[[u8; 32]], count: u8| {
        let count = usize::from(count);
        count <= keys.len()
            && keys
                .iter()
                .enumerate()
                .all(|(place, key)| (place < count) != is_zero(key))
    };
    holds(
        filled(&compartment.banks, compartment.bank_count)
            && filled(&compartment.markets, compartment.market_count)
            && compartment.recovery_phase <= 4,
    )
}

/// Counts fit the arrays; quote is bank 0 and has no haircut.
pub fn board(board: &Board) -> Result<()> {
    holds(
        usize::from(board.feed_count) <= MAX_FEEDS
            && usize::from(board.bank_count) <= MAX_BANKS
            && usize::from(board.market_count) <= MAX_MARKETS
            && board.locked <= 1,
    )
}

/// Accepted prints don't go back in time, and what waits is newer than what was accepted.
pub fn feed(feed: &Feed) -> Result<()> {
    let waits = feed.pending.price != 0;
    holds(
        feed.previous.publish_at <= feed.last.publish_at
            && (!waits || feed.pending.publish_at > feed.last.publish_at)
            && matches!(feed.unit_exp, 0 | 3 | 6 | 9),
    )
}

/// INV-MARGIN: both targets and the applied ratio's start lie between floor and cap.
pub fn targets(targets: &Targets) -> Result<()> {
    let range = u64::from(targets.params.floor_e9)..=u64::from(targets.params.cap_e9);
    holds(range.contains(&targets.im) && range.contains(&targets.mm))
}

/// Of a market's seat on the Board.
pub fn board_market(market: &BoardMarket) -> Result<()> {
    holds((1..=6).contains(&market.status))?;
    targets(&market.margin)
}

/// Of a bank's seat on the Board: coverage is at most one; a token has targets.
pub fn board_bank(bank: &BoardBank, index: u8) -> Result<()> {
    holds((1..=3).contains(&bank.status) && bank.coverage_e9 <= 1_000_000_000)?;
    if index == 0 {
        Ok(())
    } else {
        targets(&bank.haircut)
    }
}

/// Tickets are claims (of a token; quote's claims are in its totals); the queue serves only what
/// came in; nothing is assigned to residuals that don't exist.
pub fn bank(bank: &Bank) -> Result<()> {
    let claims = if bank.index == 0 {
        bank.claims == 0
    } else {
        bank.tickets <= bank.claims
    };
    let queue = &bank.queue;
    holds(
        claims
            && (1..=3).contains(&bank.status)
            && queue.q_served.get() <= queue.q_in.get()
            && queue.q_out.get() <= queue.q_in.get(),
    )
}

/// OI_long = OI_short, until a settled market's positions close one by one.
pub fn market(market: &Market) -> Result<()> {
    let settled = market.status == 6;
    holds((settled || market.oi_long == market.oi_short) && (1..=6).contains(&market.status))
}

/// Free slots are empty, no token or market has two, a debt has its age, and nothing lies in an
/// account that isn't marked live.
pub fn margin(account: &MarginAccount) -> Result<()> {
    let mut banks = 0_u32;
    for collateral in &account.collaterals {
        if collateral.active == 0 {
            let held = collateral.amount | collateral.pending | collateral.residual;
            holds(held == 0)?;
            continue;
        }
        let bit = 1_u32.checked_shl(u32::from(collateral.bank)).unwrap_or(0);
        holds(bit != 0 && collateral.bank != 0 && banks & bit == 0)?;
        banks |= bit;
    }
    let mut markets = 0_u32;
    for position in &account.positions {
        if position.active == 0 {
            holds(position.base == 0 && position.quote == 0 && position.orders == 0)?;
            continue;
        }
        let bit = 1_u32.checked_shl(u32::from(position.market)).unwrap_or(0);
        holds(bit != 0 && markets & bit == 0)?;
        markets |= bit;
    }
    // An account whose last residual was collected in a Recovery stays among the living.
    let live = account.live == 1 || (account.live == 0 && ledger::is_empty(account));
    holds(live && (account.quote < 0) == (account.debt_at != 0))
}

/// Money of insurance fits the ledger's signed sums, and stakers own no more than there is.
pub fn insurance(insurance: &Insurance) -> Result<()> {
    let fits = i64::try_from(insurance.balance).is_ok();
    holds(fits && staking::given(insurance).is_ok())
}

/// No more was served than was asked for.
pub fn ticket(ticket: &Ticket) -> Result<()> {
    holds(ticket.served <= ticket.amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulwark_state::{Collateral, Position, Wide};
    use bytemuck::Zeroable;

    #[test]
    fn each_rule_of_a_margin_account_is_seen() {
        let sound = || {
            let mut account = MarginAccount::zeroed();
            account.quote = -5;
            account.debt_at = 1;
            account.live = 1;
            account.collaterals[2] = Collateral {
                active: 1,
                bank: 3,
                ..Collateral::default()
            };
            account.positions[1] = Position {
                active: 1,
                base: 7,
                market: 4,
                ..Position::default()
            };
            account
        };
        assert!(margin(&sound()).is_ok());
        let breaks: [fn(&mut MarginAccount); 8] = [
            |a| a.live = 0,
            |a| a.debt_at = 0,
            |a| a.collaterals[0].residual = 1,
            |a| a.collaterals[2].bank = 0,
            |a| a.collaterals[2].bank = 32,
            |a| a.collaterals[5] = a.collaterals[2],
            |a| a.positions[0].orders = 1,
            |a| a.positions[7] = a.positions[1],
        ];
        for (number, change) in breaks.iter().enumerate() {
            let mut account = sound();
            change(&mut account);
            assert!(margin(&account).is_err(), "break {number}");
        }
    }

    #[test]
    fn lists_are_filled_from_the_front() {
        let mut list = Compartment::zeroed();
        assert!(compartment(&list).is_ok());
        list.bank_count = 1;
        assert!(compartment(&list).is_err());
        list.banks[0] = [1; 32];
        assert!(compartment(&list).is_ok());
        list.banks[2] = [1; 32];
        assert!(compartment(&list).is_err());
    }

    #[test]
    fn a_queue_serves_only_what_came_in() {
        let mut quote = Bank::zeroed();
        quote.status = 1;
        assert!(bank(&quote).is_ok());
        quote.queue.q_served = Wide::new(1);
        assert!(bank(&quote).is_err());
        quote.queue.q_in = Wide::new(1);
        assert!(bank(&quote).is_ok());
        quote.claims = 1;
        assert!(bank(&quote).is_err());
    }
}
