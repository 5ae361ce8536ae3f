//! Changes of parameters, generated from the table: nothing outside of the box, no step too far,
//! coupled ones together, and nobody liquidated by one.

use bulwark_core::Error;
use bulwark_core::guardian::Setting;
use bulwark_core::params::*;
use bulwark_core::targets;
use bulwark_core::time::Now;
use bulwark_state::{Bank, Board, BoardBank, BoardMarket, End, Feed, Insurance, Market};
use bytemuck::Zeroable;

const NOW: Now = Now {
    unix: 1_000_000,
    slot: 5_000_000,
};
/// $142.
const PRICE: u64 = 14_200_000_000;

/// One of each layout, as listed.
struct Listed {
    market: Market,
    seat: BoardMarket,
    bank: Bank,
    bank_seat: BoardBank,
    feed: Feed,
    board: Box<Board>,
    insurance: Insurance,
}

fn listed() -> Listed {
    let mut all = Listed {
        market: Market::zeroed(),
        seat: BoardMarket::zeroed(),
        bank: Bank::zeroed(),
        bank_seat: BoardBank::zeroed(),
        feed: Feed::zeroed(),
        board: Box::new(Board::zeroed()),
        insurance: Insurance::zeroed(),
    };
    let class = Class::Large;
    market_preset(class, &mut all.market);
    board_market_preset(class, &mut all.seat);
    all.seat.margin.params = margin_preset(class);
    targets::start(&mut all.seat.margin, 1_000, 1, 0).unwrap();
    bank_preset(class, &mut all.bank);
    board_bank_preset(class, &mut all.bank_seat);
    all.bank_seat.haircut.params = margin_preset(class);
    targets::start(&mut all.bank_seat.haircut, 1_000, 1, 0).unwrap();
    quote_preset(class, &mut all.bank.totals);
    insurance_preset(class, &mut all.insurance);
    board_preset(class, &mut all.board);
    all.feed.params = feed_preset(class);
    all.feed.active = 1;
    all.feed.last.price = PRICE;
    all.feed.last.ema = PRICE;
    all.feed.last.publish_at = NOW.unix;
    all.feed.previous = all.feed.last;
    all.feed.slow = PRICE;
    all
}

impl Listed {
    fn value(&self, group: Group, place: usize) -> u64 {
        let value = match group {
            Group::Feed => self.feed.params.value(place),
            Group::Margin => self.seat.margin.params.value(place),
            Group::Market => self.market.value(place),
            Group::BoardMarket => self.seat.value(place),
            Group::Bank => self.bank.value(place),
            Group::BoardBank => self.bank_seat.value(place),
            Group::Quote => self.bank.totals.value(place),
            Group::Insurance => self.insurance.value(place),
            Group::Board => self.board.value(place),
            Group::Switch => Some(0),
        };
        value.unwrap()
    }

    fn put(&mut self, group: Group, place: usize, value: u64) {
        match group {
            Group::Feed => self.feed.params.put(place, value),
            Group::Margin => self.seat.margin.params.put(place, value),
            Group::Market => self.market.put(place, value),
            Group::BoardMarket => self.seat.put(place, value),
            Group::Bank => self.bank.put(place, value),
            Group::BoardBank => self.bank_seat.put(place, value),
            Group::Quote => self.bank.totals.put(place, value),
            Group::Insurance => self.insurance.put(place, value),
            Group::Board => self.board.put(place, value),
            Group::Switch => {}
        }
    }

    /// The settings with everything that is bound to them, unchanged.
    fn whole(&self, id: u16, value: u64) -> Vec<Setting> {
        let mut list = vec![Setting { id, value }];
        for set in COUPLED.iter().filter(|set| set.contains(&id)) {
            for other in set.iter().filter(|other| **other != id) {
                let group = Group::ALL[usize::from(other >> 8) - 1];
                list.push(Setting {
                    id: *other,
                    value: self.value(group, usize::from(other & 0xff)),
                });
            }
        }
        list.sort_by_key(|setting| setting.id);
        list
    }

    fn change(&mut self, settings: &[Setting]) -> bulwark_core::Result<()> {
        let group = Group::ALL[usize::from(settings[0].id >> 8) - 1];
        let Self {
            market,
            seat,
            bank,
            bank_seat,
            feed,
            board,
            insurance,
        } = self;
        match group {
            Group::Feed => change_feed(feed, u32::MAX, settings, NOW),
            Group::Margin | Group::Market | Group::BoardMarket | Group::Switch => {
                change_market(market, seat, feed, settings, 100, NOW)
            }
            Group::Bank | Group::BoardBank | Group::Quote => {
                change_bank(bank, bank_seat, feed, settings, 100, NOW)
            }
            Group::Insurance | Group::Board => change_compartment(board, insurance, settings),
        }
    }
}

fn every_row() -> impl Iterator<Item = (Group, usize, &'static Row)> {
    Group::ALL.into_iter().flat_map(|group| {
        let rows = group.rows().iter().enumerate();
        rows.map(move |(place, row)| (group, place, row))
    })
}

#[test]
fn nothing_leaves_its_box_in_one_step_or_in_many() {
    let mut refused = 0;
    for (group, place, row) in every_row() {
        let id = group.id(place);
        assert_eq!(row_of(id).unwrap().key, row.key);
        let beyond = [
            (row.min, row.min.checked_sub(1)),
            (row.max, row.max.checked_add(1)),
        ];
        for (from, to) in beyond {
            let Some(to) = to else { continue };
            let mut all = listed();
            all.put(group, place, from);
            let settings = all.whole(id, to);
            let found = all.change(&settings);
            assert_eq!(found, Err(Error::ParameterOutOfBounds), "{} {to}", row.key);
            refused += 1;
        }
        if group == Group::Switch {
            continue;
        }
        let old = listed().value(group, place);
        let step = (u128::from(old) * u128::from(row.step_ppm)).div_ceil(1_000_000) as u64;
        if old == 0 {
            continue;
        }
        let down = old
            .checked_sub(step + 1)
            .filter(|_| row.delay != Delay::InstantDown);
        for to in [old.checked_add(step + 1), down].into_iter().flatten() {
            let mut all = listed();
            let settings = all.whole(id, to);
            let found = all.change(&settings);
            assert_eq!(found, Err(Error::ParameterOutOfBounds), "{} {to}", row.key);
            refused += 1;
        }
    }
    assert!(refused > 250, "{refused}");
}

#[test]
fn what_is_inside_is_set_and_nothing_else() {
    let mut set = 0;
    for (group, place, row) in every_row().filter(|(group, ..)| *group != Group::Switch) {
        let id = group.id(place);
        let old = listed().value(group, place);
        let step = (u128::from(old) * u128::from(row.step_ppm)).div_ceil(1_000_000) as u64;
        let near = [old.saturating_add(step / 8), old.saturating_sub(step / 8)];
        for to in near
            .into_iter()
            .filter(|to| (row.min..=row.max).contains(to))
        {
            let mut all = listed();
            let settings = all.whole(id, to);
            if all.change(&settings).is_err() {
                continue;
            }
            set += 1;
            let before = listed();
            for (other, at, row) in every_row().filter(|(g, ..)| *g != Group::Switch) {
                let expected = if other.id(at) == id {
                    to
                } else {
                    before.value(other, at)
                };
                assert_eq!(all.value(other, at), expected, "{} by {id}", row.key);
            }
        }
    }
    assert!(set > 100, "{set}");
}

#[test]
fn i05_coupled_parameters_change_together_or_not_at_all() {
    for set in COUPLED {
        assert!(set.len() > 1 && set.iter().all(|id| row_of(*id).is_some()));
        for id in *set {
            let mut all = listed();
            let group = Group::ALL[usize::from(id >> 8) - 1];
            let value = all.value(group, usize::from(id & 0xff));
            let alone = [Setting { id: *id, value }];
            assert_eq!(all.change(&alone), Err(Error::CoupledApart), "{id}");
            let whole = all.whole(*id, value);
            assert_eq!(all.change(&whole), Ok(()), "{id}");
        }
    }
}

#[test]
fn a_list_is_in_order_and_of_one_subject() {
    let k = Setting {
        id: Group::Margin.id(0),
        value: 9_000,
    };
    let ramp = Setting {
        id: Group::Margin.id(7),
        value: 1_800,
    };
    let mut all = listed();
    assert_eq!(all.change(&[k, ramp]), Ok(()));
    for bad in [&[][..], &[ramp, k], &[k, k]] {
        assert_eq!(is_listed(bad), Err(Error::BadAction));
    }
    let foreign = Setting {
        id: Group::Bank.id(4),
        value: 1,
    };
    assert_eq!(all.change(&[k, foreign]), Err(Error::BadAction));
    for id in [Group::Margin.id(99), 0, 0xff00] {
        let unknown = Setting { id, value: 1 };
        assert_eq!(all.change(&[k, unknown]), Err(Error::BadAction));
    }
}

/// Steps of price and size only become finer: what stands keeps fitting them.
#[test]
fn steps_divide_the_ones_before() {
    for place in [3, 4] {
        let mut all = listed();
        let old = all.value(Group::Market, place);
        let id = Group::Market.id(place);
        for (value, fits) in [(old / 2, true), (old / 3, false), (old * 2, false)] {
            let found = all.change(&[Setting { id, value }]);
            assert_eq!(found.is_ok(), fits, "{place} {value}");
        }
    }
}

#[test]
fn a_floor_is_walked_to_and_a_cap_holds_at_once() {
    let mut all = listed();
    let floor = all.seat.margin.params.floor_e9;
    let settings = all.whole(Group::Margin.id(1), u64::from(floor) * 5 / 4);
    let applied = targets::maintenance(&all.seat.margin, 100);
    assert_eq!(applied, u64::from(floor));
    all.change(&settings).unwrap();
    assert_eq!(targets::maintenance(&all.seat.margin, 100), applied);
    let ramp = u64::from(all.seat.margin.params.ramp);
    let half = targets::maintenance(&all.seat.margin, 100 + ramp / 2);
    assert!(applied < half && half <= applied * 5 / 4);
    let end = targets::maintenance(&all.seat.margin, 100 + ramp);
    assert_eq!(end, applied * 5 / 4);
    all.seat.margin.mm = 400_000_000;
    all.seat.margin.m0 = 400_000_000;
    let settings = all.whole(Group::Margin.id(2), 300_000_000);
    all.change(&settings).unwrap();
    assert_eq!(targets::maintenance(&all.seat.margin, 100), 300_000_000);
}

#[test]
fn a_size_curve_walks_and_only_one_at_a_time() {
    let mut all = listed();
    let settings = all.whole(Group::BoardMarket.id(0), all.seat.depth_usd * 3 / 4);
    all.change(&settings).unwrap();
    assert_eq!(targets::curve_walked(&all.seat, 100), 0);
    assert_eq!(targets::curve_walked(&all.seat, 1_000), 500_000_000);
    assert_eq!(targets::curve_walked(&all.seat, 1_900), 1_000_000_000);
    let again = all.whole(Group::BoardMarket.id(0), all.seat.depth_usd);
    assert_eq!(all.change(&again), Err(Error::TooEarly));
    let ramp = all.whole(Group::Margin.id(7), 1_400);
    assert_eq!(all.change(&ramp), Err(Error::TooEarly));
}

#[test]
fn a_feed_is_judged_alike_before_and_after() {
    let mut all = listed();
    let longer = |all: &Listed, place, value| all.whole(Group::Feed.id(place), value);
    // Twelve seconds old: Stale at an age of 10, Ok at 12.
    all.feed.last.publish_at = NOW.unix - 12;
    let settings = longer(&all, 10, 12);
    assert_eq!(all.change(&settings), Err(Error::OracleGate));
    all.feed.last.publish_at = NOW.unix - 1;
    let settings = longer(&all, 10, 12);
    assert_eq!(all.change(&settings), Ok(()));
    // A horizon of 435 s spans an age of 60 s and no more.
    let mut all = listed();
    let settings = longer(&all, 11, 61);
    let feed = &mut all.feed;
    assert_eq!(
        change_feed(feed, 435, &settings, NOW),
        Err(Error::ParameterOutOfBounds)
    );
    let mut all = listed();
    all.feed.last.publish_at = NOW.unix - 5_000;
    let settings = longer(&all, 3, 300);
    assert_eq!(all.change(&settings), Err(Error::OracleGate), "dead");
}

#[test]
fn a_price_cap_is_not_set_below_the_price() {
    let mut all = listed();
    let cap = |value| {
        [Setting {
            id: Group::BoardBank.id(0),
            value,
        }]
    };
    assert_eq!(
        all.change(&cap(PRICE - 1)),
        Err(Error::ParameterOutOfBounds)
    );
    let mut all = listed();
    assert_eq!(all.change(&cap(PRICE)), Ok(()));
    assert_eq!(all.change(&cap(PRICE + 5)), Ok(()));
    assert_eq!(all.change(&cap(0)), Ok(()));
}

#[test]
fn a05_two_guardians_tighten_the_listed_and_nothing_else() {
    let mut listed_powers = Vec::new();
    for (group, place, row) in every_row() {
        let mut all = listed();
        (all.market.oi_cap, all.market.slot_notional_cap) = (1_000, 1_000);
        all.bank.deposit_cap = 1_000;
        let value = if group == Group::Switch { 1 } else { 10 };
        let setting = Setting {
            id: group.id(place),
            value,
        };
        let on_market = tighten_market(&mut all.market, setting, 300, NOW);
        let on_bank = tighten_bank(&mut all.bank, &mut all.bank_seat, setting, 300, NOW);
        for (found, item) in [(on_market, "market"), (on_bank, "bank")] {
            match found {
                Ok(()) => listed_powers.push(format!("{item} {}", row.key)),
                Err(error) => assert_eq!(error, Error::BadAction, "{item} {}", row.key),
            }
        }
    }
    let complete = [
        "market market.oi_cap",
        "market market.slot_notional_cap",
        "market market.leverage_cap",
        "bank bank.deposit_cap",
        "market closed",
        "bank closed",
    ];
    assert_eq!(listed_powers, complete);
}

#[test]
fn a71_a_tightening_lapses_twice_a_month_and_never_loosens() {
    let mut all = listed();
    all.market.oi_cap = 1_000;
    let lower = |value| Setting {
        id: Group::Market.id(0),
        value,
    };
    let market = &mut all.market;
    for no in [1_000, 1_001] {
        let found = tighten_market(market, lower(no), 300, NOW);
        assert_eq!(found, Err(Error::ParameterOutOfBounds));
    }
    tighten_market(market, lower(0), 300, NOW).unwrap();
    let end = market.lowered_oi.until;
    assert_eq!(end.at - NOW.unix, 72 * 3_600);
    // A second pair can't raise what the first lowered.
    tighten_market(market, lower(999), 300, NOW).unwrap();
    assert_eq!(market.lowered_oi.value, 0);
    let found = tighten_market(market, lower(0), 300, NOW);
    assert_eq!(found, Err(Error::BudgetExhausted));
    let month = Now {
        unix: NOW.unix + 30 * 86_400,
        slot: NOW.slot + 30 * 86_400 * 3,
    };
    tighten_market(market, lower(999), 300, month).unwrap();
    assert_eq!(market.lowered_oi.value, 999);

    let close = |value| Setting {
        id: Group::Switch.id(0),
        value,
    };
    tighten_market(market, close(1), 300, NOW).unwrap();
    tighten_market(market, close(1), 300, NOW).unwrap();
    let found = tighten_market(market, close(1), 300, NOW);
    assert_eq!(found, Err(Error::BudgetExhausted));
    let found = tighten_market(market, close(0), 300, NOW);
    assert_eq!(found, Err(Error::ParameterOutOfBounds));
    // Confirmed by (relax, 7 d): closed until it is opened the same way.
    all.change(&[close(1)]).unwrap();
    assert_eq!(all.market.closed_until.at, i64::MAX);
    all.change(&[close(0)]).unwrap();
    assert_eq!(all.market.closed_until, End::default());
}
