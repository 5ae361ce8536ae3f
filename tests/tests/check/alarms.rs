//! What an alarm stops, costs and pays, and that nobody drowns it.

use super::*;

#[test]
fn between_corruption_and_latch_no_more_leaves_than_the_bucket_holds() {
    let mut world = venue();
    world.advance(2 * DAY);
    world.refresh_all();
    world.touch_bank(SOL);
    world.touch_bank(USDC);
    // A bug makes mallory and the bank believe in 10,000 SOL that nobody brought.
    world.deposit("mallory", SOL, scaled(1.0, 9));
    let (margin, key) = (
        world.margin_key("mallory"),
        world.deployment.banks[SOL].bank,
    );
    let forged = scaled(10_000.0, 9);
    world.corrupt::<MarginAccount>(margin, |account| account.collaterals[0].amount += forged);
    world.corrupt::<Bank>(key, |bank| bank.claims += forged);
    let before = world.vault(SOL);
    let own = scaled(1.0, 9);
    // He takes what he can, at once and in parts. The base is $100,000, 1,000 SOL: 1 % an hour.
    for _ in 0..5 {
        let _ = world.try_withdraw("mallory", SOL, forged / 5);
    }
    let left = before - world.vault(SOL);
    println!("{left} at once, of {own} of his own");
    // Not because nothing left at all: claims of his own and of the hour's bucket are paid, with
    // what each is worth by then, a twentieth, since the vault holds 511 SOL for 10,511.
    assert!(left > scaled(0.4, 9), "{left}");
    assert!(left <= (own + scaled(10.0, 9)) / 20, "{left}");
    world.check(&bank(SOL)).unwrap();
    assert_eq!(world.mode(), Mode::Paused);
    // In the day after, everyone's outflow together: a quarter of a tenth, and what was full.
    for _ in 0..24 {
        world.advance(HOUR);
        for number in 0..5 {
            let _ = world.try_crank("mallory", SOL, number);
        }
        world.check(&bank(SOL)).unwrap();
    }
    let day = before - world.vault(SOL);
    println!("{day} within the day after it");
    assert!(day > left, "{day}");
    assert!(day <= own + scaled(10.0 + 25.0 + 1.0, 9), "{day}");
}

/// The same of quote, believed of an account with a position: it draws on the bank's buckets and on
/// the compartment's.
#[test]
fn between_corruption_and_latch_no_more_quote_leaves_either() {
    let mut world = venue();
    world.fund("mallory", 2_000.0);
    world.advance(2 * DAY);
    world.refresh_all();
    world.touch_bank(USDC);
    world.trade("mallory", "maker", SOL_PERP, 1.0, 100.0);
    let claims = world.bank(USDC).totals.positive.unsigned_abs();
    let (margin, key) = (
        world.margin_key("mallory"),
        world.deployment.banks[USDC].bank,
    );
    let forged = usdc(1_000_000.0);
    world.corrupt::<MarginAccount>(margin, |account| account.quote += forged.cast_signed());
    world.corrupt::<Bank>(key, |bank| bank.totals.positive += forged.cast_signed());
    let before = world.vault(USDC);
    for _ in 0..5 {
        let _ = world.try_withdraw("mallory", USDC, forged / 5);
    }
    let left = before - world.vault(USDC);
    println!("{left} at once of {claims} of claims");
    assert!(left > 0, "the bucket is open");
    // The mean of what was there counts, not what was forged: 1 % of it in the hour.
    assert!(left <= claims / 100, "{left}");
    let quote = Items {
        quote: true,
        ..Items::default()
    };
    world.check(&quote).unwrap();
    assert_eq!(world.mode(), Mode::Paused);
    assert_eq!(world.compartment().broken.banks_missing, 1);
}

/// Insurance believed larger than what backs it is a hole in the quote bank like any other.
#[test]
fn insurance_that_holds_more_than_the_vault_is_the_quote_banks_bit() {
    let mut world = venue();
    world.fund_insurance(10_000.0);
    let key = world.deployment.insurance;
    world.corrupt::<bulwark_state::Insurance>(key, |insurance| {
        insurance.balance += usdc(5_000.0);
    });
    world.check(&bank(SOL)).unwrap();
    assert_eq!(
        world.mode(),
        Mode::Normal,
        "another item says nothing of it"
    );
    let quote = Items {
        quote: true,
        ..Items::default()
    };
    world.check(&quote).unwrap();
    assert_eq!(world.compartment().broken.banks, 1);
    assert_ne!(world.mode(), Mode::Normal);
}

/// Who finds it may roll his own look back, with a transaction that fails; in the same slot a
/// stranger's look latches it, and his later acts find it latched.
#[test]
fn a_look_that_its_finder_rolls_back_is_anybodys_in_the_same_slot() {
    let mut world = venue();
    world.steal(SOL, scaled(51.0, 9));
    let thief = world.wallet("mallory");
    let key = bulwark_svm::vm::pubkey(solana_signer::Signer::pubkey(&thief));
    let look = world.deployment.check(key, &bank(SOL), None);
    let fails = world.deployment.heartbeat(key);
    let slot = world.now().slot;
    assert!(world.send(&[look, fails], &[&thief]).is_err());
    assert_eq!(world.mode(), Mode::Normal, "rolled back");
    world.check(&bank(SOL)).unwrap();
    assert_eq!(world.mode(), Mode::Paused);
    assert_eq!(world.now().slot, slot);
}

#[test]
fn huge_damage_is_a_finding_too_not_an_error() {
    let mut world = venue();
    let (quote, sol) = (
        world.deployment.banks[USDC].bank,
        world.deployment.banks[SOL].bank,
    );
    world.corrupt::<Bank>(quote, |bank| bank.totals.positive = i64::MAX);
    world.corrupt::<Bank>(sol, |bank| bank.claims = u64::MAX);
    world.check_all().unwrap();
    let broken = world.compartment().broken;
    assert_eq!(broken.banks, 0b11);
    assert_ne!(world.mode(), Mode::Normal);
    world.corrupt::<Bank>(quote, |bank| bank.totals.positive = -1);
    world.check_all().unwrap();
    let counter = bit(Global::Counter);
    assert_eq!(world.compartment().broken.globals & counter, counter);
}

#[test]
fn a_pause_that_no_budget_was_charged_with_is_seen() {
    let mut world = venue();
    let key = world.deployment.compartment;
    let until = world.now().unix + 100 * HOUR;
    world.corrupt::<bulwark_state::Compartment>(key, |compartment| {
        compartment.mode.paused.at = until;
        compartment.mode.paused.slot = u64::MAX;
    });
    world.check(&Items::default()).unwrap();
    assert_eq!(world.compartment().broken.globals, bit(Global::Budget));
}

#[test]
fn a_first_latch_is_rewarded_out_of_spare_fees_once_a_day() {
    let mut world = venue();
    let quote = world.deployment.banks[USDC].bank;
    let key = world.deployment.markets[BTC_PERP].market;
    let flip = |world: &mut World, broken: bool| {
        world.corrupt::<Market>(key, |market| market.pot = -i64::from(broken));
    };
    world.trader("carol");
    world.check_all().unwrap();
    // Fees of less than their floor of $1,000: the alarm is raised, and nobody is paid.
    flip(&mut world, true);
    world.check_for_reward("carol", &market(BTC_PERP)).unwrap();
    assert_eq!(world.mode(), Mode::Restricted);
    assert_eq!(world.account("carol").quote, 0);
    // $3 above the floor: that is all there is.
    let paid = |world: &mut World, spare: u64| {
        flip(world, false);
        world.check(&market(BTC_PERP)).unwrap();
        world.corrupt::<Bank>(quote, |bank| {
            let floor = u64::from(bank.totals.fee_floor_e6);
            bank.totals.fees = i64::try_from(floor + spare).unwrap();
        });
        flip(world, true);
        let before = (world.account("carol").quote, world.bank(USDC).totals);
        world.check_for_reward("carol", &market(BTC_PERP)).unwrap();
        assert_ne!(world.mode(), Mode::Normal);
        let after = (world.account("carol").quote, world.bank(USDC).totals);
        let got = after.0 - before.0;
        assert_eq!(before.1.fees - after.1.fees, got, "out of fees");
        assert_eq!(after.1.positive - before.1.positive, got);
        assert_eq!(after.1.check_claims - before.1.check_claims, got);
        u64::try_from(got).unwrap()
    };
    assert_eq!(paid(&mut world, usdc(3.0)), usdc(3.0));
    // Broken and mended again and again within the day: nothing more.
    for _ in 0..5 {
        world.advance(HOUR);
        assert_eq!(paid(&mut world, usdc(500.0)), 0);
    }
    world.advance(DAY);
    assert_eq!(paid(&mut world, usdc(500.0)), REWARD);
    // A look at what is known to be broken is no first latch.
    world.advance(DAY);
    world.check_for_reward("carol", &market(BTC_PERP)).unwrap();
    assert_eq!(
        world.account("carol").quote,
        usdc(3.0).cast_signed() + REWARD.cast_signed()
    );
    // While fees don't cover the hole that they stand for, no claim pays for an alarm.
    world.steal(USDC, usdc(2_000.0));
    world.check_all().unwrap();
    assert_eq!(paid(&mut world, usdc(500.0)), 0);
}

/// Reads the event of a check out of a receipt.
fn checked(receipt: &bulwark_svm::vm::Receipt) -> Option<CheckedHead> {
    let inner = receipt.meta.inner_instructions.iter().flatten();
    let heads = inner.filter_map(|call| {
        let data = call
            .instruction
            .data
            .get(16..16 + size_of::<CheckedHead>())?;
        Some(bytemuck::pod_read_unaligned::<CheckedHead>(data))
    });
    let kind = <CheckedHead as bulwark::event::Kind>::KIND;
    heads.into_iter().find(|head| head.common.kind == kind)
}

#[test]
fn a34_noise_does_not_hide_an_alarm() {
    let mut world = venue();
    world.steal(SOL, scaled(51.0, 9));
    let head = world.protocol().event_head;
    let payer = bulwark_svm::vm::pubkey(solana_signer::Signer::pubkey(&world.vm.payer));
    let check = world.deployment.check(payer, &bank(SOL), None);
    let noise = bulwark_client::Instruction {
        program_id: anchor_lang::prelude::pubkey!("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"),
        accounts: vec![],
        data: vec![b'x'; 4],
    };
    let mut all = vec![noise; 55];
    all.push(check);
    let receipt = world.send(&all, &[]).unwrap();
    let logs = receipt.meta.logs.join("\n");
    assert!(
        logs.contains("Log truncated"),
        "{} bytes of log",
        logs.len()
    );
    assert!(
        !logs.contains(&bulwark::ID.to_string()),
        "the log knows nothing of it"
    );
    let event = checked(&receipt).expect("inner instructions aren't cut");
    assert_eq!((event.missing_before, event.missing_after), (0, 1 << SOL));
    // And who has lost the transaction reads the ring.
    let protocol = world.protocol();
    let ring = protocol.events.len() as u64;
    let link = protocol.events[(protocol.event_sequence % ring) as usize];
    assert_eq!(
        (link.sequence, link.kind),
        (event.common.sequence, event.common.kind)
    );
    assert_ne!(protocol.event_head, head);
    assert_eq!(world.mode(), Mode::Paused);
}
