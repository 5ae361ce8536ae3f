//! Matching against a naive matcher that sorts lists and counts open interest from positions, and
//! against the properties that must hold when accounts are poor and prices move.

mod naive;
mod venue;

use bulwark_core::book::Side::{Ask, Bid};
use bulwark_core::health::{self, Level};
use bulwark_core::matching::Ended;
use bulwark_core::order::{self, Kind, OrderRequest};
use bulwark_state::{MarginAccount, OrderSlot, Position, SignedWide};
use bytemuck::bytes_of;
use naive::{ACCOUNTS, Entry, Model, Outcome};
use proptest::prelude::*;
use venue::*;

#[derive(Clone, Debug)]
enum Step {
    Place {
        who: usize,
        request: OrderRequest,
        absent: u64,
    },
    Cancel {
        who: usize,
        pick: usize,
    },
    Void {
        who: usize,
    },
    Prune {
        who: usize,
    },
    Pass {
        seconds: i64,
    },
    Price {
        dollars: u64,
    },
    Caps {
        up: bool,
        interest: u64,
        notional: i64,
    },
}

fn request() -> impl Strategy<Value = OrderRequest> {
    let kind = prop_oneof![
        6 => Just(Kind::Limit),
        2 => Just(Kind::PostOnly),
        3 => Just(Kind::ImmediateOrCancel),
        1 => Just(Kind::FillOrKill),
    ];
    let expiry = prop_oneof![3 => Just(0u32), 1 => 1u32..60];
    let sides = (any::<bool>(), prop::bool::weighted(0.2));
    (sides, kind, 95u64..106, 1u64..12, any::<u32>(), expiry).prop_map(
        |((bid, reduce_only), kind, dollars, lots, client_id, expires_at)| OrderRequest {
            side: if bid { Bid } else { Ask },
            kind,
            reduce_only,
            price: usd(dollars),
            size: lots * LOT,
            client_id,
            expires_at,
        },
    )
}

fn step(prices: std::ops::Range<u64>) -> impl Strategy<Value = Step> {
    let who = 0..ACCOUNTS;
    let absent =
        prop_oneof![3 => Just(0u64), 1 => (0u32..ACCOUNTS as u32).prop_map(|bit| 1 << bit)];
    prop_oneof![
        24 => (who.clone(), request(), absent)
            .prop_map(|(who, request, absent)| Step::Place { who, request, absent }),
        3 => (who.clone(), any::<usize>()).prop_map(|(who, pick)| Step::Cancel { who, pick }),
        1 => who.clone().prop_map(|who| Step::Void { who }),
        1 => who.prop_map(|who| Step::Prune { who }),
        2 => (1i64..30).prop_map(|seconds| Step::Pass { seconds }),
        2 => prices.prop_map(|dollars| Step::Price { dollars }),
        1 => (prop::bool::weighted(0.7), 0u64..60, 0i64..60)
            .prop_map(|(up, interest, notional)| Step::Caps { up, interest, notional }),
    ]
}

/// Slots in use of an account, by full sequence.
fn slots(account: &MarginAccount) -> Vec<usize> {
    let used = |(_, slot): &(usize, &OrderSlot)| slot.size > 0;
    account
        .orders
        .iter()
        .enumerate()
        .filter(used)
        .map(|(at, _)| at)
        .collect()
}

struct Game {
    world: World,
    model: Model,
}

impl Game {
    fn new(deposit: i64) -> Self {
        let mut world = World::new(&[deposit; ACCOUNTS]);
        world.accounts[5].owner = world.accounts[4].owner;
        Self {
            world,
            model: Model::new(),
        }
    }

    /// One step; placing is left to the caller.
    fn step(&mut self, step: &Step) {
        let Self { world, model } = self;
        match *step {
            Step::Place { .. } => {}
            Step::Cancel { who, pick } => {
                let used = slots(&world.accounts[who]);
                let Some(&at) = used.get(pick.checked_rem(used.len()).unwrap_or(0)) else {
                    return;
                };
                let now = world.rules.now;
                let slot = world.accounts[who].orders[at];
                let account = &mut world.accounts[who];
                let gone = order::cancel_slot(&mut world.book, account, &key(who), 0, at, now);
                assert_eq!(gone, Ok(slot));
                let other = |entry: &Entry| {
                    entry.who != who || !entry.backed || entry.sequence != u64::from(slot.sequence)
                };
                model.bids.retain(other);
                model.asks.retain(other);
            }
            Step::Void { who } => {
                order::void_all(&mut world.accounts[who]);
                for entry in model.bids.iter_mut().chain(&mut model.asks) {
                    entry.backed &= entry.who != who;
                }
            }
            Step::Prune { who } => {
                let now = world.rules.now;
                order::prune(&mut world.book, &mut world.accounts[who], &key(who), 0, now)
                    .expect("prunes");
                let unix = model.unix;
                let stays = |entry: &Entry| {
                    let past = entry.expires_at != 0 && i64::from(entry.expires_at) < unix;
                    !past && (entry.who != who || entry.backed)
                };
                model.bids.retain(stays);
                model.asks.retain(stays);
            }
            Step::Pass { seconds } => {
                world.pass(seconds);
                (model.unix, model.slot) = (world.rules.now.unix, world.rules.now.slot);
            }
            Step::Price { dollars } => {
                world.pass(1);
                world.price(usd(dollars));
                // Funding moves with it, either way and by odd amounts.
                let funding = &mut world.board.markets[0].funding;
                let walked = (i128::from(dollars) - 100) * ((1 << 50) + 12_345);
                *funding = SignedWide::new(funding.get() + walked);
                (model.unix, model.slot) = (world.rules.now.unix, world.rules.now.slot);
            }
            Step::Caps {
                up,
                interest,
                notional,
            } => {
                world.rules.open_interest_up = up;
                world.market.oi_cap = interest * LOT;
                world.market.slot_notional_cap = (notional * USD) as u64;
                model.up = up;
                model.interest_cap = (interest * LOT) as i64;
                model.notional_cap = notional * USD;
            }
        }
        world.audit();
    }

    fn dated(&self, request: &OrderRequest) -> OrderRequest {
        let mut request = *request;
        if request.expires_at != 0 {
            let unix = u32::try_from(self.world.rules.now.unix).expect("small");
            request.expires_at += unix - 2;
        }
        request
    }

    fn assert_equal(&mut self) {
        for side in [Bid, Ask] {
            let found: Vec<_> = bulwark_core::book::orders(&self.world.book, side)
                .iter()
                .rev()
                .map(|order| {
                    (
                        number(&order.margin),
                        order.sequence,
                        order.price,
                        order.size,
                    )
                })
                .collect();
            let wanted: Vec<_> = self
                .model
                .side(side)
                .iter()
                .map(|entry| (entry.who, entry.sequence, entry.price, entry.size))
                .collect();
            assert_eq!(found, wanted);
        }
        for who in 0..ACCOUNTS {
            assert_eq!(self.world.base(who), self.model.bases[who]);
        }
    }
}

fn outcome(world: &World) -> Outcome {
    let removed =
        |gone: &bulwark_core::matching::Removed| (number(&gone.maker), gone.sequence, gone.reason);
    Outcome {
        fills: world.fills(),
        removed: world.report.removed().iter().map(removed).collect(),
        posted: world.report.posted.map_or(0, |posted| posted.size),
        cancelled: world.report.cancelled,
        ended: match world.report.ended {
            Ended::SlotCap => Ended::InterestCap,
            ended => ended,
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn matching_equals_a_naive_matcher(steps in prop::collection::vec(step(100..101), 1..90)) {
        let mut game = Game::new(1_000_000);
        for step in &steps {
            if let Step::Place { who, request, absent } = step {
                let request = game.dated(request);
                let before = game.model.clone();
                let wanted = game.model.place(*who, &request, *absent);
                let found = game.world.place_with(*who, &request, !absent);
                match wanted {
                    Err(error) => {
                        prop_assert_eq!(found, Err(error));
                        game.model = before;
                    }
                    Ok(wanted) => {
                        prop_assert_eq!(found, Ok(()));
                        prop_assert_eq!(outcome(&game.world), wanted);
                    }
                }
            } else {
                game.step(step);
            }
            game.assert_equal();
        }
    }
}

/// The account without what an order's end changes.
fn without_orders(account: &MarginAccount) -> Box<MarginAccount> {
    let mut account = Box::new(*account);
    account.orders = [OrderSlot::default(); 32];
    for leg in &mut account.positions {
        leg.orders = 0;
        if leg.base == 0 && leg.quote == 0 {
            *leg = Position::default();
        }
    }
    account
}

struct Before {
    account: MarginAccount,
    base: i64,
    maintenance: i64,
    raw: i64,
}

fn remember(world: &World) -> Vec<Before> {
    let one = |who: usize| Before {
        account: world.accounts[who],
        base: world.base(who),
        maintenance: world.surplus(who, Level::Maintenance),
        raw: raw(world, who),
    };
    (0..ACCOUNTS).map(one).collect()
}

fn raw(world: &World, who: usize) -> i64 {
    health::raw_value(&world.board, &world.accounts[who], world.rules.now).expect("value")
}

/// What no fill may do to anyone, whatever the accounts are worth.
fn assert_safe(world: &World, taker: usize, before: &[Before]) {
    for (who, before) in before.iter().enumerate() {
        let filled = world.fills().iter().any(|fill| fill.0 == who)
            || (who == taker && world.report.base > 0);
        if !filled {
            // Removed, posted or not met: nothing but orders has changed.
            let now = without_orders(&world.accounts[who]);
            assert_eq!(bytes_of(&*now), bytes_of(&*without_orders(&before.account)));
            continue;
        }
        let base = world.base(who);
        let reduced =
            base == 0 || (base < 0) == (before.base < 0) && base.abs() <= before.base.abs();
        if !reduced {
            assert!(
                world.surplus(who, Level::Initial) >= 0,
                "{who} took on risk"
            );
        }
        let maintenance = world.surplus(who, Level::Maintenance);
        assert!(
            maintenance >= 0 || maintenance >= before.maintenance,
            "{who} was pushed under"
        );
        assert!(raw(world, who) >= before.raw.min(0), "{who} was bankrupted");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Twelve dollars each, eleven lots of a dollar wanted, prices that jump by a twentieth: most
    /// checks bind somewhere.
    #[test]
    fn poor_accounts_never_harm_others(steps in prop::collection::vec(step(92..109), 1..90)) {
        let mut game = Game::new(2);
        for step in &steps {
            if let Step::Place { who, request, absent } = step {
                let request = game.dated(request);
                let before = remember(&game.world);
                if game.world.place_with(*who, &request, !absent).is_ok() {
                    assert_safe(&game.world, *who, &before);
                }
            } else {
                game.step(step);
            }
        }
    }
}

/// The random game is worth something only if it meets every case.
#[test]
fn poor_game_meets_every_case() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut reasons = std::collections::BTreeSet::new();
    let mut endings = std::collections::BTreeSet::new();
    let mut errors = std::collections::BTreeSet::new();
    let mut fills = 0;
    for _ in 0..100 {
        let steps = prop::collection::vec(step(92..109), 90)
            .new_tree(&mut runner)
            .expect("steps");
        let mut game = Game::new(2);
        for step in &steps.current() {
            let Step::Place {
                who,
                request,
                absent,
            } = step
            else {
                game.step(step);
                continue;
            };
            let request = game.dated(request);
            match game.world.place_with(*who, &request, !absent) {
                Err(error) => drop(errors.insert(error.name())),
                Ok(()) => {
                    fills += game.world.fills().len();
                    let report = &game.world.report;
                    reasons.extend(report.removed().iter().map(|gone| gone.reason as u8));
                    endings.insert(report.ended as u8);
                }
            }
        }
    }
    assert_eq!(reasons.len(), 6, "{reasons:?}");
    assert_eq!(
        endings.iter().copied().collect::<Vec<_>>(),
        [0, 1, 2, 4, 5, 6],
        "{endings:?}"
    );
    assert!(fills > 500, "{fills}");
    let met = [
        "BelowInitialMargin",
        "StageForbids",
        "WouldCross",
        "NotFilledWhole",
        "NotReducing",
    ];
    for error in met {
        assert!(errors.contains(error), "{error} in {errors:?}");
    }
}
