//! Every cell of the tables of permission (D12) on the bytecode: mode × action with the protocol's
//! and the compartment's record apart and Recovery, and each mode with every market status, bank
//! status, revoked capability and oracle severity. What the bytecode answers is compared with the
//! table itself, success or the exact error.
//!
//! One good transaction per action (those of tests/tests/slots), tried in forks of its world.

mod slots;
mod stage;

use bulwark::error::BulwarkError;
use bulwark_client::{Instruction, Items, Pubkey, address as derived};
use bulwark_core::Error;
use bulwark_core::gate::{self, Severity};
use bulwark_core::mode::{Capability, Mode, Phase};
use bulwark_core::permits::{
    Action, BANK, BankStatus, CAPABILITY, Context, GATE, MARKET, MarketStatus, permits,
};
use bulwark_state::{Bank, Board, Compartment, End, Market, Protocol, Watch};
use bulwark_svm::vm::{Failure, instruction};
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, ask, bid, scaled, usdc};
use slots::{Act, Make, samples};
use solana_keypair::Keypair;
use stage::{Stage, in_debt};

/// Whose record a mode stands in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Column {
    Normal,
    Compartment(Mode),
    Protocol(Mode),
    Recovery,
}

const COLUMNS: [Column; 6] = [
    Column::Normal,
    Column::Compartment(Mode::Restricted),
    Column::Protocol(Mode::Restricted),
    Column::Compartment(Mode::Paused),
    Column::Protocol(Mode::Paused),
    Column::Recovery,
];

/// Both of the stage's: samples of listing are about the second.
const COMPARTMENTS: [u16; 2] = [0, 1];

const FOR_EVER: End = End {
    at: i64::MAX,
    slot: u64::MAX,
};

impl Column {
    fn set(self, world: &mut World) {
        let protocol = world.deployment.protocol;
        let record = |record: &mut bulwark_state::ModeRecord, mode| match mode {
            Mode::Paused => record.paused = FOR_EVER,
            _ => record.restricted = FOR_EVER,
        };
        for key in COMPARTMENTS.map(derived::compartment) {
            world.corrupt::<Compartment>(key, |compartment| {
                // Some samples stand in a Recovery already.
                compartment.recovery_phase = match self {
                    Column::Recovery => compartment.recovery_phase.max(Phase::Frozen as u8),
                    _ => Phase::None as u8,
                };
                if let Column::Compartment(mode) = self {
                    record(&mut compartment.mode, mode);
                }
            });
        }
        if let Column::Protocol(mode) = self {
            world.corrupt::<Protocol>(protocol, |p| record(&mut p.mode, mode));
        }
    }

    /// The tables' context in this column, nothing touched yet.
    fn context(self) -> Context {
        let (mode, phase) = match self {
            Column::Normal => (Mode::Normal, Phase::None),
            Column::Compartment(mode) | Column::Protocol(mode) => (mode, Phase::None),
            Column::Recovery => (Mode::Normal, Phase::Frozen),
        };
        Context {
            mode,
            phase,
            revoked: 0,
            market: Some(MarketStatus::Open),
            bank: Some(BankStatus::Active),
            gate: Some(gate::Cell::Yes),
            stage: None,
            critical: false,
            grace: false,
        }
    }
}

/// A good transaction of an action, and the world that it is good in.
struct Sample {
    action: Action,
    world: World,
    act: Act,
    /// Status of the market that it is about.
    market: MarketStatus,
    /// It is about a fill: refused means not filled, whatever the instruction returns.
    fill: Option<&'static str>,
}

impl Sample {
    fn of(action: Action, base: &Stage, make: Make) -> Self {
        let mut stage = base.fork();
        stage.world.audited = false;
        let act = make(&mut stage);
        Self {
            action,
            world: stage.world,
            act,
            market: match action {
                Action::SettlePosition => MarketStatus::Settled,
                _ => MarketStatus::Open,
            },
            fill: None,
        }
    }

    fn filling(mut self, who: &'static str) -> Self {
        self.fill = Some(who);
        self
    }

    /// What the bytecode says after `change`.
    fn answer(&self, change: impl FnOnce(&mut World)) -> Result<(), String> {
        let mut world = self.world.fork();
        change(&mut world);
        let before = self.fill.map(|who| world.position(who, SOL_PERP).base);
        let signers: Vec<&Keypair> = self.act.signers.iter().collect();
        let sent = world
            .vm
            .send(&[instruction(&self.act.instruction)], &signers);
        match (sent, self.fill) {
            (Ok(_), None) => Ok(()),
            (Err(failure), None) => Err(name(&failure)),
            (sent, Some(who)) => {
                let filled = Some(world.position(who, SOL_PERP).base) != before;
                assert!(!filled || sent.is_ok());
                if filled {
                    Ok(())
                } else {
                    Err("not filled".into())
                }
            }
        }
    }

    /// The tables' context of it in a column.
    fn context(&self, column: Column) -> Context {
        Context {
            market: Some(self.market),
            ..column.context()
        }
    }

    /// What the tables say.
    fn expected(&self, context: &Context) -> Result<(), String> {
        let permitted = permits(self.action, context);
        match (permitted, self.fill) {
            (Ok(_), _) => Ok(()),
            (Err(_), Some(_)) => Err("not filled".into()),
            (Err(rule), None) => Err(rule.name().into()),
        }
    }
}

fn name(failure: &Failure) -> String {
    let code = failure.code();
    let all = Error::ALL.iter().map(|rule| BulwarkError::from(*rule));
    let named = all
        .into_iter()
        .find(|error| Some(u32::from(*error)) == code);
    named.map_or_else(|| failure.to_string(), |error| error.name())
}

/// Cells asserted, and those that differ.
#[derive(Default)]
struct Tally {
    cells: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn cell(&mut self, what: &str, expected: Result<(), String>, found: Result<(), String>) {
        self.cells += 1;
        if expected != found {
            self.wrong.push(format!(
                "{what}: {expected:?} in the table, {found:?} on the bytecode"
            ));
        }
    }

    #[track_caller]
    fn close(self, what: &str, least: usize) {
        println!("{what}: {} cells", self.cells);
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
        assert!(
            self.cells >= least,
            "{} cells of at least {least}",
            self.cells
        );
    }
}

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
    ordering(stage, "liquidator", bid(1.0, 100.0).ioc())
}

fn transferring(stage: &mut Stage) -> Act {
    stage
        .world
        .place("alice", SOL_PERP, ask(1.0, 100.0).post_only().reduce_only());
    ordering(stage, "liquidator", bid(1.0, 100.0).ioc())
}

fn reducing(stage: &mut Stage) -> Act {
    stage
        .world
        .place("maker", SOL_PERP, bid(1.0, 100.0).post_only().reduce_only());
    ordering(stage, "alice", ask(1.0, 100.0).ioc().reduce_only())
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
    (Action::ProveStress, "prove_stress", 0),
    (Action::FundInsurance, "stake", 0),
    (Action::InsuranceUnstake, "stake", 1),
    (Action::InsuranceUnstake, "stake", 2),
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
];

/// Actions without a good transaction of their own: a loss is allocated by a wind-up.
const WITHOUT: [Action; 1] = [Action::AllocateLoss];

fn samples() -> Vec<Sample> {
    let base = samples::base();
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
        of(Action::OpenInterestUp, opening).filling("liquidator"),
        of(Action::TransferIn, transferring).filling("liquidator"),
        of(Action::Reduce, reducing).filling("alice"),
        // From the freeze on, of markets and accounts alone.
        of(Action::Check, |stage| {
            let items = Items {
                markets: vec![SOL_PERP],
                ..Items::default()
            };
            let act = stage.world.deployment.check(stage.anyone(), &items, None);
            samples::anyones(stage, act)
        }),
        of(Action::Place, |stage| {
            ordering(stage, "alice", bid(1.0, 98.0).post_only())
        }),
        of(Action::PlaceReduceOnly, |stage| {
            ordering(stage, "alice", ask(1.0, 102.0).post_only().reduce_only())
        }),
    ];
    let listed = slots::all();
    for (action, name, number) in LISTED {
        let make = listed.get(name).and_then(|of| of.get(*number));
        all.push(of(*action, *make.expect("a sample of that name")));
    }
    all
}

#[test]
fn every_mode_and_every_revocation_of_every_action() {
    let samples = samples();
    let known = |action: &&Action| samples.iter().any(|sample| sample.action == **action);
    let without: Vec<_> = Action::ALL.iter().filter(|a| !known(a)).copied().collect();
    assert_eq!(without, WITHOUT, "actions without a sample");
    let mut tally = Tally::default();
    for sample in &samples {
        for column in COLUMNS {
            let expected = sample.expected(&sample.context(column));
            let found = sample.answer(|world| column.set(world));
            tally.cell(
                &format!("{:?} in {column:?}", sample.action),
                expected,
                found,
            );
            let needed = CAPABILITY[sample.action as usize];
            if needed.is_empty() && column != Column::Normal {
                continue;
            }
            for capability in Capability::ALL {
                let mut context = sample.context(column);
                context.revoked = capability.bit();
                let found = sample.answer(|world| {
                    column.set(world);
                    for key in COMPARTMENTS.map(derived::compartment) {
                        world.corrupt::<Compartment>(key, |compartment| {
                            compartment.revocations[capability as usize].until = FOR_EVER;
                        });
                    }
                });
                let what = format!("{:?} in {column:?} without {capability:?}", sample.action);
                tally.cell(&what, sample.expected(&context), found);
            }
        }
    }
    tally.close("mode × action × capability", 500);
}

/// What breakers make of a market is set as the band sets it, the rest as the market's own status.
fn set_market(world: &mut World, status: MarketStatus) {
    let market = world.deployment.markets[SOL_PERP].market;
    let board = world.deployment.board;
    let (now, price) = (world.now().unix, world.prices[SOL]);
    let mut watch = Watch {
        reference: price,
        width: price * 3 / 100,
        ..world.board().markets[SOL_PERP].watch
    };
    let own = match status {
        MarketStatus::Limit => {
            (watch.limit_at, watch.halted_until) = (now, now + 1_215);
            MarketStatus::Open
        }
        MarketStatus::Halted => {
            (watch.limit_at, watch.halted_until) = (now - 15, now + 1_200);
            MarketStatus::Open
        }
        MarketStatus::ReduceOnly => {
            watch.reduce_until = now + 900;
            MarketStatus::Open
        }
        own => own,
    };
    world.corrupt::<Market>(market, |market| market.status = own as u8);
    world.corrupt::<Board>(board, |board| {
        let seat = &mut board.markets[SOL_PERP];
        (seat.status, seat.watch) = (own as u8, watch);
    });
}

fn set_bank(world: &mut World, bank: usize, status: BankStatus) {
    let key = world.deployment.banks[bank].bank;
    world.corrupt::<Bank>(key, |bank| bank.status = status as u8);
}

#[test]
fn every_mode_and_every_status_of_markets_and_banks() {
    let mut tally = Tally::default();
    for sample in &samples() {
        for column in COLUMNS {
            let mut context = column.context();
            if MARKET[sample.action as usize].is_some() {
                for status in MarketStatus::ALL {
                    context.market = Some(status);
                    let found = sample.answer(|world| {
                        column.set(world);
                        set_market(world, status);
                    });
                    let what = format!("{:?} in {column:?}, {status:?}", sample.action);
                    tally.cell(&what, sample.expected(&context), found);
                }
            }
            if BANK[sample.action as usize].is_some() {
                let bank = match sample.action {
                    Action::TopUp | Action::NewDeposit => SOL,
                    _ => USDC,
                };
                for status in BankStatus::ALL {
                    context.bank = Some(status);
                    let found = sample.answer(|world| {
                        column.set(world);
                        set_bank(world, bank, status);
                    });
                    let what = format!("{:?} in {column:?}, {status:?}", sample.action);
                    tally.cell(&what, sample.expected(&context), found);
                }
            }
        }
    }
    tally.close("mode × action × status", 250);
}

/// Makes the SOL feed as bad as that, everything else fresh.
fn worsen(world: &mut World, severity: Severity) {
    let price = world.prices[SOL];
    let age = match severity {
        Severity::Stale => 30,
        Severity::Old => 200,
        Severity::Dead => 700,
        _ => 1,
    };
    world.advance(age);
    let others: Vec<usize> = (0..world.prices.len())
        .filter(|feed| *feed != SOL)
        .collect();
    for feed in &others {
        let price = world.prices[*feed];
        world.publish(*feed, price, price / 5_000, price);
    }
    world.refresh(&others).expect("the others are fresh");
    match severity {
        Severity::Ok => world.publish(SOL, price, price / 5_000, price),
        Severity::Uncertain => world.publish(SOL, price, price / 50, price),
        Severity::Unconfirmed => {
            world.publish(SOL, price, price / 5_000, price);
            world.refresh(&[SOL]).expect("fresh");
            world.advance(1);
            world.publish(SOL, price / 100 * 106, price / 5_000, price);
        }
        Severity::Diverged => world.publish(SOL, price, price / 5_000, price / 10 * 11),
        _ => return,
    }
    world.refresh(&[SOL]).expect("the SOL feed is read");
    world.prices[SOL] = price;
}

#[test]
fn every_mode_and_every_severity_of_the_oracle() {
    let mut tally = Tally::default();
    let samples = samples();
    let gated = |sample: &&Sample| GATE[sample.action as usize].is_some();
    for sample in samples.iter().filter(gated) {
        let usage = GATE[sample.action as usize].expect("gated");
        for severity in Severity::ALL {
            let mut bad = sample.world.fork();
            worsen(&mut bad, severity);
            let (board, now) = (bad.board(), bad.now());
            let feed = &board.feeds[SOL];
            assert_eq!(gate::severity(feed, now), severity);
            for column in COLUMNS {
                let mut context = column.context();
                context.gate = Some(gate::cell(feed, usage, now));
                let found = sample.answer(|world| {
                    worsen(world, severity);
                    column.set(world);
                });
                let what = format!("{:?} in {column:?}, {severity:?}", sample.action);
                // Of the last two prints the one that favours the account counts where a price is
                // stale: at the one before the fall it isn't liquidatable.
                let expected = match (sample.action, severity, sample.expected(&context)) {
                    (Action::Seize, Severity::Stale, Ok(())) => Err("NotLiquidatable".to_owned()),
                    (_, _, expected) => expected,
                };
                tally.cell(&what, expected, found);
            }
        }
    }
    tally.close("mode × action × severity", 200);
}
