//! Instructions of the guardian and of Recovery.

use super::*;

/// One action of each kind, and each way to name an item.
pub fn actions() -> Vec<(&'static str, Action)> {
    let setting = |id, value| Setting { id, value };
    let mut settings = [Setting::default(); MAX_SETTINGS];
    settings[0] = setting(3, 1 << 40);
    settings[1] = setting(4, 5);
    let mut successors = [Successor::default(); MAX_SUBJECTS];
    successors[0] = Successor {
        membership: 1 << 33,
        key: [60; 32],
    };
    successors[1] = Successor {
        membership: 2,
        key: [61; 32],
    };
    let market = Subject::Market(1);
    vec![
        ("restrict", Action::Restrict(7, 3_600, 9)),
        (
            "restrictAll",
            Action::Restrict(ALL_COMPARTMENTS, 259_200, 300),
        ),
        ("tighten", Action::Tighten(7, market, setting(2, 0))),
        ("pause", Action::Pause(7, 60, 1)),
        ("revoke", Action::Revoke(7, 3, 600)),
        ("relax", Action::Relax(7, 1 << 40)),
        (
            "setParameters",
            Action::SetParameters(7, Subject::Bank(2), 2, settings),
        ),
        (
            "setInsurance",
            Action::SetParameters(7, Subject::Compartment, 1, settings),
        ),
        ("addMember", Action::AddMember([60; 32])),
        ("removeMembers", Action::RemoveMembers(2, successors)),
        ("setDelays", Action::SetDelays(700_000, 200_000, 250)),
        ("setVeto", Action::SetVeto([62; 32])),
        ("list", Action::List(7, [63; 32])),
        ("setOracle", Action::SetOracle(7, 2, 1, 3, [64; 32])),
        ("windDown", Action::WindDown(7, market)),
        ("payTreasury", Action::PayTreasury(7, 1 << 40)),
        ("announceRecovery", Action::AnnounceRecovery(7)),
        ("upgrade", Action::Upgrade([65; 32], [66; 32])),
        (
            "incidentUpgrade",
            Action::IncidentUpgrade([65; 32], [66; 32]),
        ),
    ]
}

pub fn guardian(d: &Deployment) -> Vec<(String, Instruction)> {
    let quote = Quote {
        slot: 1 << 40,
        hash: [70; 32],
    };
    let args = |scope| RestrictArgs {
        scope,
        seconds: 3_600,
        reason: 9,
        quote,
    };
    let spoken = d.decided(&Action::WindDown(7, Subject::Market(1)));
    let members = [60, 61, 62, 63, 64].map(key);
    let mut listings = creations(d).into_iter();
    let market = listings.find(|(name, _)| *name == "createMarket");
    let (_, market) = market.unwrap();
    let own = [
        (
            "createGuardian",
            d.create_guardian(key(20), &members, Some(key(69))),
        ),
        ("heartbeat", d.heartbeat(key(60))),
        (
            "approveProposal",
            d.approve_proposal(key(60), 5, [7; 32], quote),
        ),
        ("objectToProposal", d.object_to_proposal(key(60), 5, quote)),
        (
            "executeProposal",
            d.execute_proposal(key(41), 5, &spoken.unwrap_or_default()),
        ),
        (
            "executeUpgrade",
            d.execute_upgrade(key(41), 5, key(65), key(60)),
        ),
        ("payTreasury", d.pay_treasury(key(41), 5, key(40))),
        ("createMarketDecided", Deployment::by_decision(market, 5)),
        ("expireProposal", d.expire_proposal(key(41), 5)),
        ("closeProposal", d.close_proposal(key(41), 5, key(60))),
        (
            "restrict",
            d.restrict(key(60), args(7), Some(d.compartment)),
        ),
        ("restrictAll", d.restrict(key(60), args(u16::MAX), None)),
    ];
    let own = own.map(|(name, one)| (name.to_string(), one));
    let proposed = actions().into_iter().map(|(name, action)| {
        let one = d.propose(key(60), 5, &action, quote).unwrap();
        (format!("propose.{name}"), one)
    });
    own.into_iter().chain(proposed).collect()
}

pub fn recovery(d: &Deployment) -> Vec<(&'static str, Instruction)> {
    let margin = d.margin(&key(8), 513);
    let node = |hash, sum| ProofNode {
        hash: [hash; 32],
        sum,
    };
    let path = vec![node(80, 1 << 40), node(81, 2)];
    let verify = d.verify_claim(
        3,
        margin,
        path.clone(),
        Some(node(82, 3)),
        vec![node(83, 4)],
    );
    vec![
        ("noteDeficit", d.note_deficit(key(41))),
        (
            "announceRecovery",
            d.announce_recovery(key(41), Cause::Deficit, 3, None),
        ),
        (
            "announceDecided",
            d.announce_recovery(key(41), Cause::Guardian, 3, Some(5)),
        ),
        ("undoRecovery", d.undo_recovery(key(41), 3)),
        ("freezeRecovery", d.freeze_recovery(key(41), 3)),
        ("countRecovery", d.count_recovery(key(41), 3, [2, 0], [1])),
        (
            "markAccounts",
            d.mark_accounts(key(41), 3, &[margin, key(51)], None),
        ),
        (
            "markPaid",
            d.mark_accounts(key(41), 3, &[margin], Some(key(40))),
        ),
        ("beginAudit", d.begin_audit(key(41))),
        ("closeAudit", d.close_audit(key(41))),
        ("assignClaims", d.assign_claims(key(41), margin, key(51))),
        ("openQuotePot", d.open_quote_pot(key(41), 3)),
        (
            "claimRecovery",
            d.claim_recovery(key(41), 3, margin, 1, key(40)),
        ),
        (
            "addRecoveryMoney",
            d.add_recovery_money(key(41), 3, 1, key(40), 77),
        ),
        ("verifyClaim", verify),
        (
            "verifyClaimLast",
            d.verify_claim(3, margin, path, None, vec![]),
        ),
    ]
}
