//! What opening a venue and keeping its prices cost.

use bulwark::instruction as program;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::worst::{HUB, TAKER};
use bulwark_svm::world::{SOL, World, standard_plan};
use bulwark_svm::{Signer, Vm, launch};

use crate::Costs;

/// What it takes to open a venue.
pub fn creation(costs: &mut Costs, elf: &[u8]) {
    let mut world = World::worst(elf);
    let last = "ninth bank, eighth market, 17 feeds";
    costs.dearest::<program::CreateProtocol>("create_protocol", "the one", &world);
    costs.dearest::<program::CreateCompartment>("create_compartment", "the first", &world);
    costs.dearest::<program::CreateBoard>("create_board", "the first", &world);
    costs.dearest::<program::CreateInsurance>("create_insurance", "the first", &world);
    costs.dearest::<program::CreateFeed>("create_feed", last, &world);
    costs.dearest::<program::CreateBank>("create_bank", last, &world);
    costs.dearest::<program::CreateMarket>("create_market", last, &world);
    let helper = pubkey(world.wallet(HUB).pubkey());
    let named = world.set_delegate(TAKER, helper, i64::MAX);
    costs.add("set_delegate", "a full account", named);
    world.rewrite(TAKER, |account| account.version = 1);
    costs.add("migrate_account", "a full account", world.migrate(TAKER));
    let bumps = "the dearest of 20 accounts";
    costs.dearest::<program::CreateMarginAccount>("create_margin_account", bumps, &world);
    let signer = pubkey(world.vm.authority.pubkey());
    let seal = world.deployment.seal(signer, false);
    let authority = world.vm.authority.insecure_clone();
    let receipt = world.send(&[seal], &[&authority]);
    costs.add("seal", "by the creator", receipt);
}

/// A price, and the prices of everything.
pub fn prices(costs: &mut Costs, elf: &[u8]) {
    let vm = Vm::with_elf(elf, false).expect("the VM starts");
    let mut small = World::on(vm, standard_plan());
    small.fund("maker", 1_000_000.0);
    small.fund("alice", 10_000.0);
    small.trade("alice", "maker", 0, 10.0, 100.0);
    small.advance(61);
    let print = small.try_price(SOL, 101 * 100_000_000);
    costs.add(
        "refresh",
        "one feed, its market and its bank; a new minute",
        print,
    );

    let mut world = World::worst(elf);
    world.advance(61);
    for feed in 0..world.prices.len() {
        let price = world.prices[feed];
        world.publish(feed, price, price / 5_000, price);
    }
    let oracle = |feed: usize| pubkey(launch::oracle(world.plan.feeds[feed].name));
    let feeds = (0..17_u8).map(|feed| (feed, oracle(usize::from(feed)), None));
    let all: Vec<_> = feeds.collect();
    let payer = pubkey(world.vm.payer.pubkey());
    let refresh = world.deployment.refresh_with(payer, &all, true);
    let case = "17 feeds, copies of 8 markets and 9 banks";
    costs.send("refresh_all", case, &mut world, refresh, None);
}
