//! What looking at things costs.

use bulwark_client::Items;
use bulwark_state::Market;
use bulwark_svm::world::World;
use bulwark_svm::world::worst::{HUB, LAST, TAKER};

use crate::Costs;

/// One item of each kind, on its own.
pub fn each_item(costs: &mut Costs, world: &mut World) {
    let none = Items::default;
    let account = world.margin_key(TAKER);
    let kinds = [
        (
            "check_market",
            "a market: 3 items",
            Items {
                markets: vec![2],
                ..none()
            },
        ),
        (
            "check_token",
            "a token with its vault: 3 items",
            Items {
                banks: vec![LAST],
                ..none()
            },
        ),
        (
            "check_account",
            "a full account: 3 items",
            Items {
                accounts: vec![account],
                ..none()
            },
        ),
        (
            "check_quote",
            "quote with 8 markets: 11 items",
            Items {
                quote: true,
                ..none()
            },
        ),
    ];
    // What breakers have left to be chained goes with the first.
    let all = world.check(&Items::all(&world.deployment.clone()));
    all.expect("a check returns Ok");
    for (name, case, items) in kinds {
        let sound = world.check(&items);
        costs.add(name, case, sound);
    }
}

/// At most 5,000 units, and 3,000 an item. Items are what has a broken bit of its own: the indexes
/// and the budgets, which every check looks at, and each bank, market and account that it is
/// given; a reward looks at the quote bank and its vault.
pub fn checks(costs: &mut Costs, world: &mut World) {
    // The wound-up accounts lost more than the insurance: the first check pauses the venue.
    let latched = world.check(&Items::default());
    costs.add(
        "check_drawdown",
        "indexes and budgets: 2 items; a pause latched",
        latched,
    );
    let sound = world.check(&Items::default());
    costs.add("check", "indexes and budgets: 2 items", sound);
    each_item(costs, world);
    let mut items = Items::all(&world.deployment);
    items.accounts.push(world.margin_key(TAKER));
    let all = world.check(&items);
    costs.add(
        "check_all",
        "quote, 8 markets, 8 tokens, an account: 20 items",
        all,
    );
    let market = world.deployment.markets[2].market;
    let sound = *world.market(2);
    world.corrupt::<Market>(market, |market| market.oi_long += 1);
    let items = Items {
        markets: vec![2],
        ..Items::default()
    };
    let latched = world.check_for_reward(HUB, &items);
    costs.add(
        "check_latch",
        "a market's bit, with a reward: 4 items",
        latched,
    );
    world.corrupt::<Market>(market, |market| *market = sound);
    world.check(&items).expect("cleared");
    world.audited = true;
}
