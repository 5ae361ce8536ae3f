//! What proposing, approving and executing costs, of every kind of action there is, with as many
//! members as there can be.

use std::fmt::Write as _;

use bulwark::decided::listing_hash;
use bulwark::upgrade::digest;
use bulwark_client::{Deployment, Pubkey, address as derived};
use bulwark_core::guardian::{
    Action, Kind, MAX_SETTINGS, MAX_SUBJECTS, Setting, Subject, Successor,
};
use bulwark_core::params::{Class, Group};
use bulwark_core::recovery::Cause;
use bulwark_state::Bank;
use bulwark_svm::vm::{elf_path, pubkey, read_elf};
use bulwark_svm::world::listing::{classic, feed_args};
use bulwark_svm::world::{
    Outcome, SOL_PERP, USDC, World, member, member_key, scaled, standard_plan,
};
use bulwark_svm::{Signer, Vm};

use super::grouped;

/// Units of each act.
const CEILING: u64 = 25_000;
/// Units of an upgrade beside half a unit for each byte.
const UPGRADE: u64 = 50_000;

/// What a kind of action costs.
pub struct Decision {
    kind: Kind,
    /// Units to propose, to approve, to execute.
    units: [u64; 3],
    /// What executing may take.
    ceiling: u64,
}

/// A decision of each kind.
fn every(world: &mut World) -> Vec<Action> {
    let mut list = [Successor::default(); MAX_SUBJECTS];
    for (place, subject) in list.iter_mut().enumerate() {
        // The last seats: the first ones speak.
        let seat = usize::from(world.guardian().member_count) - 1 - place;
        subject.membership = world.guardian().members[seat].membership;
        subject.key = member_key(17 + place).to_bytes();
    }
    let market = *world.market(SOL_PERP);
    let cap = Setting {
        id: Group::Market.id(0),
        value: bulwark_core::params::Parameters::value(&market, 0).expect("a cap") / 2,
    };
    let mut settings = [Setting::default(); MAX_SETTINGS];
    settings[0] = Setting {
        id: Group::Margin.id(0),
        value: 9_100,
    };
    let feed = feed_args(classic([9; 32]), Class::Large);
    let listed = listing_hash("feed", &feed, &[]).expect("the arguments serialise");
    let second = classic([8; 32]);
    let buffer = buffer(world);
    let all = [
        Action::Restrict(0, 3_600, 3),
        Action::Tighten(0, Subject::Market(0), cap),
        Action::Pause(0, 3_600, 3),
        Action::Revoke(0, 0, 3_600),
        Action::Relax(0, 1_000),
        Action::SetParameters(0, Subject::Market(0), 1, settings),
        Action::AddMember(member_key(17).to_bytes()),
        Action::RemoveMembers(4, list),
        Action::SetDelays(8 * 86_400, 3 * 86_400, 300),
        Action::SetVeto([0; 32]),
        Action::List(0, listed),
        Action::SetOracle(0, 1, 1, second.kind, second.id),
        Action::WindDown(0, Subject::Market(0)),
        Action::PayTreasury(0, 1),
        Action::AnnounceRecovery(0),
        Action::Upgrade(buffer.0.to_bytes(), buffer.1),
        Action::IncidentUpgrade(buffer.0.to_bytes(), buffer.1),
    ];
    // Every kind there is, each once, in the order of their numbers.
    let numbers = (1..=u16::MAX).map_while(|number| Kind::from_u16(number).ok());
    let kinds: Vec<Kind> = all.iter().map(Action::kind).collect();
    assert_eq!(kinds, numbers.collect::<Vec<_>>());
    all.to_vec()
}

fn buffer(world: &mut World) -> (Pubkey, [u8; 32]) {
    let bytes = read_elf(&elf_path("arithmetic")).expect("it is built");
    let key = world.buffer("buffer", derived::guardian(), &bytes);
    (key, digest(&bytes))
}

/// A venue of sixteen members, or of fifteen where one joins.
fn venue(elf: &[u8], members: usize) -> World {
    let vm = Vm::with_elf(elf, false).expect("the VM starts");
    let mut world = World::on(vm, standard_plan());
    world.create_guardian(members).expect("a guardian is made");
    world.fund("maker", 1_000_000.0);
    world.deposit("maker", 1, scaled(10.0, 9));
    world.hand_over_program();
    world.audited = false;
    let quote = world.deployment.banks[USDC].bank;
    world.corrupt::<Bank>(quote, |bank| {
        bank.totals.fee_floor_e6 = 0;
        bank.totals.fees += 1_000;
        bank.totals.positive -= 1_000;
    });
    world
}

fn execute(world: &mut World, action: &Action, nonce: u64) -> Outcome {
    let caller = world.wallet("stranger");
    let key = pubkey(caller.pubkey());
    match action.kind() {
        Kind::List => {
            let feed = feed_args(classic([9; 32]), Class::Large);
            let listing = world.deployment.create_feed(key, feed);
            let listing = Deployment::by_decision(listing, nonce);
            world.send(&[listing], &[&caller])
        }
        Kind::PayTreasury => {
            let to = world.treasury();
            world.pay_treasury(nonce, to)
        }
        Kind::AnnounceRecovery => {
            let ours = &world.deployment;
            let announce = ours.announce_recovery(key, Cause::Guardian, 1, Some(nonce));
            world.send(&[announce], &[&caller])
        }
        Kind::Upgrade | Kind::IncidentUpgrade => {
            let (buffer, _) = buffer(world);
            let ours = &world.deployment;
            let upgrade = ours.execute_upgrade(key, nonce, buffer, member_key(1));
            world.send(&[upgrade], &[&caller])
        }
        Kind::AddMember | Kind::RemoveMembers | Kind::SetDelays | Kind::SetVeto => {
            world.execute_with(nonce, &[])
        }
        _ => world.execute(nonce),
    }
}

fn units(what: &str, outcome: Outcome) -> u64 {
    outcome
        .unwrap_or_else(|failure| panic!("{what}: {failure}"))
        .units
}

/// Proposed, approved by all that it takes, executed when its delay is over.
fn decide(mut world: World, action: &Action) -> Decision {
    let kind = action.kind();
    if kind == Kind::IncidentUpgrade {
        let all = bulwark_core::guardian::ALL_COMPARTMENTS;
        let pause = world.queue(9, &Action::Pause(all, 72 * 3_600, 1));
        world.execute(pause).expect("paused");
    }
    // An address that is found at the second try: three quarters take no more.
    while bump(world.guardian().nonce) != 254 {
        world.propose(1, &Action::Pause(0, 60, 1));
    }
    let nonce = world.guardian().nonce;
    let proposed = units("propose", world.try_propose(1, action));
    let mut approved = 0;
    for number in 2..=16 {
        if world.proposal(nonce).state != 1 {
            break;
        }
        approved = approved.max(units("approve", world.approve(number, nonce)));
    }
    let wait = world.proposal(nonce).eta.at - world.now().unix;
    if wait > 0 {
        let slots = (wait as u64 + 1_800) * 10 / 3 + 1;
        world.advance_apart(wait + 1_800, slots);
        for number in 1..=16 {
            let beat = world.deployment.heartbeat(member_key(number));
            // Fifteen members are one fewer.
            let _ = world.send(&[beat], &[&member(number)]);
        }
    }
    let executed = units(&format!("{kind:?}"), execute(&mut world, action, nonce));
    let ceiling = match kind {
        Kind::Upgrade | Kind::IncidentUpgrade => {
            let bytes = read_elf(&elf_path("arithmetic")).expect("it is built");
            UPGRADE + bytes.len() as u64 / 2
        }
        _ => CEILING,
    };
    Decision {
        kind,
        units: [proposed, approved, executed],
        ceiling,
    }
}

fn bump(nonce: u64) -> u8 {
    let seeds: [&[u8]; 2] = [bulwark::seeds::PROPOSAL, &nonce.to_le_bytes()];
    Pubkey::find_program_address(&seeds, &bulwark::ID).1
}

/// Every kind.
pub fn measure(elf: &[u8]) -> Vec<Decision> {
    let sixteen = venue(elf, 16);
    let fifteen = venue(elf, 15);
    let actions = every(&mut sixteen.fork());
    let each = actions.iter().map(|action| {
        let joins = action.kind() == Kind::AddMember;
        let world = if joins { &fifteen } else { &sixteen };
        let mut world = world.fork();
        buffer(&mut world);
        decide(world, action)
    });
    each.collect()
}

/// What is above its ceiling.
pub fn problems(decisions: &[Decision]) -> Vec<String> {
    let mut problems = Vec::new();
    for Decision {
        kind,
        units: [proposed, approved, executed],
        ceiling,
    } in decisions
    {
        println!("{kind:?}: {proposed} to propose, {approved} to approve, {executed} to execute");
        let acts = [
            ("propose", proposed, &CEILING),
            ("approve", approved, &CEILING),
            ("execute", executed, ceiling),
        ];
        for (act, units, most) in acts.into_iter().filter(|(_, units, most)| units > most) {
            problems.push(format!("to {act} {kind:?} takes {units} of {most} units"));
        }
    }
    problems
}

/// The table of docs/costs.md.
pub fn table(text: &mut String, decisions: &[Decision]) {
    text.push_str(
        "\n## Decisions of the guardian\n\n\
         With 16 members, the approval that makes the quorum, the address of the proposal found at the second\n\
         try (each takes 1,500 units). At most 25,000 units each; an upgrade 50,000 and half a unit for each byte of\n\
         its buffer, here 42 KB. A listing is executed by the instruction that lists, here of a feed.\n\n\
         | `decision` | propose | approve | execute |\n|---|---|---|---|\n",
    );
    for decision in decisions {
        let [proposed, approved, executed] = decision.units.map(grouped);
        let kind = decision.kind;
        let _ = writeln!(
            text,
            "| `{kind:?}` | {proposed} | {approved} | {executed} |"
        );
    }
}
