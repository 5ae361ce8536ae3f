//! The insurance's stakers in a Recovery, on the bytecode: paid last, by what their stakes were
//! worth at the freeze, once, into their own accounts; and nobody's stake moves meanwhile.

use bulwark::error::BulwarkError as E;
use bulwark::instructions::StakeAct;
use bulwark_client::{Instruction, Pubkey};
use bulwark_core::recovery::{AUDIT, JUNIOR, SENIOR, STAKERS};
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::world::{PEOPLE, SOL, USDC, World, expect_error, standard_plan, usdc};
use bulwark_svm::{Signer, Vm, tokens};

/// People, and two stakers beside what was given: Sam earns, Tim has asked to leave.
fn venue() -> World {
    let mut world = World::recorded().people(&["mallory", "donor"]);
    world.fund_insurance(2_000.0);
    world.join("sam", 1_000.0);
    world.advance(86_400);
    world.refresh_all();
    world.earn("sam").unwrap();
    world.join("tim", 500.0);
    world.stake("tim", StakeAct::Ask(u64::MAX)).unwrap();
    world.advance(60);
    world.price(SOL, 101.0);
    world.post_minutes(31);
    world
}

fn frozen(world: &mut World) {
    world.announce_by_guardian().unwrap();
    world.pass_notice();
    world.freeze().unwrap();
    world.count_all().unwrap();
}

/// Everybody is marked and the pot is open.
fn opened(world: &mut World) {
    frozen(world);
    world.mark_all(&PEOPLE).unwrap();
    world.open_pot().unwrap();
}

/// What stands between quote's money and the claims of those above the stakers.
fn spare(world: &World) -> u64 {
    let recovery = world.recovery();
    let above = [SENIOR, JUNIOR].map(|class| recovery.classes[class].claims.get());
    let above = u64::try_from(above.iter().sum::<u128>()).unwrap();
    recovery.banks[USDC].assigned.saturating_sub(above)
}

#[test]
fn stakers_are_paid_last_at_one_ratio_again_with_late_money_and_close() {
    let mut world = venue();
    // All that was given, and a part of what is the stakers'.
    world.steal(USDC, usdc(2_700.0));
    frozen(&mut world);
    let worth = ["sam", "tim"].map(|name| world.staked(name));
    let claims = world.recovery().classes[STAKERS].claims.get();
    assert!((0..4).contains(&(claims - u128::from(worth.iter().sum::<u64>()))));
    expect_error(world.claim_stake("sam"), E::RecoveryPhase);
    world.mark_all(&PEOPLE).unwrap();
    world.open_pot().unwrap();
    let assigned = |world: &World| u128::from(world.recovery().classes[STAKERS].assigned[USDC]);
    assert!((1..claims).contains(&assigned(&world)), "cut, not nothing");
    assert!(
        assigned(&world) >= u128::from(spare(&world)),
        "after all others"
    );
    let share = |world: &World, at: usize| {
        u64::try_from(u128::from(worth[at]) * assigned(world) / claims).unwrap()
    };
    let before = world.tokens_of("sam", USDC);
    expect_error(world.close_recovered("sam"), E::AccountNotEmpty);
    world.claim_stake("sam").unwrap();
    let first = world.tokens_of("sam", USDC) - before;
    assert_eq!(first, share(&world, 0));
    expect_error(world.claim_stake("sam"), E::NothingDue);
    // Money comes: whoever had nothing yet ends up at the same ratio.
    world.add_money("donor", USDC, usdc(100.0)).unwrap();
    world.claim_stake("sam").unwrap();
    let had = world.tokens_of("tim", USDC);
    world.claim_stake("tim").unwrap();
    assert_eq!(world.tokens_of("sam", USDC) - before, share(&world, 0));
    assert_eq!(world.tokens_of("tim", USDC) - had, share(&world, 1));
    assert!(share(&world, 0) > first);
    // More than enough: nobody has more than he had.
    world.add_money("donor", USDC, usdc(9_000.0)).unwrap();
    world.claim_stake("sam").unwrap();
    world.claim_stake("tim").unwrap();
    assert_eq!(world.tokens_of("sam", USDC) - before, worth[0]);
    assert_eq!(world.tokens_of("tim", USDC) - had, worth[1]);
    for name in ["alice", "maker", "plain"] {
        let shadow = world.account(name).shadow;
        assert!(world.claim(name, USDC) + 10 > shadow.senior + shadow.junior);
    }
    // Each closes what is paid, and has his rent back.
    for name in ["tim", "sam"] {
        let owner = pubkey(world.wallet(name).pubkey());
        let key = address(world.deployment.stake_key(&owner));
        world.close_recovered(name).unwrap();
        assert!(world.stake_of(name).is_none());
        let left = world
            .vm
            .svm
            .get_account(&key)
            .map_or(0, |left| left.lamports);
        assert_eq!(left, 0);
        assert!(world.claim_stake(name).is_err(), "closed");
    }
    assert_eq!(
        world.recovery().classes[STAKERS].paid.get(),
        u128::from(worth[0] + worth[1])
    );
}

#[test]
fn insurance_that_was_given_serves_the_classes_above_and_stakers_have_nothing_of_it() {
    let mut world = venue();
    world.steal(USDC, usdc(30_000.0));
    opened(&mut world);
    let recovery = world.recovery();
    assert_eq!(recovery.classes[STAKERS].assigned[USDC], 0);
    expect_error(world.claim_stake("sam"), E::NothingDue);
    // Late money pays seniors alone as long as they aren't whole.
    world.add_money("donor", USDC, usdc(1_000.0)).unwrap();
    expect_error(world.claim_stake("sam"), E::NothingDue);
    let mut sound = venue();
    opened(&mut sound);
    let (sam, tim) = (sound.staked("sam"), sound.staked("tim"));
    for (name, worth) in [("tim", tim), ("sam", sam)] {
        let before = sound.tokens_of(name, USDC);
        sound.claim_stake(name).unwrap();
        assert_eq!(sound.tokens_of(name, USDC) - before, worth, "{name}");
    }
}

#[test]
fn a15_nobody_claims_a_stake_twice_for_himself_or_by_another_compartments() {
    let mut world = venue();
    // A stake in another compartment, before this one ends.
    let plan = bulwark_svm::launch::Plan {
        id: 1,
        ..standard_plan()
    };
    let vm = std::mem::replace(&mut world.vm, Vm::deployed(true).unwrap());
    let mut other = World::on(vm, plan);
    other.join("olga", 900.0);
    let olga = pubkey(other.wallet("olga").pubkey());
    let foreign = other.deployment.clone();
    world.vm = other.vm;
    // Before the freeze there is nothing to claim, and no record.
    expect_error(world.claim_stake("sam"), E::ModeForbids);
    frozen(&mut world);
    world.give("sam", USDC, usdc(100.0));
    let all = u64::MAX;
    let acts = [StakeAct::Join(usdc(100.0)), StakeAct::Buy(usdc(100.0))];
    let more = [StakeAct::Earn, StakeAct::Ask(all), StakeAct::Leave];
    for act in acts.into_iter().chain(more) {
        expect_error(world.stake("sam", act), E::ModeForbids);
    }
    // Nor does one who comes after the freeze become a staker.
    world.give("mallory", USDC, usdc(100.0));
    let join = world.stake("mallory", StakeAct::Join(usdc(100.0)));
    expect_error(join, E::ModeForbids);
    world.mark_all(&PEOPLE).unwrap();
    world.open_pot().unwrap();

    let (mallory, theft) = (
        world.wallet("mallory"),
        world.trader("mallory").tokens[USDC],
    );
    let (key, epoch) = (pubkey(mallory.pubkey()), world.epoch());
    let sam = pubkey(world.wallet("sam").pubkey());
    let ours = world.deployment.clone();
    let claim = |tokens| ours.claim_stake(key, &sam, epoch, tokens);
    let mut send = |act: Instruction| world.send(&[act], &[&mallory]);
    // Into her own account, or, not being him, into one of his that isn't the associated one.
    expect_error(send(claim(pubkey(theft))), E::WrongTokenAccount);
    let mut swapped = claim(pubkey(theft));
    let at = |act: &Instruction, key: Pubkey| {
        let mut metas = act.accounts.iter();
        metas.position(|meta| meta.pubkey == key).unwrap()
    };
    // A stake of another compartment, and another compartment's insurance with it.
    let place = at(&swapped, ours.stake_key(&sam));
    swapped.accounts[place].pubkey = foreign.stake_key(&olga);
    expect_error(send(swapped.clone()), E::WrongInsurance);
    let insurance = at(&swapped, ours.insurance);
    swapped.accounts[insurance].pubkey = foreign.insurance;
    expect_error(send(swapped), E::WrongInsurance);
    // A record that isn't this Recovery, or none.
    for record in [
        ours.recovery(AUDIT),
        ours.recovery(epoch + 1),
        ours.insurance,
    ] {
        let mut wrong = claim(pubkey(theft));
        let last = wrong.accounts.len() - 1;
        wrong.accounts[last].pubkey = record;
        assert!(send(wrong).is_err());
    }
    let mut without = claim(pubkey(theft));
    without.accounts.pop();
    expect_error(send(without), E::MissingAccount);
    // Twice in one transaction: the second has nothing, so neither is paid.
    let to = pubkey(world.trader("sam").tokens[USDC]);
    let owner = world.wallet("sam");
    let twice = [0, 1].map(|_| ours.claim_stake(sam, &sam, epoch, to));
    let before = world.tokens_of("sam", USDC);
    expect_error(world.send(&twice, &[&owner]), E::NothingDue);
    assert_eq!(world.tokens_of("sam", USDC), before);
    // Nor does anyone but the owner close a stake.
    let mut close = ours.close_recovered_stake(sam, epoch);
    close.accounts[0].pubkey = key;
    expect_error(world.send(&[close], &[&mallory]), E::NotOwner);
}

/// A staker's claim is sold once: the buyer has what is still due and what comes later, the seller
/// nothing, and the address stays.
#[test]
fn a_stake_is_assigned_once_and_who_has_it_is_paid() {
    let mut world = venue();
    let (sam, tim) = (world.wallet("sam"), world.wallet("tim"));
    let [seller, buyer] = [&sam, &tim].map(|wallet| pubkey(wallet.pubkey()));
    let ours = world.deployment.clone();
    // Not while the insurance works.
    let early = ours.assign_stake(seller, buyer, 1);
    assert!(world.send(&[early], &[&sam]).is_err());
    opened(&mut world);
    let epoch = world.epoch();
    let assign = |to| ours.assign_stake(seller, to, epoch);
    for nobody in [seller, Pubkey::default()] {
        expect_error(world.send(&[assign(nobody)], &[&sam]), E::BadValue);
    }
    let mut forged = assign(buyer);
    forged.accounts[0].pubkey = buyer;
    expect_error(world.send(&[forged], &[&tim]), E::NotOwner);
    world.send(&[assign(buyer)], &[&sam]).unwrap();
    expect_error(world.send(&[assign(buyer)], &[&sam]), E::NotOwner);
    let mut again = assign(seller);
    again.accounts[0].pubkey = buyer;
    expect_error(world.send(&[again], &[&tim]), E::ClaimsAssigned);
    // The seller's account is paid nothing any more, the buyer's everything.
    let theirs = ["sam", "tim"].map(|name| pubkey(world.trader(name).tokens[USDC]));
    let claim = |caller, to| ours.claim_stake(caller, &seller, epoch, to);
    let refused = world.send(&[claim(seller, theirs[0])], &[&sam]);
    expect_error(refused, E::WrongTokenAccount);
    let before = ["sam", "tim"].map(|name| world.tokens_of(name, USDC));
    world.send(&[claim(buyer, theirs[1])], &[&tim]).unwrap();
    let after = ["sam", "tim"].map(|name| world.tokens_of(name, USDC));
    assert_eq!(after[0], before[0]);
    assert!(after[1] > before[1]);
    // His own stake is a stake of its own.
    world.claim_stake("tim").unwrap();
}

#[test]
fn anyone_pushes_a_stakers_share_into_his_associated_account() {
    let mut world = venue();
    opened(&mut world);
    let quote = world.deployment.banks[USDC];
    let owner = world.wallet("sam").pubkey();
    let (mint, program) = (address(quote.mint), address(quote.token_program));
    let make = tokens::create_associated(&world.vm, owner, mint, program);
    world.vm.send(&[make], &[]).unwrap();
    let to = pubkey(tokens::associated(owner, mint, program));
    let (epoch, owner) = (world.epoch(), pubkey(owner));
    let worth = world.staked("sam");
    world
        .by_stranger(|world, caller| {
            let ours = &world.deployment;
            ours.claim_stake(caller, &owner, epoch, to)
        })
        .unwrap();
    assert_eq!(tokens::balance(&world.vm, address(to)), worth);
}
