//! A feed as bad as that, by real prints.

use bulwark_core::gate::Severity;
use bulwark_svm::world::{SOL, World};

/// Makes the SOL feed as bad as that, everything else fresh.
pub fn worsen(world: &mut World, severity: Severity) {
    let price = world.prices[SOL];
    let age = match severity {
        Severity::Stale => 30,
        Severity::Old => 200,
        Severity::Dead => 700,
        _ => 1,
    };
    world.advance(age);
    let others: Vec<usize> = (0..world.prices.len())
        .filter(|feed| *feed != SOL)
        .collect();
    for feed in &others {
        let price = world.prices[*feed];
        world.publish(*feed, price, price / 5_000, price);
    }
    world.refresh(&others).expect("the others are fresh");
    match severity {
        Severity::Ok => world.publish(SOL, price, price / 5_000, price),
        Severity::Uncertain => world.publish(SOL, price, price / 50, price),
        Severity::Unconfirmed => {
            world.publish(SOL, price, price / 5_000, price);
            world.refresh(&[SOL]).expect("fresh");
            world.advance(1);
            world.publish(SOL, price / 100 * 106, price / 5_000, price);
        }
        Severity::Diverged => world.publish(SOL, price, price / 5_000, price / 10 * 11),
        _ => return,
    }
    world.refresh(&[SOL]).expect("the SOL feed is read");
    world.prices[SOL] = price;
}
