//! What stakes in insurance cost, and proofs of stress, at the dearest compartment and account.

use bulwark::instructions::StakeAct;
use bulwark_svm::world::worst::VICTIM;
use bulwark_svm::world::{USDC, World, usdc};

use crate::Costs;

/// Instruction (or a second case of one), its ceiling.
pub const CEILINGS: &[(&str, u64)] = &[
    ("stake", 21_500),
    ("stake_earn", 11_900),
    ("stake_ask", 13_100),
    ("stake_leave", 14_500),
    ("prove_stress", 32_200),
];

/// One stake from its making to its end, over eight markets.
pub fn staking(costs: &mut Costs, elf: &[u8]) {
    let mut world = World::worst(elf);
    world.give("sam", USDC, usdc(1_000.0));
    let made = world.stake("sam", StakeAct::Join(usdc(1_000.0)));
    costs.add("stake", "the first of an owner", made);
    let proved = world.prove_stress(VICTIM);
    costs.add("prove_stress", "a full account, 8 markets", proved);
    world.advance(86_400);
    costs.add("stake_earn", "after a day", world.earn("sam"));
    let asked = world.stake("sam", StakeAct::Ask(u64::MAX));
    costs.add("stake_ask", "of what earns", asked);
    world.advance(14 * 86_400);
    world.check_all().expect("everything is checked");
    let left = world.stake("sam", StakeAct::Leave);
    costs.add("stake_leave", "all of it", left);
}
