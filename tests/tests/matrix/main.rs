//! Every cell of the tables of permission (D12) on the bytecode: mode × action with the protocol's
//! and the compartment's record apart and Recovery, and each mode with every market status, bank
//! status, revoked capability and oracle severity. What the bytecode answers is compared with the
//! table itself, success or the exact error.
//!
//! One good transaction per action (those of tests/tests/slots), tried in forks of its world.

mod good;
mod severity;
#[path = "../slots/mod.rs"]
mod slots;
#[path = "../stage/mod.rs"]
mod stage;

use bulwark::error::BulwarkError;
use bulwark_client::{Items, address as derived};
use bulwark_core::Error;
use bulwark_core::gate::{self, Severity};
use bulwark_core::mode::{Capability, Mode, Phase};
use bulwark_core::permits::{
    Action, BANK, BankStatus, CAPABILITY, Context, GATE, MARKET, MarketStatus, permits,
};
use bulwark_state::{Bank, Board, Compartment, End, Market, Protocol, Watch};
use bulwark_svm::vm::{Failure, instruction};
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World};
use good::{WITHOUT, samples};
use severity::worsen;
use slots::{Act, Make};
use solana_keypair::Keypair;
use stage::Stage;

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
    /// What the instruction asks besides.
    also: &'static [Action],
    world: World,
    act: Act,
    /// Status of the market that it is about.
    market: MarketStatus,
    /// It is about a fill of an order that is filled whole or not at all: whose it is, and what its
    /// placing asks. An order that may be placed and finds nobody says so.
    fill: Option<(&'static str, Action)>,
}

impl Sample {
    fn of(action: Action, base: &Stage, make: Make) -> Self {
        let mut stage = base.fork();
        stage.world.audited = false;
        let act = make(&mut stage);
        Self {
            action,
            also: &[],
            world: stage.world,
            act,
            market: match action {
                Action::SettlePosition => MarketStatus::Settled,
                _ => MarketStatus::Open,
            },
            fill: None,
        }
    }

    fn asking(mut self, also: &'static [Action]) -> Self {
        self.also = also;
        self
    }

    fn filling(mut self, who: &'static str, placing: Action) -> Self {
        self.fill = Some((who, placing));
        self
    }

    /// What the bytecode says after `change`.
    fn answer(&self, change: impl FnOnce(&mut World)) -> Result<(), String> {
        let mut world = self.world.fork();
        change(&mut world);
        let signers: Vec<&Keypair> = self.act.signers.iter().collect();
        let sent = world
            .vm
            .send(&[instruction(&self.act.instruction)], &signers);
        if let (Some((who, _)), Ok(_)) = (self.fill, &sent) {
            let before = self.world.position(who, SOL_PERP).base;
            assert_ne!(world.position(who, SOL_PERP).base, before, "filled whole");
        }
        sent.map(drop).map_err(|failure| name(&failure))
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
        let also = self.also.iter().map(|action| permits(*action, context));
        let permitted = permits(self.action, context).and_then(|permit| {
            let refused = also.filter_map(Result::err).next();
            refused.map_or(Ok(permit), Err)
        });
        let placed =
            |(_, placing)| permits(placing, context).and(Err::<(), _>(Error::NotFilledWhole));
        let refused = match (permitted, self.fill) {
            (Ok(_), _) => return Ok(()),
            (Err(_), Some(fill)) => placed(fill).err(),
            (Err(rule), None) => Some(rule),
        };
        refused.map_or(Ok(()), |rule| Err(rule.name().into()))
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

/// A first latch in every mode, with and without the capability: the check is Ok whatever becomes
/// of its reward.
#[test]
fn a_first_latch_is_rewarded_where_the_table_says() {
    let mut base = slots::samples::base().world;
    base.audited = false;
    base.trader("carol");
    let quote = base.deployment.banks[USDC].bank;
    base.corrupt::<Bank>(quote, |bank| {
        let floor = u64::from(bank.totals.fee_floor_e6);
        bank.totals.fees = i64::try_from(floor + 50_000_000).expect("it fits");
    });
    let market = base.deployment.markets[SOL_PERP].market;
    base.corrupt::<Market>(market, |market| market.oi_long += 1);
    let items = Items {
        markets: vec![SOL_PERP],
        ..Items::default()
    };
    let mut tally = Tally::default();
    for column in COLUMNS {
        for revoked in [false, true] {
            let mut world = base.fork();
            column.set(&mut world);
            let key = world.deployment.compartment;
            world.corrupt::<Compartment>(key, |compartment| {
                let until = &mut compartment.revocations[Capability::Rewards as usize].until;
                *until = if revoked { FOR_EVER } else { *until };
            });
            let mut context = column.context();
            context.revoked = if revoked {
                Capability::Rewards.bit()
            } else {
                0
            };
            let expected = permits(Action::Reward, &context).map(drop);
            let before = world.account("carol").quote;
            let checked = world.check_for_reward("carol", &items);
            checked.expect("a check is Ok whatever its reward");
            let paid = world.account("carol").quote > before;
            let what = format!("Reward in {column:?}, revoked: {revoked}");
            let unpaid = || expected.err().map_or("unpaid".into(), |e| e.name().into());
            let found = if paid { Ok(()) } else { Err(unpaid()) };
            tally.cell(&what, expected.map_err(|e| e.name().into()), found);
        }
    }
    tally.close("mode × reward", 12);
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
