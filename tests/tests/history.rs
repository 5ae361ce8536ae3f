//! Accounts rebuilt from events alone, against the chain after every single transaction.

use std::collections::{BTreeMap, BTreeSet};

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use bulwark_client::address as derived;
use bulwark_rebuild::{
    Above, Compartment, Event, Found, Ledger, NO_RULE, Raw, differences, differences_above,
};
use bulwark_svm::World;
use bulwark_svm::history::Recorded;
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::world::USDC;
use serde_json::Value;
use solana_signer::Signer;

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

/// The story asserts after each transaction that every account of the program is byte by byte what
/// the events come to, and the chain's head too.
#[test]
fn a_rich_history_is_rebuilt_from_its_events_alone() {
    let world = World::story(600, 1);
    let kinds = kinds(&world);
    println!("{kinds:#?}");
    for (name, least) in [
        ("PricesRefreshed", 80),
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

/// Moved between own accounts, settled, announced, taken back, announced again, frozen, marked and
/// paid, late marks and late money: margin accounts with their shadows, books and the Recovery are
/// compared byte by byte after each transaction.
#[test]
fn transfers_settlements_and_recoveries_are_rebuilt_from_their_events_alone() {
    let kinds = kinds(&World::ending());
    for (name, least) in [
        ("Transferred", 4),
        ("BankClosed", 1),
        ("MarketWoundDown", 2),
        ("PositionSettled", 2),
        ("Checked", 2),
        ("RecoveryAnnounced", 2),
        ("RecoveryUndone", 1),
        ("RecoveryFrozen", 1),
        ("RecoveryCounted", 2),
        ("AccountsMarked", 4),
        ("QuotePotAssigned", 1),
        ("RecoveryPaid", 8),
        ("RecoveryMoneyAdded", 3),
        ("StakeChanged", 7),
    ] {
        let was = kinds.get(name).copied().unwrap_or(0);
        assert!(was >= least, "{name}: {was} of at least {least}");
    }
}

/// Members who speak, fall silent and are replaced; what they do at once, decide in a week, object
/// to and let expire; modes and what ends them; fees that are paid out.
#[test]
fn the_guardians_decisions_are_rebuilt_from_their_events_alone() {
    let kinds = kinds(&World::term());
    println!("{kinds:#?}");
    for (name, least) in [
        ("GuardianCreated", 1),
        ("HeartbeatNoted", 28),
        ("ProposalOpened", 20),
        ("ProposalAnswered", 45),
        ("ProposalExecuted", 15),
        ("ProposalExpired", 2),
        ("ProposalClosed", 10),
        ("MemberRestricted", 2),
        ("DeficitNoted", 2),
        ("TreasuryPaid", 1),
        ("ItemsChecked", 1),
    ] {
        let was = kinds.get(name).copied().unwrap_or(0);
        assert!(was >= least, "{name}: {was} of at least {least}");
    }
}

/// The interface file.
fn interface() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/bulwark.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Names and discriminators of all events, from the interface file.
fn of_the_interface() -> BTreeMap<String, Vec<u8>> {
    let idl = interface();
    let event = |event: &Value| {
        let name = event["name"].as_str().unwrap().to_string();
        let bytes = event["discriminator"].as_array().unwrap().iter();
        let byte = |byte: &Value| u8::try_from(byte.as_u64().unwrap()).unwrap();
        (name, bytes.map(byte).collect())
    };
    idl["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(event)
        .collect()
}

#[test]
fn every_event_of_the_interface_has_a_rule() {
    let listed = of_the_interface();
    assert!(listed.len() > 50, "{}", listed.len());
    let known: BTreeMap<_, _> = Event::each()
        .into_iter()
        .map(|(name, kind, blank)| (name.to_string(), (kind, blank)))
        .collect();
    for (name, discriminator) in &listed {
        let Some((kind, blank)) = known.get(name) else {
            panic!(
                "`bulwark verify` doesn't know {name}: name it in `events!` of \
                 crates/rebuild/src/event.rs, take it in a file of crates/rebuild/src/apply, and \
                 let a history of crates/svm/src/world/{{story,ending,term}}.rs tell it"
            );
        };
        assert!(blank.bytes().starts_with(discriminator), "{name}");
        let mut ledger = Ledger::default();
        let compartment = Compartment::new(Pubkey::default());
        ledger.compartments.insert(0, compartment);
        // With nothing in it no event fits, but something has to say why.
        if let Err(why) = ledger.take(blank) {
            let why = format!("{why:#}");
            assert!(
                !why.contains(NO_RULE),
                "{name} (kind {kind}) {why}: take it in a file of crates/rebuild/src/apply. An \
                 event that moves nothing there is named in listing.rs"
            );
        }
    }
    let names: BTreeSet<_> = listed.keys().collect();
    assert_eq!(names, known.keys().collect(), "events that are no more");
}

/// What no history here tells: it is rebuilt in the test of its own with `BULWARK_REBUILD=1`.
const ELSEWHERE: [&str; 1] = ["AccountMigrated"];

#[test]
fn every_event_of_the_interface_is_told_in_a_history() {
    let worlds = [World::story(200, 4), World::ending(), World::term()];
    let told: BTreeSet<_> = worlds
        .iter()
        .flat_map(kinds)
        .map(|(name, _)| name)
        .collect();
    for name in of_the_interface().keys() {
        let elsewhere = ELSEWHERE.contains(&name.as_str());
        assert!(
            told.contains(name.as_str()) != elsewhere,
            "{name}: let a history of crates/svm/src/world/{{story,ending,term}}.rs tell it"
        );
    }
}

/// One account of each kind that a history has, whole, as it lies on chain.
fn each_kind(world: &World) -> Vec<(&'static str, Pubkey, Vec<u8>)> {
    let deployment = &world.deployment;
    let (market, bank) = (deployment.markets[0], deployment.banks[0]);
    let follower = world.follower.as_ref().unwrap();
    let rebuilt = &follower.ledger.compartments[&world.plan.id];
    let mut kinds = vec![
        ("ProtocolState", deployment.protocol),
        ("GuardianState", derived::guardian()),
        ("CompartmentState", deployment.compartment),
        ("BoardState", deployment.board),
        ("BankState", bank.bank),
        ("BankState", deployment.banks[1].bank),
        ("MarketState", market.market),
        ("BookState", market.book),
        ("InsuranceState", deployment.insurance),
    ];
    kinds.extend(
        rebuilt
            .margins
            .keys()
            .take(1)
            .map(|key| ("MarginState", *key)),
    );
    kinds.extend(
        rebuilt
            .tickets
            .keys()
            .take(1)
            .map(|key| ("TicketState", *key)),
    );
    kinds.extend(
        rebuilt
            .stakes
            .keys()
            .take(1)
            .map(|key| ("StakeState", *key)),
    );
    let proposals = follower.ledger.proposals.keys().take(2);
    kinds.extend(proposals.map(|key| ("ProposalState", *key)));
    let records = rebuilt.records.all().take(1);
    kinds.extend(records.map(|(key, _)| ("RecoveryState", *key)));
    kinds
        .into_iter()
        .map(|(kind, key)| (kind, key, world.vm.data(address(key))[8..].to_vec()))
        .collect()
}

/// What is found of an account with these bytes.
fn found(world: &World, kind: &str, key: &Pubkey, bytes: &[u8]) -> Vec<String> {
    fn of<T: bytemuck::Pod>(bytes: &[u8]) -> Box<T> {
        let mut content: Box<T> = bytemuck::allocation::zeroed_box();
        bytemuck::bytes_of_mut(&mut *content).copy_from_slice(bytes);
        content
    }
    let ledger = &world.follower.as_ref().unwrap().ledger;
    let compare = |is: Found<'_>| differences(&ledger.compartments[&world.plan.id], key, &is);
    let above = |is: Above<'_>| differences_above(ledger, key, &is);
    match kind {
        "ProtocolState" => above(Above::Protocol(&of(bytes))),
        "GuardianState" => above(Above::Guardian(&of(bytes))),
        "ProposalState" => above(Above::Proposal(&of(bytes))),
        "CompartmentState" => compare(Found::Compartment(&of(bytes))),
        "BoardState" => compare(Found::Board(&of(bytes))),
        "BankState" => compare(Found::Bank(&of(bytes))),
        "MarketState" => compare(Found::Market(&of(bytes))),
        "BookState" => compare(Found::Book(&of(bytes))),
        "InsuranceState" => compare(Found::Insurance(&of(bytes))),
        "MarginState" => compare(Found::Margin(&of(bytes))),
        "TicketState" => compare(Found::Ticket(&of(bytes))),
        "StakeState" => compare(Found::Stake(&of(bytes))),
        "RecoveryState" => compare(Found::Recovery(&of(bytes))),
        _ => panic!("{kind} isn't compared"),
    }
}

/// Every kind of account of the interface is compared, and every byte of it.
#[test]
fn every_byte_of_every_account_is_compared() {
    let worlds = [World::story(120, 5), World::ending(), World::term()];
    let mut seen = BTreeSet::new();
    for (world, kind, key, bytes) in worlds.iter().flat_map(|world| {
        each_kind(world)
            .into_iter()
            .map(move |(a, b, c)| (world, a, b, c))
    }) {
        seen.insert(kind.to_string());
        assert!(found(world, kind, &key, &bytes).is_empty(), "{kind}");
        // A book has 74,000 bytes, one order like the other.
        let step = if bytes.len() > 20_000 { 97 } else { 1 };
        for at in (0..bytes.len()).step_by(step) {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            let silent = found(world, kind, &key, &bytes).is_empty();
            assert!(!silent, "{kind}: byte {at} isn't compared");
        }
    }
    assert_eq!(seen, of_the_interface_accounts());
}

fn of_the_interface_accounts() -> BTreeSet<String> {
    let accounts = interface()["accounts"].as_array().unwrap().clone();
    let names = accounts
        .iter()
        .map(|account| account["name"].as_str().unwrap().to_string());
    names.collect()
}

/// Instructions that change no account of the program.
const VIEWS: [&str; 3] = ["health_view", "margin_notice", "verify_claim"];
/// Instructions that no history here calls by themselves: each is told in the test of its own.
const CALLED_ELSEWHERE: [&str; 3] = ["call_off_settlement", "execute_upgrade", "migrate_account"];

/// What an instruction wrote without a word would be found by the comparison after each
/// transaction; here every instruction of the interface has been called, and has told it.
#[test]
fn every_instruction_tells_what_it_writes() {
    let worlds = [World::story(200, 4), World::ending(), World::term()];
    let idl = interface();
    let mut never = BTreeSet::new();
    for instruction in idl["instructions"].as_array().unwrap() {
        let name = instruction["name"].as_str().unwrap();
        let bytes = instruction["discriminator"].as_array().unwrap().iter();
        let bytes: Vec<_> = bytes.map(|byte| byte.as_u64().unwrap() as u8).collect();
        let kind: [u8; 8] = bytes.try_into().unwrap();
        let mut called = worlds
            .iter()
            .filter_map(|world| world.vm.dearest.get(&kind));
        if VIEWS.contains(&name) {
            let accounts = instruction["accounts"].as_array().unwrap();
            let writes = accounts.iter().any(|account| account["writable"] == true);
            assert!(!writes, "{name} is no view");
            continue;
        }
        match called.next() {
            Some(receipt) => {
                let tells = Recorded::of(&receipt.meta, 0).is_some();
                assert!(
                    tells,
                    "{name} tells nothing: emit an event of what it writes"
                );
            }
            None => {
                never.insert(name);
            }
        }
    }
    let elsewhere: BTreeSet<_> = CALLED_ELSEWHERE.into_iter().collect();
    assert_eq!(
        never, elsewhere,
        "let a history of crates/svm/src/world/{{story,ending,term}}.rs call what is missing here"
    );
}

/// The bump of a ticket's address is whatever its owner finds; a ticket where nobody would look for
/// it is rebuilt, and paid.
#[test]
fn a_ticket_at_another_bump_is_rebuilt() {
    let mut world = World::recorded();
    world.fund("alice", 100_000.0);
    world.advance(2 * 86_400);
    let ours = world.deployment.clone();
    let (owner, margin) = (world.wallet("alice"), world.margin_key("alice"));
    let key = pubkey(owner.pubkey());
    let tokens = pubkey(world.traders["alice"].tokens[USDC]);
    let (canonical, first) = derived::ticket_and_bump(&ours.banks[USDC].bank, &margin, 0);
    let number = 0_u64.to_le_bytes();
    let (other, bump) = (0..first)
        .rev()
        .find_map(|bump| {
            let parts: [&[u8]; 5] = [
                bulwark::seeds::TICKET,
                ours.banks[USDC].bank.as_ref(),
                margin.as_ref(),
                &number,
                &[bump],
            ];
            let found = Pubkey::create_program_address(&parts, &bulwark::ID).ok()?;
            Some((found, bump))
        })
        .unwrap();
    let moved = |mut act: Instruction| {
        for account in &mut act.accounts {
            if account.pubkey == canonical {
                account.pubkey = other;
            }
        }
        act
    };
    let all = (USDC, u64::MAX);
    let mut leave = moved(ours.withdraw(key, margin, all, tokens, Some(0), true));
    *leave.data.last_mut().unwrap() = bump;
    world.send(&[leave], &[&owner]).unwrap();
    assert_eq!(world.account("alice").ticket_count, 1);
    while world.account("alice").ticket_count != 0 {
        world.advance(86_400);
        let payer = pubkey(world.vm.payer.pubkey());
        let crank = moved(ours.crank_ticket(payer, key, margin, USDC, 0, tokens));
        world.send(&[crank], &[]).unwrap();
    }
}
