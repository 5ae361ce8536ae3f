//! What people try, or suffer, in a Recovery: frozen mints, lost token accounts, accounts made and
//! closed meanwhile, addresses paid into beforehand, crowds that interleave. Nobody else notices.

use bulwark::error::BulwarkError;
use bulwark_core::recovery::AUDIT;
use bulwark_svm::drill::Venue;
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::world::{BTC, PEOPLE, SOL, USDC, World, expect_error, scaled, usdc};
use solana_signer::Signer;

fn venue() -> World {
    let mut world = World::new().people(&["mallory"]);
    world.post_minutes(31);
    world
}

fn counted() -> World {
    let mut world = venue();
    world.announce_by_guardian().unwrap();
    world.pass_notice();
    world.freeze().unwrap();
    world.count_all().unwrap();
    world
}

#[test]
fn lamports_at_its_address_keep_no_recovery_and_no_audit_from_being_made() {
    let mut world = venue();
    for epoch in [1, AUDIT] {
        let key = world.deployment.recovery(epoch);
        world.vm.fund(address(key), 1);
    }
    world.begin_audit().unwrap();
    world.announce_by_guardian().unwrap();
    assert_eq!(world.recovery().epoch, 1);
    // Nor is anything in the way that claims write: they make no account.
    world.pass_notice();
    world.freeze().unwrap();
    world.count_all().unwrap();
    world.mark_all(&PEOPLE).unwrap();
    world.open_pot().unwrap();
}

#[test]
fn accounts_made_after_the_announcement_count_and_none_is_made_or_closed_after_the_freeze() {
    let mut world = venue();
    world.trader("early");
    world.announce_by_guardian().unwrap();
    world.trader("late");
    world.pass_notice();
    world.freeze().unwrap();
    world.count_all().unwrap();
    assert_eq!(world.recovery().live_count, 5);
    let owner = world.wallet("late");
    let key = pubkey(owner.pubkey());
    let nobody = bulwark_client::Pubkey::default();
    let made = world.deployment.create_margin_account(key, 7, nobody);
    expect_error(world.send(&[made], &[&owner]), BulwarkError::ModeForbids);
    let close = world
        .deployment
        .close_margin_account(key, world.deployment.margin(&key, 0), false);
    expect_error(world.send(&[close], &[&owner]), BulwarkError::ModeForbids);
    // Empty ones and addresses without an account are nobody's work and no way in.
    expect_error(
        world.mark_all(&["early", "late"]),
        BulwarkError::AlreadyMarked,
    );
    let never = world.deployment.margin(&key, 7);
    let epoch = world.epoch();
    let marked = world.by_stranger(|world, caller| {
        let ours = &world.deployment;
        ours.mark_accounts(caller, epoch, &[never], None)
    });
    assert!(marked.is_err(), "there is no account");
    world.mark_all(&PEOPLE).unwrap();
    world.open_pot().unwrap();
}

#[test]
fn a_lost_token_account_delays_its_owner_and_nobody_else() {
    let mut world = counted();
    world.mark_all(&PEOPLE).unwrap();
    world.open_pot().unwrap();
    let token = world.trader("carol").tokens[SOL];
    world.freeze_tokens(SOL, token, true);
    expect_error(
        world.try_claim("carol", SOL),
        BulwarkError::TokenAccountFrozen,
    );
    // Her other token, and everybody else's of this one, are paid.
    assert_eq!(world.claim("carol", BTC), scaled(0.5, 8));
    assert!(world.claim("plain", USDC) > 0);
    world.freeze_tokens(SOL, token, false);
    assert_eq!(world.claim("carol", SOL), scaled(40.0, 9));
}

#[test]
fn a_frozen_mint_blocks_its_own_payments_until_it_thaws_and_nothing_else() {
    let mut world = counted();
    world.freeze_vault(SOL, true);
    world.mark_all(&PEOPLE).unwrap();
    expect_error(world.try_claim("carol", SOL), BulwarkError::VaultFrozen);
    assert_eq!(world.claim("carol", BTC), scaled(0.5, 8));
    world.open_pot().unwrap();
    for name in ["alice", "maker", "plain"] {
        assert!(world.claim(name, USDC) > 0, "{name}");
    }
    world.freeze_vault(SOL, false);
    assert_eq!(world.claim("carol", SOL), scaled(40.0, 9));
}

/// Accounts of the ordinary test run; `BULWARK_CROWD` asks for more.
fn crowd() -> usize {
    let asked = std::env::var("BULWARK_CROWD").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(200)
}

/// 200 accounts on the bytecode: two crowds mark and claim in different orders, each disturbed in
/// its own way; everybody has the same in the end.
#[test]
fn inv_claim_two_hundred_accounts_on_the_bytecode_in_two_orders() {
    let quiet = |_: &str, _: u64, _: u64| {};
    let crowd = crowd();
    let venue = Venue::new(crowd, &quiet).unwrap();
    let settle = |seed: usize| {
        let mut world = venue.fork();
        world.trader("mallory");
        world.steal(USDC, world.vault(USDC) / 3);
        world.steal(SOL, world.vault(SOL) / 5);
        world.create_guardian(5).unwrap();
        world.announce_by_guardian().unwrap();
        world.pass_notice();
        world.freeze().unwrap();
        world.count_all().unwrap();
        let n = venue.names.len();
        // A permutation: no factor in common.
        let step = [77, 123][seed];
        assert!(
            [3, 7, 11, 41].iter().all(|prime| n % prime != 0),
            "{n} accounts"
        );
        let order: Vec<&'static str> = (0..n).map(|i| venue.names[i * step % n]).collect();
        for (at, names) in order.chunks(13).enumerate() {
            world.mark_all(names).unwrap();
            disturb(&mut world, names[0], at + seed);
        }
        world.open_pot().unwrap();
        world.add_money("mallory", USDC, usdc(10_000.0)).unwrap();
        for name in order.iter().rev() {
            for bank in [SOL, USDC, BTC] {
                let _ = world.try_claim(name, bank);
                let again = world.try_claim(name, bank);
                assert!(again.is_err(), "nothing twice");
            }
        }
        let paid = |bank| -> Vec<u64> {
            let names = venue.names.iter();
            names.map(|name| world.tokens_of(name, bank)).collect()
        };
        let paid: Vec<_> = [USDC, SOL, BTC].into_iter().map(paid).collect();
        world.audit();
        (paid, [USDC, SOL, BTC].map(|bank| world.vault(bank)))
    };
    let (first, second) = (settle(0), settle(1));
    assert!(first.0 == second.0, "the order changes a payment");
    // What is left is dust: less than a unit a claim and component.
    let left = first.1[USDC];
    assert!(left <= 2 * crowd as u64, "{left} units of quote are left");
}

/// Somebody in between tries everything that moves money.
fn disturb(world: &mut World, name: &'static str, number: usize) {
    let refused = match number % 4 {
        0 => world.try_withdraw(name, USDC, 1),
        1 => world.mark_all(&[name]),
        2 => world.open_pot(),
        _ => {
            world.give("mallory", SOL, 1_000);
            world.try_deposit("mallory", SOL, 1_000)
        }
    };
    assert!(refused.is_err(), "attempt {number}");
    let _ = world.try_claim(name, SOL);
}
