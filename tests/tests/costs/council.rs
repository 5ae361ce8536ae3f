//! What the guardian's instructions cost with as many members as there can be.

use bulwark::seeds::PROPOSAL;
use bulwark::upgrade::digest;
use bulwark_client::{Pubkey, address as derived};
use bulwark_core::guardian::{
    ALL_COMPARTMENTS, Action, MAX_SETTINGS, MAX_SUBJECTS, Setting, Subject, Successor,
};
use bulwark_core::params::{Group, Parameters};
use bulwark_state::Bank;
use bulwark_svm::vm::{elf_path, pubkey, read_elf};
use bulwark_svm::world::{USDC, World, member, member_key, standard_plan};
use bulwark_svm::{Signer, Vm};

use crate::Costs;

/// Instruction (or a second case of one), its ceiling.
pub const CEILINGS: &[(&str, u64)] = &[
    ("create_guardian", 29_700),
    ("heartbeat", 7_500),
    ("propose", 25_000),
    ("propose_settings", 25_000),
    ("execute_settings", 18_200),
    ("approve_proposal", 17_100),
    ("object_to_proposal", 13_900),
    ("execute_proposal", 12_400),
    ("expire_proposal", 9_000),
    ("close_proposal", 4_900),
    ("restrict", 11_800),
    ("execute_upgrade", 71_000),
    ("pay_treasury", 19_400),
];

/// Sixteen members; the last of thirteen approvals queues a removal of four.
pub fn council(costs: &mut Costs, elf: &[u8]) {
    let vm = Vm::with_elf(elf, false).expect("the VM starts");
    let mut world = World::on(vm, standard_plan());
    costs.add("create_guardian", "16 members", world.create_guardian(16));
    let mut list = [Successor::default(); MAX_SUBJECTS];
    for (place, subject) in list.iter_mut().enumerate() {
        subject.membership = world.guardian().members[place].membership;
        subject.key = member_key(17 + place).to_bytes();
    }
    let removal = Action::RemoveMembers(4, list);
    let nonce = world.guardian().nonce;
    costs.add("propose", "removal of 4", world.try_propose(16, &removal));
    for number in 5..15 {
        world.approve(number, nonce).expect("a member approves");
    }
    costs.add("approve_proposal", "quorum of 16", world.approve(15, nonce));
    costs.add(
        "object_to_proposal",
        "against a removal",
        world.object(15, nonce),
    );
    let pause = world.queue(9, &Action::Pause(ALL_COMPARTMENTS, 3_600, 1));
    costs.add(
        "execute_proposal",
        "pause of all: one",
        world.execute(pause),
    );
    // Each try at the proposal's address costs 1,500 units: half of them need one, a quarter two.
    while bump(world.guardian().nonce) < 254 {
        world.propose(1, &Action::Pause(0, 60, 1));
    }
    let most = most_settings(&world);
    let again = world.guardian().nonce;
    costs.add(
        "propose_settings",
        "24 parameters; the address is found at the second try",
        world.try_propose(16, &most),
    );
    for number in 1..=12 {
        world.approve(number, again).expect("a member approves");
    }
    world.advance_apart(7 * 86_400 + 1_800, 2_016_000);
    costs.add("execute_settings", "24 parameters", world.execute(again));
    costs.add("restrict", "one member", world.restrict(16, 3_600));
    let (caller, key) = (world.wallet("mallory"), member_key(16));
    let beat = world.deployment.heartbeat(key);
    costs.add(
        "heartbeat",
        "16 members",
        world.send(&[beat], &[&member(16)]),
    );
    let caller_key = pubkey(caller.pubkey());
    let close = world
        .deployment
        .close_proposal(caller_key, pause, member_key(1));
    costs.add(
        "close_proposal",
        "executed",
        world.send(&[close], &[&caller]),
    );
    world.advance_apart(40 * 86_400, 12_000_000);
    costs.add("expire_proposal", "removal of 4", world.expire(nonce));
    upgrade(costs, &mut world);
    treasury(costs, elf);
}

fn bump(nonce: u64) -> u8 {
    Pubkey::find_program_address(&[PROPOSAL, &nonce.to_le_bytes()], &bulwark::ID).1
}

/// As many parameters of a market as one action takes.
fn most_settings(world: &World) -> Action {
    let market = world.market(0);
    let mut list = [Setting::default(); MAX_SETTINGS];
    // The fee of closing is bound to two fees, and lies on the Board.
    let close_fee = Group::BoardMarket.id(2);
    let own = (0..25).filter(|place| ![3, 24].contains(place));
    let own = own.map(|place| Group::Market.id(place));
    for (setting, id) in list.iter_mut().zip(own.chain([close_fee])) {
        let place = usize::from(id & 0xff);
        let value = match id == close_fee {
            true => world.board().markets[0].value(place),
            false => market.value(place),
        };
        let value = value.expect("a parameter");
        *setting = Setting { id, value };
    }
    Action::SetParameters(0, Subject::Market(0), 24, list)
}

/// What a payment folds and counts: all markets.
fn treasury(costs: &mut Costs, elf: &[u8]) {
    let mut world = World::worst(elf);
    world.create_guardian(5).expect("a guardian is made");
    world.fold().expect("folded");
    let quote = world.deployment.banks[USDC].bank;
    world.corrupt::<Bank>(quote, |bank| bank.totals.fee_floor_e6 = 0);
    let nonce = world.queue(4, &Action::PayTreasury(0, 1));
    world.advance_apart(8 * 86_400, 2_500_000);
    let to = world.treasury();
    let paid = world.pay_treasury(nonce, to);
    costs.add("pay_treasury", "quote, 8 markets", paid);
}

/// 50,000 and half a unit for each byte of the buffer.
fn upgrade(costs: &mut Costs, world: &mut World) {
    let bytes = read_elf(&elf_path("arithmetic")).expect("it is built");
    for number in 1..=16 {
        let beat = world.deployment.heartbeat(member_key(number));
        world.send(&[beat], &[&member(number)]).expect("a member");
    }
    world.advance_apart(2 * 86_400, 600_000);
    let buffer = world.buffer("buffer", derived::guardian(), &bytes);
    world.hand_over_program();
    let nonce = world.queue(13, &Action::Upgrade(buffer.to_bytes(), digest(&bytes)));
    world.advance_apart(8 * 86_400, 2_500_000);
    let caller = world.wallet("mallory");
    let payer = member_key(1);
    let execute = world
        .deployment
        .execute_upgrade(pubkey(caller.pubkey()), nonce, buffer, payer);
    let done = world.unaudited(|world| world.send(&[execute], &[&caller]));
    costs.add("execute_upgrade", "a program of 42 KB", done);
}
