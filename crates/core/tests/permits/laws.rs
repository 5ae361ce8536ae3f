//! What must hold of all tables together.

use super::*;

fn contexts(action: Action) -> Vec<Context> {
    let mut all = Vec::new();
    for market in MarketStatus::ALL.map(Some).into_iter().chain([None]) {
        for bank in BankStatus::ALL.map(Some).into_iter().chain([None]) {
            for gate in [Some(gate::Cell::Yes), Some(gate::Cell::BelowCritical), None] {
                for stage in [None, Some(Stage::Healthy), Some(Stage::Liquidatable)] {
                    for revoked in [0, Capability::Matching.bit()] {
                        for critical in [false, true] {
                            let rest = open(action);
                            all.push(Context {
                                market,
                                bank,
                                gate,
                                stage,
                                revoked,
                                critical,
                                ..rest
                            });
                        }
                    }
                }
            }
        }
    }
    all
}

/// INV-MONO: permits(Paused) ⊆ permits(Restricted) ⊆ permits(Normal), bounds included.
#[test]
fn inv_mono() {
    let mut compared = 0;
    for action in Action::ALL {
        for context in contexts(*action) {
            let at = |mode| permits(*action, &Context { mode, ..context });
            for (stricter, looser) in [
                (Mode::Paused, Mode::Restricted),
                (Mode::Restricted, Mode::Normal),
            ] {
                if let Ok(permit) = at(stricter) {
                    let wider = at(looser).unwrap_or_else(|e| panic!("{action:?}: {e:?}"));
                    assert!(permit.within(&wider), "{action:?}: {permit:?} {wider:?}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
}

/// INV-SUBSET: what is left out never permits what its presence could refuse.
#[test]
fn inv_subset() {
    for action in Action::ALL {
        for context in contexts(*action) {
            let refusable = |with: &dyn Fn(&mut Context)| {
                let mut changed = context;
                with(&mut changed);
                permits(*action, &changed).is_err()
            };
            if context.market.is_none() && permits(*action, &context).is_ok() {
                for status in MarketStatus::ALL {
                    assert!(
                        !refusable(&|c| c.market = Some(status)),
                        "{action:?} {status:?}"
                    );
                }
            }
            if context.bank.is_none() && permits(*action, &context).is_ok() {
                for status in BankStatus::ALL {
                    assert!(
                        !refusable(&|c| c.bank = Some(status)),
                        "{action:?} {status:?}"
                    );
                }
            }
            if context.gate.is_none() && permits(*action, &context).is_ok() {
                assert!(!refusable(&|c| c.gate = Some(gate::Cell::No)), "{action:?}");
            }
        }
    }
}

/// INV-EXIT: no mode, status, oracle, revocation, stage or grace refuses the plain exit.
#[test]
fn inv_exit_and_a02() {
    for action in [Action::PlainExit, Action::ServeTicket, Action::CrankTickets] {
        for context in contexts(action) {
            for mode in Mode::ALL {
                let context = Context {
                    mode,
                    revoked: u32::MAX,
                    grace: true,
                    ..context
                };
                assert!(permits(action, &context).is_ok(), "{action:?} {context:?}");
            }
        }
    }
    // a02: with new risk closed, liquidation works in every mode, closing in Restricted.
    for mode in Mode::ALL {
        let context = Context {
            mode,
            ..open(Action::TakeOver)
        };
        assert!(permits(Action::TakeOver, &context).is_ok());
    }
    let context = Context {
        mode: Mode::Restricted,
        ..open(Action::Reduce)
    };
    assert!(permits(Action::Reduce, &context).is_ok());
    assert!(permits(Action::TransferIn, &context).is_ok());
}
