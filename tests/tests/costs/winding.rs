//! What settling a market, closing a bank and transfers between own accounts cost.

use bulwark_svm::Vm;
use bulwark_svm::world::worst::{LAST, LIQUIDATOR, VICTIM, worst_plan};
use bulwark_svm::world::{Outcome, World, scaled};

/// Instruction, its ceiling: what was measured and a tenth.
pub const CEILINGS: &[(&str, u64)] = &[
    ("announce_settlement", 6_050),
    ("announce_settlement_decided", 10_500),
    ("call_off_settlement", 6_050),
    ("settle_market", 7_700),
    ("settle_position", 11_000),
    ("close_bank", 10_400),
    ("transfer", 22_200),
];

/// Instruction, case, what became of it.
pub fn measure(elf: &[u8]) -> Vec<(&'static str, &'static str, Outcome)> {
    let mut done = Vec::new();
    let vm = Vm::with_elf(elf, false).expect("the VM starts");
    let mut empty = World::on(vm, worst_plan());
    let decided = empty.announce_settlement(7, true);
    done.push((
        "announce_settlement_decided",
        "by the creator, 9 banks",
        decided,
    ));
    done.push(("close_bank", "of 9 banks", empty.close_bank(LAST)));

    let mut world = World::worst(elf);
    world.another_account(LIQUIDATOR, "liquidator again", 1);
    let one = scaled(1.0, 9);
    let moved = world.transfer(LIQUIDATOR, "liquidator again", LAST, one);
    done.push(("transfer", "a token of a full account", moved));
    world.advance(601);
    let announced = world.announce_settlement(0, false);
    done.push(("announce_settlement", "a dead feed", announced));
    world.announce_settlement(1, false).expect("announced");
    world.refresh_all();
    let off = world.call_off_settlement(1);
    done.push(("call_off_settlement", "a feed that lives again", off));
    world.advance(86_400);
    done.push(("settle_market", "a dead feed", world.settle_market(0)));
    let closed = world.settle_position(VICTIM, 0);
    done.push((
        "settle_position",
        "a full account with 4 orders there",
        closed,
    ));
    done
}
