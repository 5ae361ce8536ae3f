//! Capabilities, oracle gate, stages, grace.

use super::*;

#[test]
fn revocations_take_new_risk_and_never_an_exit() {
    use Action::*;
    let stops: [(Capability, &[Action]); 12] = [
        (Capability::NewRisk, &[OpenInterestUp]),
        (Capability::Deposit, &[NewDeposit]),
        (
            Capability::Matching,
            &[OpenInterestUp, TransferIn, Reduce, Place, PlaceReduceOnly],
        ),
        (Capability::PositionWithdrawal, &[WithdrawWithPositions]),
        (Capability::Insurance, &[FundInsurance]),
        (Capability::Listing, &[List]),
        (Capability::Unstaking, &[InsuranceUnstake]),
        (Capability::Transfer, &[Transfer]),
        (Capability::Delegation, &[PlaceByDelegate]),
        (Capability::Treasury, &[PayTreasury]),
        (Capability::Auction, &[BuyStake]),
        (Capability::Rewards, &[Reward]),
    ];
    assert_eq!(stops.map(|(capability, _)| capability), Capability::ALL);
    for (capability, stopped) in stops {
        for action in Action::ALL {
            let context = Context {
                revoked: capability.bit(),
                ..open(*action)
            };
            let refused = permits(*action, &context) == Err(Error::CapabilityRevoked);
            assert_eq!(
                refused,
                stopped.contains(action),
                "{capability:?}, {action:?}"
            );
        }
    }
    // With everything revoked at once.
    let never = [
        PlainExit,
        ServeTicket,
        CrankTickets,
        TopUp,
        TopUpQuote,
        Repay,
        Cancel,
        TakeOver,
        Seize,
        WindUp,
        Check,
        Refresh,
        Recapitalise,
        Convert,
        Settle,
        SettlePosition,
        CollectResidual,
        CreateAccount,
        CloseAccount,
    ];
    // Nothing but what is named above has a capability.
    let named = stops.iter().flat_map(|(_, actions)| *actions);
    let named: Vec<_> = named.collect();
    for (action, needed) in Action::ALL.iter().zip(CAPABILITY) {
        assert_eq!(needed.is_empty(), !named.contains(&action), "{action:?}");
    }
    for action in never {
        let context = Context {
            revoked: u32::MAX,
            ..open(action)
        };
        assert!(permits(action, &context).is_ok(), "{action:?}");
    }
}

#[test]
fn gate_refuses_what_the_leg_refuses() {
    use gate::Cell::*;
    let asks = [
        Action::OpenInterestUp,
        Action::TransferIn,
        Action::Reduce,
        Action::TakeOver,
        Action::Seize,
        Action::Convert,
        Action::AllocateLoss,
    ];
    for action in Action::ALL {
        for cell in [Wait, No, OnceConfirmed, OnceBothAgree] {
            let context = Context {
                gate: Some(cell),
                ..open(*action)
            };
            let refused = permits(*action, &context) == Err(Error::OracleGate);
            assert_eq!(refused, asks.contains(action), "{action:?} {cell:?}");
        }
        let none = Context {
            gate: None,
            ..open(*action)
        };
        let refused = permits(*action, &none) == Err(Error::OracleGate);
        assert_eq!(refused, asks.contains(action), "{action:?} without a cell");
    }
    // An old leg: only below the critical level, and in Paused not at all.
    let old = Context {
        gate: Some(BelowCritical),
        ..open(Action::TakeOver)
    };
    assert_eq!(permits(Action::TakeOver, &old), Err(Error::OracleGate));
    let critical = Context {
        critical: true,
        ..old
    };
    assert_eq!(
        permits(Action::TakeOver, &critical).map(|p| p.gate),
        Ok(Some(BelowCritical))
    );
    let paused = Context {
        mode: Mode::Paused,
        ..critical
    };
    assert_eq!(permits(Action::TakeOver, &paused), Err(Error::OracleGate));
    let band = Context {
        gate: Some(InBand),
        ..open(Action::Reduce)
    };
    assert_eq!(permits(Action::Reduce, &band).map(|p| p.in_band), Ok(true));
}

#[test]
fn stage_table_cell_by_cell() {
    use Action::*;
    const STAGES: [Stage; 5] = [
        Stage::Healthy,
        Stage::ReduceOnly,
        Stage::Warned,
        Stage::Liquidatable,
        Stage::Bankrupt,
    ];
    let no = Err(Error::StageForbids);
    let sound = Err(Error::NotLiquidatable);
    let solvent = Err(Error::NotBankrupt);
    let yes: Result<()> = Ok(());
    let table: &[(&[Action], [Result<()>; 5])] = &[
        (
            &[WithdrawWithPositions, OpenInterestUp, TransferIn, Place],
            [yes, no, no, no, no],
        ),
        (
            &[Reduce, PlaceReduceOnly, Convert, Unflag],
            [yes, yes, yes, no, no],
        ),
        (
            &[TakeOver, Seize],
            [sound, sound, sound, yes, Err(Error::Bankrupt)],
        ),
        (&[Flag], [sound, sound, sound, yes, yes]),
        (&[WindUp], [solvent, solvent, solvent, solvent, yes]),
    ];
    for action in Action::ALL {
        let row = table.iter().find(|(actions, _)| actions.contains(action));
        let row = row.map_or([yes; 5], |(_, row)| *row);
        for (stage, want) in STAGES.into_iter().zip(row) {
            let phase = match action {
                Mark | Claim => Phase::Frozen,
                _ => Phase::None,
            };
            let context = Context {
                stage: Some(stage),
                phase,
                ..open(*action)
            };
            let got = permits(*action, &context).map(|_| ());
            assert_eq!(got, want, "{action:?} at {stage:?}");
        }
    }
}

#[test]
fn grace_protects_from_liquidation_alone() {
    for action in Action::ALL {
        let context = Context {
            grace: true,
            ..open(*action)
        };
        let refused = permits(*action, &context) == Err(Error::GraceHolds);
        let protects = [Action::TakeOver, Action::Seize];
        assert_eq!(refused, protects.contains(action), "{action:?}");
    }
}
