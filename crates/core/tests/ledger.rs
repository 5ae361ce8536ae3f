//! The signed ledger (D1): fills by hand, and INV-LEDGER exact to the unit after every step of
//! random histories.

mod fixture;

use bulwark_core::conserve::*;
use bulwark_core::ledger::*;
use bulwark_core::math::{mul_pow10_div_floor, mul_shift64_floor, shift64_div_ceil};
use bulwark_core::{Error, Now};
use bulwark_state::*;
use bytemuck::Zeroable;
use fixture::*;
use proptest::prelude::*;

/// Everything that INV-LEDGER speaks of.
struct World {
    board: Box<Board>,
    quote: Bank,
    token: Bank,
    markets: Vec<Market>,
    accounts: Vec<MarginAccount>,
    vault: u64,
    token_vault: u64,
    insurance: u64,
    now: Now,
}

impl World {
    fn new(accounts: usize) -> Self {
        let mut board = board();
        board.feeds[1] = feed(123_456_789);
        let mut quote = Bank::zeroed();
        quote.totals = QuoteTotals {
            kink_low_ppm: 500_000,
            kink_high_ppm: 800_000,
            rate_kink_ppm: 200_000,
            rate_high_ppm: 2_000_000,
            interest_open: NOW.unix as u64,
            ..quote.totals
        };
        let market = |index| Market {
            index,
            feed: index,
            ..Market::zeroed()
        };
        Self {
            board,
            quote,
            token: Bank {
                index: 1,
                ..Bank::zeroed()
            },
            markets: (0..3).map(market).collect(),
            accounts: vec![MarginAccount::zeroed(); accounts],
            vault: 0,
            token_vault: 0,
            insurance: 0,
            now: NOW,
        }
    }

    /// Counters against accounts, accounts against vaults: nothing missing, nothing left over.
    fn check(&self) {
        assert_eq!(self.mismatches(), []);
        let balance = self.balance();
        assert_eq!(
            (balance.missing(), balance.surplus()),
            (0, 0),
            "{balance:?}"
        );
        let token = token_balance(&self.token, self.token_vault).unwrap();
        assert_eq!((token.missing(), token.surplus()), (0, 0), "{token:?}");
    }

    fn mismatches(&self) -> Vec<Mismatch> {
        let mut sums = Sums::ZERO;
        for account in &self.accounts {
            sums.add(&self.board, account).unwrap();
        }
        let mut mismatches = Vec::new();
        let banks = [&self.quote, &self.token];
        let report = |mismatch| mismatches.push(mismatch);
        compare(&sums, banks.into_iter(), self.markets.iter(), report).unwrap();
        mismatches
    }

    fn balance(&self) -> Balance {
        quote_balance(&self.quote, self.vault, self.insurance, self.markets.iter()).unwrap()
    }

    /// Moves an account's quote through a bank instruction.
    fn move_quote(&mut self, at: usize, change: i64) {
        let mut deltas = Deltas::default();
        let account = &mut self.accounts[at];
        add_quote(&self.board, account, change, &mut deltas, self.now).unwrap();
        update_live(account, &mut deltas).unwrap();
        fold(&mut self.quote.totals, &mut deltas).unwrap();
    }

    fn deposit(&mut self, at: usize, amount: u64) {
        self.vault += amount;
        self.move_quote(at, amount as i64);
    }

    fn withdraw(&mut self, at: usize, amount: u64) {
        let free = self.accounts[at]
            .quote
            .max(0)
            .unsigned_abs()
            .min(self.vault);
        let amount = amount.min(free);
        self.vault -= amount;
        self.move_quote(at, -(amount as i64));
    }

    fn queue(&mut self, at: usize, amount: u64) {
        let amount = amount.min(self.accounts[at].quote.max(0).unsigned_abs());
        self.accounts[at].quote_claims.pending += amount;
        self.quote.tickets += amount;
        self.move_quote(at, -(amount as i64));
    }

    fn serve(&mut self, at: usize) {
        let amount = self.accounts[at].quote_claims.pending.min(self.vault);
        self.accounts[at].quote_claims.pending -= amount;
        self.quote.tickets -= amount;
        self.vault -= amount;
        self.move_quote(at, 0);
    }

    fn deposit_token(&mut self, at: usize, amount: u64) {
        self.accounts[at].collaterals[0].active = 1;
        self.accounts[at].collaterals[0].bank = 1;
        self.accounts[at].collaterals[0].amount += amount;
        self.token.claims += amount;
        self.token_vault += amount;
        let mut deltas = Deltas::default();
        update_live(&mut self.accounts[at], &mut deltas).unwrap();
        self.token.live_delta += deltas.live;
    }

    fn side(&mut self, at: usize, market: usize, change: i64, notional: u64, fee: u64) -> Traded {
        let account = &mut self.accounts[at];
        let slot = open_position(&self.board, account, market as u8).unwrap();
        let market = &mut self.markets[market];
        let traded = trade(
            &self.board,
            account,
            slot,
            market,
            change,
            notional,
            fee,
            self.now,
        )
        .unwrap();
        release_position(account, slot);
        traded
    }

    /// A fill at `price`, the maker the seller where `size` is above zero.
    fn fill(&mut self, [taker, maker]: [usize; 2], market: usize, size: i64, price: u64, fee: u64) {
        let notional = mul_pow10_div_floor::<10>(size.unsigned_abs(), price).unwrap();
        self.side(taker, market, size, notional, fee);
        self.side(maker, market, -size, notional, fee / 2);
    }

    fn fold_all(&mut self) {
        for market in &mut self.markets {
            fold(&mut self.quote.totals, &mut market.deltas).unwrap();
        }
    }

    fn accrue(&mut self) {
        self.fold_all();
        let money = QuoteMoney {
            vault: self.vault,
            assigned: self.quote.residuals.assigned,
            tickets: self.quote.tickets,
            insurance: self.insurance,
        };
        accrue_interest(&mut self.board, &mut self.quote.totals, &money, self.now).unwrap();
    }

    fn touch(&mut self, at: usize) {
        for slot in 0..MAX_POSITIONS {
            let position = self.accounts[at].positions[slot];
            if position.active != 0 {
                let market = &mut self.markets[usize::from(position.market)];
                touch_position(&self.board, &mut self.accounts[at], slot, market).unwrap();
            }
        }
        self.move_quote(at, 0);
    }

    /// Spreads a loss over a side by its index (D8) and pays it to a debtor, as a wind-up would.
    fn lose(&mut self, debtor: usize, market: usize, longs: bool, amount: u64) {
        let interest = self.markets[market].oi_long;
        if interest == 0 || amount == 0 {
            return;
        }
        let rise = shift64_div_ceil(amount, interest).unwrap();
        let indexes = &mut self.board.markets[market];
        let index = if longs {
            &mut indexes.loss_long
        } else {
            &mut indexes.loss_short
        };
        *index = Wide::new(index.get() + rise);
        self.markets[market].pot -= amount as i64;
        self.move_quote(debtor, amount as i64);
    }

    fn fund(&mut self, market: usize, per_unit: i64, fraction: u64) {
        let index = &mut self.board.markets[market].funding;
        let change = (i128::from(per_unit) << 64) / i128::from(UNIT) + i128::from(fraction);
        *index = SignedWide::new(index.get() + change);
    }

    /// What an account is worth at `price` of market 0, touched or not.
    fn worth(&self, at: usize, price: u64) -> i64 {
        let account = &self.accounts[at];
        let legs = account
            .positions
            .iter()
            .filter(|position| position.active != 0);
        account.quote
            + legs
                .map(|leg| {
                    let due = position_due(&self.board.markets[usize::from(leg.market)], leg);
                    let value = i128::from(leg.base) * i128::from(price);
                    leg.quote + due.unwrap() + value.div_euclid(10_000_000_000) as i64
                })
                .sum::<i64>()
    }
}

fn leg(world: &World, at: usize) -> (i64, i64) {
    let position = &world.accounts[at].positions[0];
    (position.base, position.quote)
}

#[test]
fn a_fill_moves_base_quote_and_fees() {
    let mut world = World::new(2);
    world.deposit(0, 1_000_000_000);
    world.deposit(1, 1_000_000_000);
    world.fill([0, 1], 0, 3 * UNIT, HUNDRED, 1_000);
    assert_eq!(leg(&world, 0), (3 * UNIT, -300_000_000));
    assert_eq!(leg(&world, 1), (-3 * UNIT, 300_000_000));
    assert_eq!(world.accounts[0].quote, 999_999_000);
    assert_eq!(world.accounts[1].quote, 999_999_500);
    let market = &world.markets[0];
    assert_eq!(
        (market.oi_long, market.oi_short, market.quote_sum),
        (300_000_000, 300_000_000, 0)
    );
    assert_eq!(
        market.deltas,
        Deltas {
            positive: -1_500,
            fees: 1_500,
            ..Deltas::default()
        }
    );
    world.check();
    world.fold_all();
    assert_eq!(world.quote.totals.positive, 1_999_998_500);
    assert_eq!(
        (world.quote.totals.fees, world.quote.totals.live_count),
        (1_500, 2)
    );
    world.check();
}

#[test]
fn reducing_realises_its_share_rounded_down() {
    let mut world = World::new(2);
    world.fill([0, 1], 0, 3 * UNIT, 3_333_333_333, 0);
    assert_eq!(leg(&world, 0), (300_000_000, -99_999_999));
    // A third of −99,999,999 is whole; of the rest two sevenths are −19,047,618.86 and go down.
    let traded = world.side(0, 0, -UNIT, 40_000_000, 0);
    assert_eq!(
        traded,
        Traded {
            closed: 100_000_000,
            opened: 0,
            realised: 6_666_667
        }
    );
    assert_eq!(leg(&world, 0), (200_000_000, -66_666_666));
    let traded = world.side(0, 0, -57_142_858, 20_000_000, 0);
    assert_eq!(traded.realised, 20_000_000 - 19_047_620);
    assert_eq!(leg(&world, 0), (142_857_142, -47_619_046));
    // The maker's share: 99,999,999 · 4/7 and so on, also down.
    let traded = world.side(1, 0, UNIT + 57_142_858, 60_000_000, 0);
    assert_eq!(traded.realised, 52_380_952 - 60_000_000);
    world.check();
    assert_eq!(world.accounts[0].realised.amount, 6_666_667 + 952_380);
    assert_eq!(world.accounts[1].realised.amount, 0);
    assert_eq!(world.accounts[1].debt_at, NOW.unix);
}

#[test]
fn a_fill_through_zero_is_split() {
    let mut world = World::new(2);
    world.fill([0, 1], 0, 3 * UNIT, HUNDRED, 0);
    world.board.markets[0].loss_short = Wide::new(77 << 64);
    // Sell 7 for 700.000001: the closing part takes ⌊·3/7⌋ = 300.000000, the rest opens.
    let traded = world.side(0, 0, -7 * UNIT, 700_000_001, 5);
    assert_eq!(
        traded,
        Traded {
            closed: 300_000_000,
            opened: 400_000_000,
            realised: 0
        }
    );
    assert_eq!(leg(&world, 0), (-400_000_000, 400_000_001));
    assert_eq!(world.accounts[0].quote, -5);
    assert_eq!(
        world.accounts[0].positions[0].loss,
        Wide::new(77 << 64),
        "set at the flip (D8)"
    );
    assert_eq!(
        (world.markets[0].oi_long, world.markets[0].oi_short),
        (0, 700_000_000)
    );
    world.board.markets[0].loss_short = Wide::default();
    world.accounts[0].positions[0].loss = Wide::default();
    let traded = world.side(1, 0, 7 * UNIT, 700_000_001, 0);
    assert_eq!(traded.realised, 0);
    assert_eq!(leg(&world, 1), (400_000_000, -400_000_001));
    world.check();
}

#[test]
fn a_closed_position_leaves_nothing_behind() {
    let mut world = World::new(2);
    world.deposit(0, 5);
    world.fill([0, 1], 0, 7, 123_456_789_012, 0);
    world.fill([0, 1], 0, -3, 99_999_999_999, 0);
    world.fill([0, 1], 0, -4, 111_111_111_111, 0);
    assert_eq!(
        world.accounts[0].positions,
        [Position::default(); MAX_POSITIONS]
    );
    assert_eq!(
        (world.markets[0].quote_sum, world.markets[0].oi_long),
        (0, 0)
    );
    world.check();
    assert_eq!(world.accounts[0].quote + world.accounts[1].quote, 5);
}

#[test]
fn funding_and_loss_are_booked_against_the_account_and_stay_in_the_pot() {
    let mut world = World::new(3);
    world.fill([0, 1], 0, 2 * UNIT, HUNDRED, 0);
    world.fill([0, 2], 0, UNIT, HUNDRED, 0);
    // 0.1 per unit and a hair: the long pays 3 × 0.1 up, the shorts get theirs down.
    world.board.markets[0].funding = SignedWide::new((1i128 << 64) / i128::from(10 * UNIT) + 1);
    assert_eq!(
        position_due(&world.board.markets[0], &world.accounts[0].positions[0]),
        Ok(-1)
    );
    world.touch(0);
    world.touch(1);
    world.touch(2);
    assert_eq!(world.markets[0].pot, 1);
    assert_eq!(world.markets[0].quote_sum, -1);
    world.check();
    world.move_quote(1, -1_000);
    world.vault = 0;
    world.quote.totals.fees += 1_000;
    // Longs bear 1,000 of loss: one account, all of it, rounded up, and the pot gets it back.
    world.lose(1, 0, true, 1_000);
    world.check();
    world.touch(0);
    assert_eq!(world.markets[0].pot, 2, "rounded up by less than a unit");
    world.check();
}

#[test]
fn interest_moves_from_debtors_to_lenders() {
    let mut world = World::new(3);
    world.deposit(0, 1_000_000_000);
    world.deposit(1, 3_000_000_000);
    // A loss of 4,000 that nobody paid in: the vault lends it.
    world.fill([2, 0], 0, 100 * UNIT, HUNDRED, 0);
    world.fill([2, 0], 0, -100 * UNIT, 6_000_000_000, 0);
    assert_eq!(world.accounts[2].quote, -4_000_000_000);
    world.withdraw(0, 3_000_000_000);
    assert_eq!(
        (world.vault, world.accounts[0].quote),
        (1_000_000_000, 2_000_000_000)
    );
    world.accrue();
    assert_eq!(
        world.board.debt_index,
        Wide::default(),
        "no time has passed"
    );
    world.now.unix += 31_536_000;
    world.accrue();
    // 5,000 owed, 1,000 there: 80 %, 20 % a year. 800 of 4,000; 16 % for lenders.
    assert_eq!(
        interest_due(&world.board, &world.accounts[2]),
        Ok(-800_000_000)
    );
    assert_eq!(
        interest_due(&world.board, &world.accounts[0]),
        Ok(319_999_999)
    );
    world.check();
    for at in 0..3 {
        world.touch(at);
        world.check();
    }
    assert_eq!(world.accounts[2].quote, -4_800_000_000);
    assert_eq!(world.quote.totals.interest_pot, 2);
    // Paused time accrues nothing.
    let index = world.board.debt_index;
    world.board.clock.closed_from = world.now.unix;
    world.board.clock.closed_until = world.now.unix + 1_000;
    world.now.unix += 1_000;
    world.accrue();
    assert_eq!(world.board.debt_index, index);
    // A total that is negative because something wasn't folded is refused.
    world.quote.totals.positive = -1;
    world.now.unix += 10;
    let refused = accrue_interest(
        &mut world.board,
        &mut world.quote.totals,
        &QuoteMoney::default(),
        world.now,
    );
    assert_eq!(refused, Err(Error::InvariantBroken));
}

#[test]
fn setting_the_balance_needs_a_touch_first() {
    let mut world = World::new(1);
    world.deposit(0, 1_000_000_000);
    world.board.lend_index = Wide::new(1 << 60);
    let mut deltas = Deltas::default();
    let account = &mut world.accounts[0];
    let refused = set_quote(&world.board, account, 1, &mut deltas, NOW);
    assert_eq!(refused, Err(Error::InvariantBroken));
    touch_quote(&world.board, account, &mut deltas).unwrap();
    set_quote(&world.board, account, -1, &mut deltas, NOW).unwrap();
    assert_eq!(account.debt_at, NOW.unix);
    set_quote(&world.board, account, 0, &mut deltas, NOW).unwrap();
    assert_eq!((account.debt_at, deltas.negative), (0, 0));
    let interest = mul_shift64_floor(1 << 60, 1_000_000_000).unwrap() as i64;
    assert_eq!(deltas.positive, -1_000_000_000);
    assert_eq!(deltas.interest_pot, -interest);
}

#[test]
fn slots_are_found_taken_and_freed() {
    let board = board();
    let mut account = account();
    for market in 0..8 {
        assert_eq!(
            open_position(&board, &mut account, market),
            Ok(usize::from(market))
        );
    }
    assert_eq!(
        open_position(&board, &mut account, 8),
        Err(Error::PositionSlotsFull)
    );
    assert_eq!(open_position(&board, &mut account, 5), Ok(5));
    assert_eq!(
        open_position(&board, &mut account, 32),
        Err(Error::BadIndex)
    );
    account.positions[2].orders = 1;
    assert!(!release_position(&mut account, 2));
    assert!(release_position(&mut account, 6));
    assert_eq!(position_of(&account, 6), None);
    assert_eq!(open_position(&board, &mut account, 31), Ok(6));
    assert_eq!(position_of(&account, 31), Some(6));
    let mut other = Market {
        index: 3,
        ..Market::zeroed()
    };
    let wrong = touch_position(&board, &mut account, 6, &mut other);
    assert_eq!(wrong, Err(Error::NoPosition));
}

#[test]
fn what_leaves_the_range_is_an_error() {
    let mut world = World::new(1);
    let account = &mut world.accounts[0];
    open_position(&world.board, account, 0).unwrap();
    let market = &mut world.markets[0];
    let mut go = |account: &mut MarginAccount, change, notional, fee| {
        trade(&world.board, account, 0, market, change, notional, fee, NOW)
    };
    assert_eq!(go(&mut account.clone(), 0, 1, 0), Err(Error::ZeroAmount));
    assert_eq!(
        go(&mut account.clone(), 1, (1 << 63) + 1, 0),
        Err(Error::Overflow)
    );
    assert_eq!(
        go(&mut account.clone(), 1, u64::MAX, 0),
        Err(Error::Overflow)
    );
    assert_eq!(
        go(&mut account.clone(), 1, 1, u64::MAX),
        Err(Error::Overflow)
    );
    account.positions[0].base = i64::MAX;
    assert_eq!(go(&mut account.clone(), 1, 1, 0), Err(Error::Overflow));
}

/// A recomputation that can't fail proves nothing: every counter, put wrong by one, is named.
#[test]
fn every_tampered_counter_is_named() {
    let world = || {
        let mut world = World::new(2);
        world.deposit(0, 1_000_000);
        world.deposit_token(1, 9);
        world.queue(0, 77);
        world.fill([0, 1], 0, UNIT, HUNDRED, 10);
        world.check();
        world
    };
    type Tamper = fn(&mut World);
    let cases: [(Item, Tamper); 11] = [
        (Item::Positive, |w| w.markets[2].deltas.positive += 1),
        (Item::Negative, |w| w.quote.totals.negative -= 1),
        (Item::Live, |w| w.token.live_delta += 1),
        (Item::Claims(1), |w| w.token.claims += 1),
        (Item::Tickets(0), |w| w.quote.tickets -= 1),
        (Item::Residuals(1), |w| w.token.residuals.total = 1),
        (Item::Long(0), |w| w.accounts[0].positions[0].base -= 1),
        (Item::Short(0), |w| w.accounts[1].positions[0].base += 1),
        (Item::OpenInterest(0), |w| w.markets[0].oi_short += 1),
        (Item::QuoteSum(0), |w| w.markets[0].quote_sum += 1),
        (Item::InterestFund, |w| w.quote.totals.interest_pot -= 1),
    ];
    for (item, tamper) in cases {
        let mut world = world();
        tamper(&mut world);
        let found = world.mismatches();
        assert!(
            found.iter().any(|mismatch| mismatch.item == item),
            "{item:?}: {found:?}"
        );
    }
    let mut robbed = world();
    robbed.vault -= 5;
    assert_eq!(
        (robbed.balance().missing(), robbed.balance().surplus()),
        (5, 0)
    );
    let mut given = world();
    given.vault += 5;
    assert_eq!(
        (given.balance().missing(), given.balance().surplus()),
        (0, 5)
    );
    let mut short = world();
    short.markets[0].pot = -1;
    assert!(
        short
            .mismatches()
            .iter()
            .any(|mismatch| mismatch.item == Item::Fund(0))
    );
}

/// Nobody gains by rounding: 100,000 fills of dust back and forth at one price.
#[test]
fn no_free_money_by_rounding() {
    // $123.456789: one base unit is worth 0.0123 money units.
    let price = 12_345_678_900;
    let dice = &mut Dice(7);
    let mut world = World::new(2);
    world.deposit(0, 1_000_000);
    world.deposit(1, 1_000_000);
    let start = world.worth(0, price);
    for _ in 0..25_000 {
        // There and back in the same sizes, without a fee, on whichever side it starts.
        let size = dice.range(1, 2_000) * if dice.one_in(2) { 1 } else { -1 };
        let second = dice.range(1, 2_000) * size.signum();
        world.fill([0, 1], 0, size, price, 0);
        world.fill([0, 1], 0, second, price, 0);
        world.fill([0, 1], 0, -size, price, 0);
        world.fill([0, 1], 0, -second, price, 0);
        assert!(world.worth(0, price) <= start, "gained by rounding");
    }
    world.check();
    assert_eq!(world.accounts[0].quote + world.accounts[1].quote, 2_000_000);

    // In any sizes, against a fee of 5 ppm rounded up: the fee covers what flooring N gives.
    let fee = |size: i64| {
        let notional = mul_pow10_div_floor::<10>(size.unsigned_abs(), price).unwrap();
        (notional * 5).div_ceil(1_000_000).max(1)
    };
    let start = world.worth(0, price);
    for _ in 0..100_000 {
        let size = dice.range(1, 3_000) * if dice.one_in(2) { 1 } else { -1 };
        world.fill([0, 1], 0, size, price, fee(size));
        assert!(world.worth(0, price) <= start, "gained by rounding");
    }
    world.check();
}

/// A random history; the sum of all that was ever paid in and not out is known beside the ledger.
fn history(seed: u64, steps: usize) {
    let dice = &mut Dice(seed);
    let mut world = World::new(5);
    let mut prices = [HUNDRED, 123_456_789, 600 * HUNDRED];
    for _ in 0..steps {
        let at = dice.below(5) as usize;
        let market = dice.below(3) as usize;
        let price = &mut prices[market];
        match dice.below(16) {
            0 => world.deposit(at, dice.below(5_000_000_000)),
            1 => world.withdraw(at, dice.below(3_000_000_000)),
            2 => world.queue(at, dice.below(1_000_000_000)),
            3 => world.serve(at),
            4 => world.deposit_token(at, dice.below(1_000)),
            5 => {
                world.fund(market, dice.range(-50_000, 50_000), dice.next() >> 8);
            }
            6 => {
                let owed = world.accounts[at].quote.min(0).unsigned_abs();
                world.lose(at, market, dice.one_in(2), owed / (1 + dice.below(5)));
            }
            7 => {
                world.now.unix += dice.range(-5, 100_000);
                world.accrue();
            }
            8 => world.touch(at),
            9 => world.fold_all(),
            _ => {
                let other = (at + 1 + dice.below(4) as usize) % 5;
                *price = (u128::from(*price) * u128::from(950 + dice.below(101)) / 1_000) as u64;
                let base = match position_of(&world.accounts[at], market as u8) {
                    // Close, turn, or anything.
                    Some(slot) if dice.one_in(3) => -world.accounts[at].positions[slot].base,
                    Some(slot) if dice.one_in(3) => -2 * world.accounts[at].positions[slot].base,
                    _ => dice.range(-1_000_000, 1_000_000) * 10_000_000_000 / (*price as i64 / 100),
                };
                if base != 0 && base.unsigned_abs() < 1 << 50 {
                    world.fill([at, other], market, base, *price, dice.below(5_000));
                }
            }
        }
        world.check();
    }
    // Once all is touched and closed, only dust stays in the pots.
    for at in 0..5 {
        world.touch(at);
    }
    for (market, price) in prices.into_iter().enumerate() {
        for at in 1..5 {
            if let Some(slot) = position_of(&world.accounts[at], market as u8) {
                let base = world.accounts[at].positions[slot].base;
                if base != 0 {
                    world.fill([0, at], market, base, price, 0);
                }
            }
        }
        let market = &world.markets[market];
        assert_eq!(
            (market.oi_long, market.oi_short, market.quote_sum),
            (0, 0, 0)
        );
        assert!(market.pot >= 0, "INV-FUND: {}", market.pot);
    }
    world.fold_all();
    world.check();
    assert!(world.quote.totals.interest_pot >= 0);
    let held: i64 = world.accounts.iter().map(|account| account.quote).sum();
    let pots: i64 = world.markets.iter().map(|market| market.pot).sum();
    let totals = &world.quote.totals;
    let tickets = world.quote.tickets as i64;
    let sum = held + pots + totals.interest_pot + totals.fees + tickets;
    assert_eq!(sum, world.vault as i64, "what was paid in and not out");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn inv_ledger_holds_to_the_unit_after_every_step(seed: u64) {
        history(seed, 120);
    }

    /// Both sides of a fill cancel, whatever they held before.
    #[test]
    fn a_fill_conserves_base_and_quote(
        bases in [-1_000_000_000i64..1_000_000_000, -1_000_000_000i64..1_000_000_000],
        quotes in [-1_000_000_000i64..1_000_000_000, -1_000_000_000i64..1_000_000_000],
        size in 1i64..2_000_000_000,
        price in 1u64..10_000_000_000_000,
    ) {
        let mut world = World::new(2);
        for at in 0..2 {
            let account = &mut world.accounts[at];
            account.positions[0] = position(0, bases[at], quotes[at]);
            let market = &mut world.markets[0];
            market.quote_sum += quotes[at];
            market.oi_long += bases[at].max(0).unsigned_abs();
            market.oi_short += bases[at].min(0).unsigned_abs();
        }
        let total = |world: &World| -> (i64, i64) {
            let legs = world.accounts.iter().map(|account| account.positions[0]);
            let quote: i64 = world.accounts.iter().map(|account| account.quote).sum();
            legs.fold((0, quote), |sum, leg| (sum.0 + leg.base, sum.1 + leg.quote))
        };
        let before = total(&world);
        let skew = world.markets[0].oi_long as i64 - world.markets[0].oi_short as i64;
        world.fill([0, 1], 0, size, price, 0);
        prop_assert_eq!(total(&world), before);
        let market = &world.markets[0];
        prop_assert_eq!(market.oi_long as i64 - market.oi_short as i64, skew);
        prop_assert_eq!(skew, before.0);
        let held: i64 = world.accounts.iter().map(|account| account.positions[0].quote).sum();
        prop_assert_eq!(market.quote_sum, held);
    }
}
