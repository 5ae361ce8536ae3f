//! Accounts rebuilt from events alone, against the chain after every single transaction.

use std::collections::BTreeMap;

use bulwark_rebuild::Raw;
use bulwark_svm::World;

/// How often each event was emitted.
fn kinds(world: &World) -> BTreeMap<&'static str, u64> {
    let mut kinds = BTreeMap::new();
    let history = world.vm.history.as_deref().unwrap_or_default();
    for data in history.iter().flat_map(|kept| &kept.events) {
        let event = Raw::of_call(data).unwrap().decode().unwrap();
        *kinds.entry(event.name()).or_default() += 1;
    }
    kinds
}

/// The story asserts after each transaction that every margin account, ticket and book is byte by
/// byte what the events come to, every bank and market to the unit, and the chain's head too.
#[test]
fn a_rich_history_is_rebuilt_from_its_events_alone() {
    let world = World::story(600, 1);
    let kinds = kinds(&world);
    println!("{kinds:#?}");
    for (name, least) in [
        ("ProtocolCreated", 1),
        ("CompartmentCreated", 1),
        ("BoardCreated", 1),
        ("FeedCreated", 3),
        ("BankCreated", 3),
        ("MarketCreated", 2),
        ("InsuranceCreated", 1),
        ("CreatorSealed", 1),
        ("GuardianCreated", 1),
        ("ProposalOpened", 2),
        ("ProposalAnswered", 3),
        ("ProposalExecuted", 1),
        ("ProposalExpired", 1),
        ("MemberRestricted", 1),
        ("Checked", 2),
        ("MarginAccountCreated", 15),
        ("MarginAccountClosed", 1),
        ("DelegateNamed", 1),
        ("Deposited", 30),
        ("Withdrawn", 20),
        ("TicketCranked", 2),
        ("ResidualCollected", 2),
        ("BanksValued", 1),
        ("SurplusSwept", 1),
        ("Recapitalised", 2),
        ("InsuranceFunded", 1),
        ("InterestAccrued", 10),
        ("FundingSampled", 5),
        ("OrderPlaced", 200),
        ("OrdersCancelled", 10),
        ("OrdersPruned", 1),
        ("StageChanged", 1),
        ("AccountFlagged", 1),
        ("AccountUnflagged", 1),
        ("PositionTakenOver", 2),
        ("CollateralSold", 2),
        ("LossSettled", 1),
        ("AccountWoundUp", 2),
    ] {
        let was = kinds.get(name).copied().unwrap_or(0);
        assert!(was >= least, "{name}: {was} of at least {least}");
    }
}

#[test]
fn other_histories_are_rebuilt_too() {
    for seed in [2, 3] {
        World::story(200, seed);
    }
}
