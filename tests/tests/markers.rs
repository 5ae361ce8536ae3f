//! What markers are paid, and what an account's claims are worth to somebody else: both move tokens
//! in a Recovery, neither changes what anybody is owed.

use bulwark::error::BulwarkError;
use bulwark_client::Pubkey;
use bulwark_core::recovery::MARK_REWARD;
use bulwark_state::Bank;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{Outcome, PEOPLE, SOL, USDC, World, expect_error, scaled, usdc};
use solana_signer::Signer;

fn venue() -> World {
    let mut world = World::new().people(&["mallory", "donor", "marker"]);
    world.post_minutes(31);
    world
}

/// Fees above their floor: `spare` of them, UsdE6.
fn spare_fees(world: &mut World, spare: i64) {
    let bank = world.deployment.banks[USDC].bank;
    let markets: i64 = world
        .read_all()
        .markets
        .iter()
        .map(|(m, _)| m.deltas.fees)
        .sum();
    world.corrupt::<Bank>(bank, |bank| {
        let fees = bank.totals.fees + markets;
        bank.totals.fee_floor_e6 = u32::try_from(fees - spare).unwrap();
    });
    world.audited = true;
}

fn counted(world: &mut World) {
    world.announce_by_guardian().unwrap();
    world.pass_notice();
    world.freeze().unwrap();
    world.count_all().unwrap();
}

#[test]
fn markers_are_paid_for_first_marks_out_of_spare_fees() {
    let mut world = venue();
    spare_fees(&mut world, 9_000);
    world.steal(USDC, usdc(50_000.0));
    counted(&mut world);
    assert_eq!(world.recovery().rewards, 9_000);
    let quote = world.recovery().banks[USDC];
    let paid = |world: &mut World| world.tokens_of("marker", USDC);
    world.mark_for("marker", &["carol", "alice"]).unwrap();
    assert_eq!(paid(&mut world), 2 * MARK_REWARD);
    // Marked ones are worth nothing again, and an empty account never is.
    let again = world.mark_for("marker", &["carol", "alice", "donor"]);
    expect_error(again, BulwarkError::AlreadyMarked);
    world.mark_for("marker", &["carol", "bella"]).unwrap();
    assert_eq!(paid(&mut world), 3 * MARK_REWARD);
    // Who asks for nothing is paid nothing, and what he could have had returns to the pot.
    world.mark_all(&["maker"]).unwrap();
    world.mark_for("marker", &["plain"]).unwrap();
    assert_eq!(paid(&mut world), 4 * MARK_REWARD);
    world.open_pot().unwrap();
    let recovery = world.recovery();
    assert_eq!((recovery.rewarded, recovery.rewards), (8_000, 8_000));
    assert_eq!(recovery.banks[USDC].assigned, quote.assigned + 1_000);
    // To the unit: what was there is with claimants, with markers, or still there.
    let people = ["alice", "maker", "plain"].map(|name| world.claim(name, USDC));
    let left = world.vault(USDC);
    let had = quote.assigned + 9_000;
    assert_eq!(people.iter().sum::<u64>() + 8_000 + left, had);
    assert!(left < 3, "the last claimant empties the pot: {left}");
}

#[test]
fn markers_are_paid_nothing_below_the_floor_of_fees() {
    let mut world = venue();
    counted(&mut world);
    assert_eq!(world.recovery().rewards, 0);
    world.mark_for("marker", &PEOPLE).unwrap();
    assert_eq!(world.tokens_of("marker", USDC), 0);
    assert_eq!(world.recovery().rewarded, 0);
}

#[test]
fn a_markers_reward_goes_to_a_quote_account_and_nowhere_else() {
    let mut world = venue();
    spare_fees(&mut world, 1_000_000);
    counted(&mut world);
    let sol = pubkey(world.trader("mallory").tokens[SOL]);
    let own = pubkey(world.trader("mallory").tokens[USDC]);
    let carol = world.margin_key("carol");
    let epoch = world.epoch();
    let [quote, other] = [USDC, SOL].map(|bank| world.deployment.banks[bank]);
    let mark = |world: &mut World, to: Pubkey, swap: &[(Pubkey, Pubkey)]| -> Outcome {
        world.by_stranger(|world, key| {
            let ours = &world.deployment;
            let mut mark = ours.mark_accounts(key, epoch, &[carol], Some(to));
            for (from, into) in swap {
                let at = mark.accounts.iter_mut().find(|at| at.pubkey == *from);
                at.expect("the account").pubkey = *into;
            }
            mark
        })
    };
    let refused = mark(&mut world, quote.vault, &[]);
    expect_error(refused, BulwarkError::DuplicateAccount);
    let refused = mark(&mut world, carol, &[]);
    expect_error(refused, BulwarkError::WrongTokenAccount);
    assert!(
        mark(&mut world, sol, &[]).is_err(),
        "another mint's account"
    );
    let bank = mark(&mut world, own, &[(quote.bank, other.bank)]);
    expect_error(bank, BulwarkError::WrongBank);
    let vault = mark(&mut world, own, &[(quote.vault, other.vault)]);
    expect_error(vault, BulwarkError::WrongVault);
    let mint = mark(&mut world, own, &[(quote.mint, other.mint)]);
    expect_error(mint, BulwarkError::WrongMint);
    let everything = [
        (quote.bank, other.bank),
        (quote.vault, other.vault),
        (quote.mint, other.mint),
    ];
    let all = mark(&mut world, sol, &everything);
    expect_error(all, BulwarkError::WrongBank);
    assert_eq!(world.recovery().marked, 0);
    mark(&mut world, own, &[]).unwrap();
    assert_eq!(world.tokens_of("mallory", USDC), MARK_REWARD);
}

fn assign(world: &mut World, by: &'static str, of: &'static str, to: &'static str) -> Outcome {
    let (margin, signer) = (world.margin_key(of), world.wallet(by));
    let to = pubkey(world.wallet(to).pubkey());
    let key = pubkey(signer.pubkey());
    let act = world.deployment.assign_claims(key, margin, to);
    world.send(&[act], &[&signer])
}

/// `by` has what `of` is owed paid into `to`'s token account.
fn claim_to(world: &mut World, by: &'static str, of: &'static str, to: &'static str) -> Outcome {
    let destination = pubkey(world.trader(to).tokens[USDC]);
    let (margin, epoch, signer) = (world.margin_key(of), world.epoch(), world.wallet(by));
    let key = pubkey(signer.pubkey());
    let claim = world
        .deployment
        .claim_recovery(key, epoch, margin, USDC, destination);
    world.send(&[claim], &[&signer])
}

#[test]
fn a_recoverys_claims_are_assigned_once_by_their_owner_and_pay_the_same() {
    let mut world = venue();
    world.steal(USDC, usdc(50_000.0));
    counted(&mut world);
    let early = assign(&mut world, "plain", "plain", "mallory");
    expect_error(early, BulwarkError::NothingDue);
    world.mark_all(&PEOPLE).unwrap();
    let thief = assign(&mut world, "mallory", "plain", "mallory");
    expect_error(thief, BulwarkError::NotOwner);
    let own = assign(&mut world, "plain", "plain", "plain");
    expect_error(own, BulwarkError::BadValue);
    world.open_pot().unwrap();
    let recovery = world.recovery();
    assign(&mut world, "plain", "plain", "mallory").unwrap();
    for (by, to) in [("plain", "donor"), ("mallory", "donor")] {
        let again = assign(&mut world, by, "plain", to);
        let error = match by {
            "plain" => BulwarkError::ClaimsAssigned,
            _ => BulwarkError::NotOwner,
        };
        expect_error(again, error);
    }
    assert_eq!(world.recovery().classes, recovery.classes, "claims stand");
    // Neither the seller nor a stranger is paid; the buyer is, what the seller would have been.
    let seller = claim_to(&mut world, "plain", "plain", "plain");
    expect_error(seller, BulwarkError::WrongTokenAccount);
    let stranger = claim_to(&mut world, "donor", "plain", "donor");
    expect_error(stranger, BulwarkError::WrongTokenAccount);
    claim_to(&mut world, "mallory", "plain", "mallory").unwrap();
    let seat = &recovery.classes[0];
    let due = u128::from(usdc(8_000.0)) * u128::from(seat.assigned[USDC]) / seat.claims.get();
    assert_eq!(u128::from(world.tokens_of("mallory", USDC)), due);
    let twice = claim_to(&mut world, "mallory", "plain", "mallory");
    expect_error(twice, BulwarkError::NothingDue);
}

#[test]
fn a_residual_claim_is_assigned_by_an_account_with_nothing_else() {
    let mut world = venue();
    world.deposit("dora", SOL, scaled(40.0, 9));
    world.steal(SOL, scaled(90.0, 9));
    let full = assign(&mut world, "dora", "dora", "mallory");
    expect_error(full, BulwarkError::NothingDue);
    // What she isn't paid is a hole no more.
    let leaves = |world: &mut World| world.withdraw("dora", SOL, scaled(40.0, 9));
    let (paid, queued) = world.allow_stock_change(leaves);
    assert_eq!((paid, queued), (scaled(20.0, 9), 0));
    assign(&mut world, "dora", "dora", "mallory").unwrap();
    world.give("donor", SOL, scaled(90.0, 9));
    world.recapitalise("donor", SOL, scaled(90.0, 9)).unwrap();
    let collect = |world: &mut World, by: &'static str, to: &'static str| {
        let (margin, signer) = (world.margin_key("dora"), world.wallet(by));
        let to = pubkey(world.trader(to).tokens[SOL]);
        let key = pubkey(signer.pubkey());
        let act = world.deployment.collect_residual(key, margin, SOL, to);
        world.send(&[act], &[&signer])
    };
    let seller = collect(&mut world, "dora", "dora");
    expect_error(seller, BulwarkError::WrongTokenAccount);
    let before = world.tokens_of("mallory", SOL);
    collect(&mut world, "mallory", "mallory").unwrap();
    assert!(world.tokens_of("mallory", SOL) > before);
}
