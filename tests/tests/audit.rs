//! The audit epoch on the bytecode: Recovery rehearsed in Normal, with no hand on anybody's money.

use bulwark::error::BulwarkError;
use bulwark_client::Pubkey;
use bulwark_core::recovery::{AUDIT, AUDIT_EVERY, AUDIT_LASTS, DEADLINE};
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{
    BTC, PEOPLE, SOL, SOL_PERP, USDC, World, bid, expect_error, scaled, usdc,
};
use solana_signer::Signer;

fn venue() -> World {
    let mut world = World::new().people(&[]);
    world.advance(60);
    world.price(SOL, 104.0);
    world.post_minutes(31);
    world
}

fn audited(world: &mut World, names: &[&'static str]) {
    world.begin_audit().unwrap();
    world.audit_count().unwrap();
    world.audit_mark(names).unwrap();
}

/// Everything of the compartment that money depends on, byte by byte.
fn books(world: &World) -> Vec<Vec<u8>> {
    let ours = &world.deployment;
    let bytes = |key: Pubkey| world.vm.data(bulwark_svm::vm::address(key));
    let banks = ours.banks.iter().flat_map(|bank| [bank.bank, bank.vault]);
    let markets = ours
        .markets
        .iter()
        .flat_map(|market| [market.market, market.book]);
    let rest = [ours.compartment, ours.board, ours.insurance];
    banks.chain(markets).chain(rest).map(bytes).collect()
}

#[test]
fn an_audit_leaves_a_dated_root_and_totals_that_are_the_ledgers() {
    let mut world = venue();
    let began = world.now();
    audited(&mut world, &["carol", "alice"]);
    expect_error(world.close_audit(), BulwarkError::TooEarly);
    expect_error(world.audit_mark(&["carol"]), BulwarkError::AlreadyMarked);
    // Trading goes on meanwhile, and who trades is marked as he is then.
    world.advance(30);
    world.refresh_all();
    world.audit_mark(&["bella", "maker", "plain"]).unwrap();
    world.close_audit().unwrap();
    let record = world.audit_record();
    assert_eq!(record.epoch, AUDIT | 1);
    assert_eq!((record.leaves, record.live_count), (5, 5));
    assert_eq!(record.announced_at, began.unix);
    assert_ne!(record.root.hash, [0; 32]);
    // Nobody was marked before, so nobody is known to stand as he did.
    assert_eq!((record.changed, record.quote_marked.get()), (5, 0));
    let owed = record.quote_frozen.get();
    let told = record.changed_quote.get();
    assert!(owed - told <= 5 && told <= owed, "{told} of {owed}");
    for bank in [SOL, BTC] {
        let seat = &record.banks[bank];
        assert_eq!(seat.seized_paid, seat.claims, "bank {bank}");
        assert_eq!(seat.assigned, seat.claims, "all of it is there");
    }
    let slots = PEOPLE.map(|name| world.account(name).shadow.slot);
    assert!(slots[0] < slots[1], "leaves carry their slots: {slots:?}");

    // The next day: one has moved, the others stand in a sum of their own.
    world.advance(AUDIT_EVERY.cast_signed());
    for _ in 0..31 {
        world.advance(60);
        world.refresh_all();
    }
    world.withdraw("plain", USDC, usdc(100.0));
    audited(&mut world, &PEOPLE);
    world.close_audit().unwrap();
    let record = world.audit_record();
    assert_eq!((record.epoch, record.changed), (AUDIT | 2, 1));
    assert_eq!(record.changed_quote.get(), i128::from(usdc(7_900.0)));
    let told = record.quote_marked.get() + record.changed_quote.get();
    let owed = record.quote_frozen.get();
    assert!(owed - told <= 5 && told <= owed, "{told} of {owed}");
    assert_eq!(record.banks[SOL].paid, record.banks[SOL].claims);
    assert_eq!(record.banks[SOL].seized_paid, 0);
}

#[test]
fn a24_an_audit_changes_nothing_that_money_depends_on() {
    let mut world = venue();
    // Not even where money is missing and nobody has noticed.
    world.steal(SOL, scaled(50.0, 9));
    let before = (books(&world), PEOPLE.map(|name| world.account(name)));
    audited(&mut world, &PEOPLE);
    world.close_audit().unwrap();
    assert!(before.0 == books(&world), "a book has changed");
    for (name, before) in PEOPLE.iter().zip(before.1) {
        let mut after = world.account(name);
        let shadow = after.shadow;
        assert_eq!((shadow.epoch, shadow.audit_epoch), (0, AUDIT | 1));
        assert_eq!((shadow.paid, shadow.kept_paid), (0, [0; 8]));
        after.shadow = before.shadow;
        let same = bytemuck::bytes_of(&*before) == bytemuck::bytes_of(&*after);
        assert!(same, "{name}");
    }
    // The venue trades on as before.
    world.place("maker", SOL_PERP, bid(1.0, 100.0));
    assert_eq!(world.withdraw("plain", USDC, usdc(100.0)), (usdc(100.0), 0));
}

#[test]
fn a24_an_audits_record_and_marks_are_no_recoverys() {
    let mut world = venue();
    audited(&mut world, &PEOPLE);
    world.close_audit().unwrap();
    let carol = world.margin_key("carol");
    let tokens = pubkey(world.trader("carol").tokens[SOL]);
    let owner = world.wallet("carol");
    let key = pubkey(owner.pubkey());
    let acts = [
        world
            .deployment
            .claim_recovery(key, AUDIT, carol, SOL, tokens),
        world
            .deployment
            .add_recovery_money(key, AUDIT, SOL, tokens, 0),
        world.deployment.open_quote_pot(key, AUDIT),
        world.deployment.freeze_recovery(key, AUDIT),
        world.deployment.undo_recovery(key, AUDIT),
    ];
    for act in acts {
        let refused = world.send(&[act], &[&owner]);
        expect_error(refused, BulwarkError::WrongRecovery);
    }
    world.begin_audit().unwrap_err();

    // A real Recovery marks everybody anew; the audit is closed to it from the announcement on.
    world.announce_by_guardian().unwrap();
    world.advance(AUDIT_EVERY.cast_signed());
    expect_error(world.begin_audit(), BulwarkError::ModeForbids);
    world.pass_notice();
    world.freeze().unwrap();
    world.count_all().unwrap();
    expect_error(world.try_claim("carol", SOL), BulwarkError::NotMarked);
    world.mark_all(&PEOPLE).unwrap();
    let shadow = world.account("carol").shadow;
    // Long after every pause has ended the record of the mode says Normal, the phase doesn't.
    world.advance(DEADLINE.cast_signed());
    expect_error(world.begin_audit(), BulwarkError::ModeForbids);
    expect_error(world.audit_mark(&["carol"]), BulwarkError::ModeForbids);
    expect_error(world.close_audit(), BulwarkError::ModeForbids);
    assert_eq!(world.account("carol").shadow, shadow);
    assert_eq!(world.claim("carol", SOL), scaled(40.0, 9));
    // Nor does a Recovery pass for an audit.
    let epoch = world.epoch();
    let real = world.deployment.recovery(epoch);
    let closed = world.by_stranger(|world, key| {
        let mut close = world.deployment.close_audit(key);
        let record = world.deployment.recovery(AUDIT);
        let place = close.accounts.iter().position(|at| at.pubkey == record);
        close.accounts[place.expect("the record")].pubkey = real;
        close
    });
    expect_error(closed, BulwarkError::WrongRecovery);
}

#[test]
fn audits_begin_once_in_twenty_hours_and_end_after_one_whoever_is_missing() {
    let mut world = venue();
    expect_error(audit_before(&mut world), BulwarkError::WrongRecovery);
    world.begin_audit().unwrap();
    expect_error(world.audit_mark(&["carol"]), BulwarkError::RecoveryPhase);
    world.audit_count().unwrap();
    expect_error(world.audit_count(), BulwarkError::RecoveryPhase);
    world.audit_mark(&["carol"]).unwrap();
    world.advance(AUDIT_LASTS.cast_signed());
    expect_error(world.begin_audit(), BulwarkError::TooEarly);
    world.close_audit().unwrap();
    expect_error(world.close_audit(), BulwarkError::RecoveryPhase);
    expect_error(world.audit_mark(&["alice"]), BulwarkError::RecoveryPhase);
    world.advance((AUDIT_EVERY - AUDIT_LASTS).cast_signed() - 1);
    expect_error(world.begin_audit(), BulwarkError::TooEarly);
    world.advance(1);
    world.begin_audit().unwrap();
}

/// Marking into the record of another compartment's audit.
fn audit_before(world: &mut World) -> bulwark_svm::world::Outcome {
    world.begin_audit().unwrap();
    let key = world.deployment.recovery(AUDIT);
    world.corrupt::<bulwark_state::Recovery>(key, |record| record.compartment[0] ^= 1);
    let refused = world.audit_count();
    world.corrupt::<bulwark_state::Recovery>(key, |record| {
        record.compartment[0] ^= 1;
        record.announced_at = 0;
    });
    world.audited = true;
    refused
}
