//! Worlds that part: a scenario is told once and tried in many ways.

use super::{Trader, World};

impl World {
    /// The same world once more: what happens in one doesn't happen in the other.
    pub fn fork(&self) -> Self {
        let person = |(name, trader): (&&'static str, &Trader)| {
            let trader = Trader {
                owner: trader.owner.insecure_clone(),
                margin: trader.margin,
                tokens: trader.tokens.clone(),
            };
            (*name, trader)
        };
        Self {
            vm: self.vm.fork(),
            deployment: self.deployment.clone(),
            plan: self.plan.clone(),
            traders: self.traders.iter().map(person).collect(),
            others: self.others.clone(),
            stock: self.stock.clone(),
            prices: self.prices.clone(),
            last: self.last.clone(),
            follower: None,
            ..*self
        }
    }
}
