//! What a Recovery costs at the dearest compartment and account.

use bulwark::instructions::ProofNode;
use bulwark_core::recovery::{
    AUDIT_LASTS, Cause, DEAD_MAN, DEAD_MAN_NOTICE, Leaf, node_hash, root,
};
use bulwark_state::{Bank, Compartment, MAX_COLLATERALS, Recovery, SignedWide, TreeNode};
use bulwark_svm::Signer;
use bulwark_svm::keys::sha256;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::worst::{BANKRUPT, HUB, LAST, LIQUIDATOR, MAKERS, TAKER, VICTIM};
use bulwark_svm::world::{USDC, World, usdc};

use crate::Costs;

/// Instruction (or a second case of one), its ceiling.
pub const CEILINGS: &[(&str, u64)] = &[
    ("note_deficit", 6_900),
    ("announce_recovery", 24_300),
    ("undo_recovery", 8_000),
    ("freeze_recovery", 9_000),
    ("count_recovery", 18_600),
    ("mark_accounts", 14_200),
    ("mark_accounts_16", 124_000),
    ("begin_audit", 21_300),
    ("close_audit", 7_100),
    ("assign_claims", 5_900),
    ("open_quote_pot", 24_800),
    ("claim_recovery", 10_400),
    ("stake_claim", 12_000),
    ("add_recovery_money", 12_400),
    ("verify_claim", 10_200),
];

/// A fortnight above Normal, and everything that follows.
pub fn recovery(costs: &mut Costs, elf: &[u8]) {
    let mut world = World::worst(elf);
    world.join("sam", 1_000.0);
    audit(costs, &mut world);
    world.corrupt::<Compartment>(world.deployment.compartment, |compartment| {
        compartment.deficit_seen_at = 1;
    });
    world.audited = true;
    let noted = world.by_stranger(|world, key| world.deployment.note_deficit(key));
    costs.add("note_deficit", "a sight that is over", noted);
    above_normal(&mut world, 1);
    costs.add(
        "announce_recovery",
        "17 feeds with their closes",
        world.announce(Cause::DeadMan),
    );
    above_normal(&mut world, 0);
    costs.add("undo_recovery", "17 feeds", world.undo());
    above_normal(&mut world, 1);
    world.announce(Cause::DeadMan).expect("announced");
    for _ in 0..DEAD_MAN_NOTICE / 86_400 {
        world.pass_notice();
    }
    costs.add("freeze_recovery", "17 feeds, 8 markets", world.freeze());
    costs.add("count_recovery", "9 banks, 8 markets", world.count_all());
    costs.add(
        "mark_accounts",
        "a full account in debt",
        world.mark_all(&[VICTIM]),
    );
    let many: Vec<&str> = [TAKER, LIQUIDATOR, BANKRUPT, HUB]
        .into_iter()
        .chain(MAKERS)
        .collect();
    costs.add(
        "mark_accounts_16",
        "16 accounts, paid for",
        world.mark_for(HUB, &many),
    );
    let (hub, margin) = (world.wallet(HUB), world.margin_key(HUB));
    let key = pubkey(hub.pubkey());
    let assign = world.deployment.assign_claims(key, margin, margin);
    costs.send(
        "assign_claims",
        "all of a marked account",
        &mut world,
        assign,
        Some(HUB),
    );
    world.advance(15 * 86_400);
    costs.add(
        "open_quote_pot",
        "nine components, at the deadline",
        world.open_pot(),
    );
    world.audited = false;
    deep(&mut world);
    let (epoch, margin) = (world.epoch(), world.margin_key(VICTIM));
    let path = (0..20).map(sibling).collect();
    let proved = world.by_stranger(|world, _| {
        let ours = &world.deployment;
        ours.verify_claim(epoch, margin, path, None, Vec::new())
    });
    costs.add("verify_claim", "depth 20", proved);
    costs.add(
        "claim_recovery",
        "a token that was kept, and of the pot",
        world.try_claim(TAKER, LAST),
    );
    let flood = usdc(1_000_000_000.0);
    world.give(HUB, USDC, flood);
    let hub = pubkey(world.wallet(HUB).pubkey());
    let source = pubkey(world.trader(HUB).tokens[USDC]);
    let add = world
        .deployment
        .add_recovery_money(hub, world.epoch(), USDC, source, flood);
    costs.send(
        "add_recovery_money",
        "nine components",
        &mut world,
        add,
        Some(HUB),
    );
    costs.add("stake_claim", "of one that earns", world.claim_stake("sam"));
}

/// An audit of the dearest account; fees are above their floor from here on.
fn audit(costs: &mut Costs, world: &mut World) {
    let quote = world.deployment.banks[USDC].bank;
    world.corrupt::<Bank>(quote, |bank| bank.totals.fee_floor_e6 = 0);
    world.audited = true;
    costs.add("begin_audit", "17 feeds, the first", world.begin_audit());
    world.audit_count().expect("counted");
    world.audit_mark(&[VICTIM]).expect("marked");
    world.advance(AUDIT_LASTS.cast_signed());
    costs.add("close_audit", "one leaf", world.close_audit());
}

/// As bits would have it for a fortnight.
fn above_normal(world: &mut World, markets: u64) {
    let since = world.now().unix - DEAD_MAN.cast_signed();
    world.corrupt::<Compartment>(world.deployment.compartment, |compartment| {
        compartment.broken.markets = markets;
        compartment.mode.above_normal_at = since;
    });
    world.audited = true;
}

/// A node beside the path.
fn sibling(level: u8) -> ProofNode {
    ProofNode {
        hash: [level; 32],
        sum: 1_000_000,
    }
}

/// As if the victim were the first of a million leaves.
fn deep(world: &mut World) {
    let account = world.account(VICTIM);
    let shadow = account.shadow;
    let mut banks = [255; MAX_COLLATERALS];
    for (bank, held) in banks.iter_mut().zip(&account.collaterals) {
        *bank = if held.active == 0 { 255 } else { held.bank };
    }
    let leaf = Leaf {
        compartment: account.compartment,
        epoch: shadow.epoch,
        number: 0,
        margin: world.margin_key(VICTIM).to_bytes(),
        owner: account.owner,
        quote: shadow.quote,
        senior: shadow.senior,
        junior: shadow.junior,
        banks,
        kept: shadow.kept,
        slot: shadow.slot,
    };
    let mut node = leaf.node(sha256).expect("a leaf");
    for level in 0..20 {
        let ProofNode { hash, sum } = sibling(level);
        let sum = SignedWide::new(sum.into());
        node = node_hash(&node, &TreeNode { hash, sum }, sha256).expect("a node");
    }
    let key = world.deployment.recovery(world.epoch());
    world.corrupt::<Recovery>(key, |recovery| {
        recovery.leaves = 1 << 20;
        recovery.frontier = [TreeNode::default(); 32];
        recovery.frontier[20] = node;
        recovery.root = root(&recovery.frontier, recovery.leaves, sha256).expect("a root");
    });
}
