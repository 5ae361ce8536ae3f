//! Every cell of the tables of D12, against the tables in words.

mod account;
mod laws;

use bulwark_core::gate;
use bulwark_core::health::Stage;
use bulwark_core::mode::{Capability, Mode, Phase};
use bulwark_core::permits::{
    Action, BankStatus, CAPABILITY, Context, MarketStatus, Permit, permits,
};
use bulwark_core::{Error, Result};

/// The words for Normal | Restricted | Paused | Recovery, and the acts that a row rules.
const MODE_TABLE: &[(&str, &[Action], [&str; 4])] = &[
    (
        "plain exit (no b, orders, debt)",
        &[Action::PlainExit, Action::ServeTicket],
        [
            "queue, coverage",
            "same, rate × ½",
            "same, rate × ¼",
            "claim in kind at once",
        ],
    ),
    (
        "withdraw with positions, H_I ≥ 0",
        &[Action::WithdrawWithPositions],
        ["yes", "same, rate × ½", "adverse bounds", "after mark"],
    ),
    (
        "top up (positions or debt), repay",
        &[Action::TopUp, Action::TopUpQuote, Action::Repay],
        ["yes", "yes", "yes", "no"],
    ),
    (
        "new deposit",
        &[Action::NewDeposit],
        ["yes", "≤ 1 % of 24-h mean per day", "no", "no"],
    ),
    (
        "recapitalise",
        &[Action::Recapitalise],
        ["yes", "yes", "yes", "as late money"],
    ),
    (
        "open interest up",
        &[Action::OpenInterestUp],
        ["yes", "no", "no", "no"],
    ),
    (
        "match with open interest not up, larger",
        &[Action::TransferIn],
        ["yes", "yes (receiver ≥ 1.1 × Initial)", "no", "no"],
    ),
    (
        "match with open interest not up, smaller; orders for it",
        &[Action::Reduce, Action::Place, Action::PlaceReduceOnly],
        ["yes", "yes", "no", "no"],
    ),
    (
        "cancel, prune",
        &[Action::Cancel, Action::Prune],
        ["yes", "yes", "yes", "void"],
    ),
    (
        "take over, seize, convert",
        &[
            Action::TakeOver,
            Action::Seize,
            Action::WindUp,
            Action::Convert,
        ],
        [
            "yes",
            "yes (receiver ≥ 1.1 × Initial)",
            "requirement × 0.8",
            "no",
        ],
    ),
    (
        "settle",
        &[Action::Settle, Action::SettlePosition, Action::WindDown],
        ["yes", "yes", "yes", "no"],
    ),
    (
        "allocate loss",
        &[Action::AllocateLoss],
        ["yes", "yes", "yes", "by marking"],
    ),
    (
        "funding, ramps, interest",
        &[Action::Accrue],
        ["run", "run", "stop", "stop"],
    ),
    ("refresh", &[Action::Refresh], ["yes", "yes", "yes", "no"]),
    (
        "check, flag, prove_stress, crank tickets",
        &[
            Action::Check,
            Action::Flag,
            Action::Unflag,
            Action::ProveStress,
            Action::CrankTickets,
            Action::CollectResidual,
        ],
        ["yes", "yes", "yes", "yes"],
    ),
    // After the freeze what lies in a vault beyond the books is late money of its claims.
    (
        "sweep",
        &[Action::Sweep],
        ["yes", "yes", "yes", "as late money"],
    ),
    (
        "insurance unstake",
        &[Action::InsuranceUnstake],
        ["window", "frozen", "frozen", "after quote pot closes"],
    ),
    // Rows that the words leave open. A frozen Recovery counts each delta once: it must stay.
    ("fold", &[Action::Fold], ["yes", "yes", "yes", "no"]),
    (
        "pay treasury",
        &[Action::PayTreasury],
        ["yes", "frozen", "frozen", "no"],
    ),
    (
        "fund insurance, buy in a recapitalisation",
        &[Action::FundInsurance, Action::BuyStake],
        ["yes", "yes", "yes", "no"],
    ),
    (
        "transfer, besides what both sides ask",
        &[Action::Transfer],
        ["yes", "yes", "yes", "no"],
    ),
    (
        "an order by a delegate, besides what the order asks",
        &[Action::PlaceByDelegate],
        ["yes", "yes", "no", "no"],
    ),
    ("reward", &[Action::Reward], ["yes", "yes", "yes", "no"]),
    (
        "accounts",
        &[Action::CreateAccount, Action::CloseAccount],
        ["yes", "yes", "yes", "no"],
    ),
    ("listing", &[Action::List], ["yes", "no", "no", "no"]),
    (
        "mark, claim",
        &[Action::Mark, Action::Claim],
        ["no", "no", "no", "yes"],
    ),
];

/// A context in which every table but mode says yes.
fn open(action: Action) -> Context {
    let stage = match action {
        Action::TakeOver | Action::Seize | Action::Flag => Stage::Liquidatable,
        Action::WindUp => Stage::Bankrupt,
        _ => Stage::Healthy,
    };
    let market = match action {
        Action::SettlePosition => MarketStatus::Settled,
        _ => MarketStatus::Open,
    };
    Context {
        mode: Mode::Normal,
        phase: Phase::None,
        revoked: 0,
        market: Some(market),
        bank: Some(BankStatus::Active),
        gate: Some(gate::Cell::Yes),
        stage: Some(stage),
        critical: false,
        grace: false,
    }
}

/// What a word of the mode table allows, with rates of the column's mode.
fn expected(word: &str, action: Action, column: usize) -> Option<Permit> {
    let free = permits(action, &Context { ..open(action) }).ok();
    // A permit of an action that Normal refuses (Recovery's own) has nothing bound.
    let free = free.unwrap_or(Permit {
        rate_divisor: 1,
        receiver_ppm: 1_000_000,
        requirement_ppm: 1_000_000,
        adverse: false,
        limited_deposit: false,
        in_band: false,
        gate: None,
    });
    assert_eq!(free.rate_divisor, 1, "{action:?} in Normal");
    Some(match word {
        "yes" | "run" | "window" | "queue, coverage" => free,
        "same, rate × ½" => Permit {
            rate_divisor: 2,
            ..free
        },
        "same, rate × ¼" => Permit {
            rate_divisor: 4,
            ..free
        },
        "adverse bounds" => Permit {
            adverse: true,
            rate_divisor: 4,
            ..free
        },
        "≤ 1 % of 24-h mean per day" => Permit {
            limited_deposit: true,
            ..free
        },
        "yes (receiver ≥ 1.1 × Initial)" => Permit {
            receiver_ppm: 1_100_000,
            ..free
        },
        "requirement × 0.8" => Permit {
            requirement_ppm: 800_000,
            receiver_ppm: 1_100_000,
            ..free
        },
        "no"
        | "stop"
        | "frozen"
        | "void"
        | "as late money"
        | "after mark"
        | "by marking"
        | "claim in kind at once"
        | "after quote pot closes" => return None,
        word => panic!("column {column}: {word}"),
    })
}

const COLUMNS: [(Mode, Phase); 4] = [
    (Mode::Normal, Phase::None),
    (Mode::Restricted, Phase::None),
    (Mode::Paused, Phase::None),
    (Mode::Normal, Phase::Frozen),
];

#[test]
fn mode_table_cell_by_cell() {
    let mut seen = Vec::new();
    for (row, actions, words) in MODE_TABLE {
        for action in *actions {
            seen.push(*action);
            for (column, word) in words.iter().enumerate() {
                let (mode, phase) = COLUMNS[column];
                let context = Context {
                    mode,
                    phase,
                    ..open(*action)
                };
                let got = permits(*action, &context);
                match expected(word, *action, column) {
                    Some(permit) => assert_eq!(got, Ok(permit), "{row}: {action:?}: {word}"),
                    None => {
                        assert_eq!(got, Err(Error::ModeForbids), "{row}: {action:?}: {word}");
                    }
                }
            }
        }
    }
    for action in Action::ALL {
        let times = seen.iter().filter(|a| *a == action).count();
        assert_eq!(times, 1, "{action:?} must be in exactly one row");
    }
}

#[test]
fn announced_recovery_leaves_the_modes_in_force() {
    for action in Action::ALL {
        for mode in Mode::ALL {
            let context = Context {
                mode,
                ..open(*action)
            };
            let announced = Context {
                phase: Phase::Announced,
                ..context
            };
            assert_eq!(permits(*action, &announced), permits(*action, &context));
            for phase in [Phase::Marking, Phase::Settled] {
                let frozen = Context {
                    phase: Phase::Frozen,
                    ..context
                };
                let later = Context { phase, ..context };
                assert_eq!(permits(*action, &later), permits(*action, &frozen));
            }
        }
    }
}

/// Open · Limit · Halted · ReduceOnly · Settling · Settled; y yes, b inside the band, - no.
const MARKET_TABLE: &[(&str, &[Action])] = &[
    ("y-----", &[Action::OpenInterestUp]),
    ("yb-yy-", &[Action::TransferIn, Action::Reduce]),
    ("yy-yy-", &[Action::Place, Action::PlaceReduceOnly]),
    ("yyyyy-", &[Action::TakeOver]),
    ("-----y", &[Action::SettlePosition]),
    (
        "yyyyyy",
        &[
            Action::Cancel,
            Action::PlainExit,
            Action::WithdrawWithPositions,
            Action::TopUp,
            Action::Seize,
            Action::WindUp,
            Action::WindDown,
        ],
    ),
];

#[test]
fn market_table_cell_by_cell() {
    for (cells, actions) in MARKET_TABLE {
        for action in *actions {
            for (status, cell) in MarketStatus::ALL.iter().zip(cells.chars()) {
                let context = Context {
                    market: Some(*status),
                    ..open(*action)
                };
                let got = permits(*action, &context).map(|permit| permit.in_band);
                let want = match cell {
                    'y' => Ok(false),
                    'b' => Ok(true),
                    _ => Err(Error::MarketForbids),
                };
                assert_eq!(got, want, "{action:?} in {status:?}");
            }
        }
    }
}

#[test]
fn bank_table_cell_by_cell() {
    // Active · NoNewRisk · Closing.
    let table: &[(&str, Action)] = &[
        ("y--", Action::NewDeposit),
        ("y--", Action::TopUp),
        ("yyy", Action::TopUpQuote),
        ("yyy", Action::Repay),
        ("yyy", Action::PlainExit),
        ("yyy", Action::WithdrawWithPositions),
        ("yyy", Action::Convert),
        ("yyy", Action::Seize),
    ];
    for (cells, action) in table {
        for (status, cell) in BankStatus::ALL.iter().zip(cells.chars()) {
            let context = Context {
                bank: Some(*status),
                ..open(*action)
            };
            let got = permits(*action, &context).map(|_| ());
            let want = if cell == 'y' {
                Ok(())
            } else {
                Err(Error::BankForbids)
            };
            assert_eq!(got, want, "{action:?} in {status:?}");
        }
    }
}
