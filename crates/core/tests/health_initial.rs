//! Health at Initial (D2) against a plain reading of its definition: the shortcuts that make it
//! cheap must not show, in size, in add-ons, in orders, in faults or at the adverse bound.

mod fixture;

use bulwark_core::gate::{conditions, initial_bounds};
use bulwark_core::health::*;
use bulwark_core::ledger::{interest_due, position_due};
use bulwark_state::*;
use fixture::*;
use proptest::prelude::*;

const SETTLED: u8 = 6;
/// From none to what no size of the test reaches, UsdE6.
const DEPTHS: [u64; 4] = [0, 1_000_000, 1_000_000_000, 1_000_000_000_000];

fn floor(a: i128, b: i128) -> i128 {
    a.div_euclid(b)
}

fn ceil(a: i128, b: i128) -> i128 {
    -floor(-a, b)
}

/// What a side of a position requires: its size at the newest print with its ratio, and what its
/// orders give away.
fn stake(board: &Board, market: u8, size: i128, loss: i128) -> i128 {
    let entry = &board.markets[usize::from(market)];
    let price = i128::from(board.feeds[usize::from(entry.feed)].last.price);
    if size == 0 {
        return loss;
    }
    let ratios = leg_ratios(board, market, i64::try_from(size).unwrap(), NOW).unwrap();
    let ratio = ceil(ratios.initial.into(), 1_000) + i128::from(entry.close_fee_ppm);
    ceil(size * price * ratio, 10_i128.pow(16)) + loss
}

/// P↓, P↑ and whether only the adverse bound counts.
fn bounds(board: &Board, position: &Position, all: bool) -> (i128, i128, bool) {
    let entry = &board.markets[usize::from(position.market)];
    if entry.status == SETTLED {
        let price = entry.settle_price.into();
        return (price, price, false);
    }
    let feed = &board.feeds[usize::from(entry.feed)];
    let found = initial_bounds(feed, &conditions(feed, NOW)).unwrap();
    let (down, up) = (i128::from(found.down), i128::from(found.up));
    if !found.adverse && !all {
        return (down, up, false);
    }
    let ratio = leg_ratios(board, position.market, position.base, NOW)
        .unwrap()
        .maintenance;
    let (price, ratio) = (
        i128::from(feed.last.price),
        ceil(i128::from(ratio) * 3, 1_000),
    );
    let distance = ceil(price * ratio, 1_000_000);
    (
        down.min((price - distance).max(0)),
        up.max(price + distance),
        true,
    )
}

/// Value, requirement and the largest of all addends; none where something due has no 64 bits.
fn naive(board: &Board, account: &MarginAccount, all: bool) -> Option<[i128; 3]> {
    let mut value = i128::from(account.quote + interest_due(board, account).unwrap());
    let mut requirement = 0;
    let mut largest = 0;
    for (slot, position) in account.positions.iter().enumerate() {
        if position.active == 0 {
            continue;
        }
        let (down, up, adverse) = bounds(board, position, all);
        let (mut sizes, mut losses) = ([0, 0], [0, 0]);
        for order in &account.orders {
            let counts = order.size != 0
                && usize::from(order.position) == slot
                && order.flags & 1 == 0
                && u32::from(order.epoch) == account.order_epoch & 0xffff
                && (order.expires_at == 0 || i64::from(order.expires_at) >= NOW.unix);
            if counts {
                let (size, limit) = (i128::from(order.size), i128::from(order.price));
                let side = usize::from(order.flags >> 7);
                let given = if side == 0 { limit - down } else { up - limit };
                sizes[side] += size;
                losses[side] += ceil(size * given.max(0), 10_i128.pow(10));
            }
        }
        let base = i128::from(position.base);
        let entry = &board.markets[usize::from(position.market)];
        let price = if base < 0 { up } else { down };
        let due = position_due(entry, position).ok()?;
        let own =
            floor(base * price, 10_i128.pow(10)) + i128::from(position.quote) + i128::from(due);
        largest = largest.max(own.abs());
        value += match own {
            ..=0 => own,
            _ if adverse => 0,
            _ => own * i128::from(board.profit_credit_ppm) / 1_000_000,
        };
        if entry.status != SETTLED {
            let long = stake(board, position.market, (base + sizes[0]).abs(), losses[0]);
            let short = stake(board, position.market, (base - sizes[1]).abs(), losses[1]);
            requirement += long.max(short);
            largest = largest.max(long).max(short);
        }
    }
    for token in account
        .collaterals
        .iter()
        .filter(|token| token.active != 0 && !all)
    {
        let bank = &board.banks[usize::from(token.bank)];
        let feed = &board.feeds[usize::from(bank.feed)];
        let found = initial_bounds(feed, &conditions(feed, NOW)).unwrap();
        let weight = i128::from(bank_weights(board, bank, NOW).unwrap().initial);
        let weight = weight * i128::from(bank.coverage_e9) / 1_000_000_000 / 1_000;
        let cap = if bank.price_cap == 0 {
            u64::MAX
        } else {
            bank.price_cap
        };
        let price = i128::from(found.down.min(cap));
        let scale = 10_i128.pow(u32::from(bank.decimals) + u32::from(feed.unit_exp) + 8);
        if !found.adverse {
            let own = i128::from(token.amount) * price * weight / scale;
            largest = largest.max(own);
            value += own;
        }
    }
    Some([
        value,
        requirement,
        largest.max(value.abs()).max(requirement),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_048))]

    #[test]
    fn initial_health_is_its_definition(seed: u64, stretch in 0u32..5, all: bool) {
        let (mut board, mut account) = any_world(seed);
        let dice = &mut Dice(seed ^ 0x5eed);
        // Sizes from dust to far beyond the depth of a market, so that either side may decide.
        let by = 10_u64.pow(stretch);
        for order in &mut account.orders {
            order.size = order.size.saturating_mul(1 + dice.below(by));
        }
        for position in &mut account.positions {
            position.base = position.base.saturating_mul(1 + dice.below(by) as i64);
        }
        for market in &mut board.markets[..3] {
            market.depth_usd = DEPTHS[dice.below(4) as usize];
            market.size_slope_e9 = [0, 100_000_000][dice.below(2) as usize];
            market.concentration_e9 = dice.below(50_000_000);
            if dice.one_in(8) {
                (market.status, market.settle_price) = (SETTLED, 1 + dice.below(HUNDRED));
            }
        }
        for feed in &mut board.feeds[..3] {
            match dice.below(8) {
                0 => feed.params.age_ok = 0,
                1 => feed.params.conf_max_ppm = 0,
                2 => feed.pending.price = feed.last.price + feed.last.price / 30,
                _ => {}
            }
            feed.last.publish_at -= dice.below(3) as i64;
        }
        for bank in &mut board.banks[1..4] {
            bank.coverage_e9 = 1_000_000_000 - dice.below(300_000_000);
        }
        let found = health(&board, &account, Level::Initial, NOW, all);
        let Some([value, requirement, largest]) = naive(&board, &account, all) else {
            prop_assert!(found.is_err());
            return Ok(());
        };
        match found {
            Ok(health) => {
                prop_assert_eq!(i128::from(health.value), value);
                prop_assert_eq!(i128::from(health.requirement), requirement);
            }
            Err(error) => prop_assert!(
                largest > i128::from(i64::MAX) / 32,
                "{error:?} at {value}, {requirement}"
            ),
        }
    }
}
