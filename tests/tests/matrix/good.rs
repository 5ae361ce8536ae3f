//! A good transaction of every action.

use bulwark_client::{Instruction, Items, Pubkey};
use bulwark_core::permits::Action;
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, ask, bid, scaled, usdc};

use crate::Sample;
use crate::slots::{self, Act, Make};
use crate::stage::{Stage, in_debt};

fn signed(
    stage: &mut Stage,
    who: &'static str,
    make: impl Fn(&World, Pubkey) -> Instruction,
) -> Act {
    let (wallet, key) = stage.wallet(who);
    Act {
        instruction: make(&stage.world, key),
        signers: vec![wallet],
    }
}

fn paying(stage: &mut Stage, who: &'static str, bank: usize, amount: u64) -> Act {
    stage.world.give(who, bank, amount);
    let (margin, source) = (stage.world.margin_key(who), stage.tokens(who, bank));
    signed(stage, who, |world, key| {
        world.deployment.deposit(key, margin, bank, source, amount)
    })
}

fn leaving(stage: &mut Stage, who: &'static str, plain: bool) -> Act {
    let (margin, to) = (stage.world.margin_key(who), stage.tokens(who, USDC));
    let some = (USDC, usdc(5.0));
    signed(stage, who, |world, key| {
        world
            .deployment
            .withdraw(key, margin, some, to, None, plain)
    })
}

fn ordering(stage: &mut Stage, who: &'static str, order: bulwark_svm::world::Order) -> Act {
    let margin = stage.world.margin_key(who);
    let makers = stage.world.makers(who, SOL_PERP, order.0.side);
    signed(stage, who, |world, key| {
        world
            .deployment
            .place_order(key, margin, SOL_PERP, order.0, &makers)
    })
}

fn opening(stage: &mut Stage) -> Act {
    stage
        .world
        .place("maker", SOL_PERP, ask(1.0, 100.0).post_only());
    ordering(stage, "liquidator", bid(1.0, 100.0).fill_or_kill())
}

fn transferring(stage: &mut Stage) -> Act {
    stage
        .world
        .place("alice", SOL_PERP, ask(1.0, 100.0).post_only().reduce_only());
    ordering(stage, "liquidator", bid(1.0, 100.0).fill_or_kill())
}

fn reducing(stage: &mut Stage) -> Act {
    stage
        .world
        .place("maker", SOL_PERP, bid(1.0, 100.0).post_only().reduce_only());
    ordering(stage, "alice", ask(1.0, 100.0).fill_or_kill().reduce_only())
}

fn owing(stage: &mut Stage) -> Act {
    in_debt(&mut stage.world);
    paying(stage, "bella", USDC, usdc(50.0))
}

/// Actions whose good transaction is one of tests/tests/slots, by its name and number there.
const LISTED: &[(Action, &str, usize)] = &[
    (Action::ServeTicket, "crank_ticket", 0),
    (Action::Cancel, "cancel_orders", 0),
    (Action::Cancel, "cancel_batch", 0),
    (Action::Prune, "prune_orders", 0),
    (Action::TakeOver, "take_over", 0),
    (Action::Seize, "seize", 0),
    (Action::WindUp, "wind_up", 0),
    (Action::Convert, "convert", 0),
    (Action::Settle, "settle", 0),
    (Action::Fold, "fold", 0),
    (Action::Accrue, "accrue", 0),
    (Action::Accrue, "sample_funding", 0),
    (Action::Refresh, "refresh", 0),
    (Action::Flag, "flag", 0),
    (Action::Flag, "note_stage", 0),
    (Action::Unflag, "unflag", 0),
    (Action::CrankTickets, "value_banks", 0),
    (Action::Sweep, "sweep", 0),
    (Action::Sweep, "sweep", 1),
    (Action::Recapitalise, "recapitalise", 0),
    (Action::Recapitalise, "recapitalise", 1),
    (Action::CollectResidual, "collect_residual", 0),
    (Action::FundInsurance, "fund_insurance", 0),
    (Action::FundInsurance, "stake", 0),
    (Action::InsuranceUnstake, "stake", 1),
    (Action::InsuranceUnstake, "stake", 2),
    (Action::BuyStake, "stake", 6),
    (Action::ProveStress, "prove_stress", 0),
    (Action::CreateAccount, "set_delegate", 0),
    (Action::CloseAccount, "close_margin_account", 0),
    (Action::CreateAccount, "create_margin_account", 0),
    (Action::SettlePosition, "settle_position", 0),
    (Action::WindDown, "settle_market", 0),
    (Action::WindDown, "announce_settlement", 0),
    (Action::List, "create_feed", 0),
    (Action::PayTreasury, "pay_treasury", 0),
    (Action::Mark, "mark_accounts", 0),
    (Action::Claim, "claim_recovery", 0),
    (Action::Claim, "stake", 5),
    (Action::Claim, "stake", 7),
];

/// Actions without a good transaction of their own: a loss is allocated by a wind-up, whose own row
/// refuses no less and whose gate core asks leg by leg, and a check goes on where its reward is
/// refused ([`crate::a_first_latch_is_rewarded_where_the_table_says`]).
pub const WITHOUT: [Action; 2] = [Action::AllocateLoss, Action::Reward];

/// One good transaction of every action, and more where it has more ways.
pub fn samples() -> Vec<Sample> {
    let base = slots::samples::base();
    let of = |action, make: Make| Sample::of(action, &base, make);
    let mut all = vec![
        of(Action::PlainExit, |stage| {
            stage.world.fund("dave", 100.0);
            leaving(stage, "dave", true)
        }),
        of(Action::WithdrawWithPositions, |stage| {
            leaving(stage, "maker", false)
        }),
        of(Action::TopUp, |stage| {
            paying(stage, "alice", SOL, scaled(2.0, 9))
        }),
        of(Action::TopUpQuote, |stage| {
            paying(stage, "alice", USDC, usdc(50.0))
        }),
        of(Action::Repay, owing),
        of(Action::NewDeposit, |stage| {
            paying(stage, "carol", SOL, scaled(1.0, 9))
        }),
        of(Action::OpenInterestUp, opening).filling("liquidator", Action::Place),
        of(Action::TransferIn, transferring).filling("liquidator", Action::Place),
        of(Action::Reduce, reducing).filling("alice", Action::PlaceReduceOnly),
        // From the freeze on, of markets and accounts alone.
        of(Action::Check, |stage| {
            let items = Items {
                markets: vec![SOL_PERP],
                ..Items::default()
            };
            let act = stage.world.deployment.check(stage.anyone(), &items, None);
            slots::samples::anyones(stage, act)
        }),
        of(Action::Place, |stage| {
            ordering(stage, "alice", bid(1.0, 98.0).post_only())
        }),
        of(Action::PlaceByDelegate, |stage| {
            let (_, named) = stage.wallet("bob");
            let until = stage.world.now().unix + 60;
            let set = stage.world.set_delegate("alice", named, until);
            set.expect("alice names bob");
            let margin = stage.world.margin_key("alice");
            signed(stage, "bob", |world, key| {
                let order = bid(1.0, 98.0).post_only();
                let ours = &world.deployment;
                ours.place_order(key, margin, SOL_PERP, order.0, &[])
            })
        })
        .asking(&[Action::Place]),
        of(Action::Transfer, listed_of("transfer", 0))
            .asking(&[Action::WithdrawWithPositions, Action::TopUp]),
        of(Action::PlaceReduceOnly, |stage| {
            ordering(stage, "alice", ask(1.0, 102.0).post_only().reduce_only())
        }),
    ];
    for (action, name, number) in LISTED {
        all.push(of(*action, listed_of(name, *number)));
    }
    all
}

/// One of tests/tests/slots.
fn listed_of(name: &str, number: usize) -> Make {
    let listed = slots::all();
    let make = listed.get(name).and_then(|of| of.get(number));
    *make.expect("a sample of that name")
}
