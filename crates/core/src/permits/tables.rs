//! The tables of D12, one per dimension, a row per [`Action`](super::Action) in its order.

use crate::gate::LegUse;
use crate::mode::Capability;

use super::Action;

const N: usize = Action::COUNT;

/// What a mode, or Recovery, makes of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeCell {
    /// Permitted.
    Yes,
    /// Permitted, outflow at one over this.
    Rate(u32),
    /// Permitted, every leg at its adverse bound, outflow at one over this.
    Adverse(u32),
    /// Permitted within 1 % of the bank's 24-h mean per day.
    Limited,
    /// Permitted, the receiver with this share of its initial requirement, ppm.
    Receiver(u32),
    /// Permitted at the first share of the maintenance requirement, ppm, to a receiver with the
    /// second share of its initial requirement; live legs only, critical level unchanged.
    Softened(u32, u32),
    /// Refused.
    No,
    /// Refused: frozen above Normal.
    Frozen,
    /// Refused: the clock stands still.
    Stops,
    /// Refused here: Recovery has its own act for it (claim in kind, marking, void orders).
    ByRecovery,
}

/// What a market's status makes of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarketCell {
    /// Permitted.
    Yes,
    /// Permitted inside the price band.
    InBand,
    /// Refused.
    No,
}

/// What a bank's status makes of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BankCell {
    /// Permitted.
    Yes,
    /// Refused.
    No,
}

/// What an account's stage makes of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageCell {
    /// Permitted.
    Yes,
    /// Refused.
    No,
    /// Refused: the account isn't liquidatable.
    NotLiquidatable,
    /// Refused: the account isn't bankrupt.
    NotBankrupt,
    /// Refused: a bankrupt account is wound up.
    WindUpOnly,
}

/// Mode × action. Columns: Normal, Restricted, Paused, Recovery (from Frozen on).
pub const MODE: [[ModeCell; 4]; N] = {
    use ModeCell::{
        Adverse, ByRecovery, Frozen, Limited, No, Rate, Receiver, Softened, Stops, Yes,
    };
    const LARGER: ModeCell = Receiver(1_100_000);
    const SOFT: ModeCell = Softened(800_000, 1_100_000);
    [
        /* PlainExit             */ [Yes, Rate(2), Rate(4), ByRecovery],
        /* ServeTicket           */ [Yes, Rate(2), Rate(4), ByRecovery],
        /* WithdrawWithPositions */ [Yes, Rate(2), Adverse(4), ByRecovery],
        /* TopUp                 */ [Yes, Yes, Yes, No],
        /* TopUpQuote            */ [Yes, Yes, Yes, No],
        /* Repay                 */ [Yes, Yes, Yes, No],
        /* NewDeposit            */ [Yes, Limited, No, No],
        /* OpenInterestUp        */ [Yes, No, No, No],
        /* TransferIn            */ [Yes, LARGER, No, No],
        /* Reduce                */ [Yes, Yes, No, No],
        /* Place                 */ [Yes, Yes, No, No],
        /* PlaceReduceOnly       */ [Yes, Yes, No, No],
        /* Cancel                */ [Yes, Yes, Yes, ByRecovery],
        /* Prune                 */ [Yes, Yes, Yes, ByRecovery],
        /* TakeOver              */ [Yes, LARGER, SOFT, No],
        /* Seize                 */ [Yes, LARGER, SOFT, No],
        /* WindUp                */ [Yes, LARGER, SOFT, No],
        /* Convert               */ [Yes, LARGER, SOFT, No],
        /* Settle                */ [Yes, Yes, Yes, No],
        /* SettlePosition        */ [Yes, Yes, Yes, No],
        /* WindDown              */ [Yes, Yes, Yes, No],
        /* AllocateLoss          */ [Yes, Yes, Yes, ByRecovery],
        /* Fold                  */ [Yes, Yes, Yes, No],
        /* Accrue                */ [Yes, Yes, Stops, Stops],
        /* Refresh               */ [Yes, Yes, Yes, No],
        /* Check                 */ [Yes, Yes, Yes, Yes],
        /* Flag                  */ [Yes, Yes, Yes, Yes],
        /* Unflag                */ [Yes, Yes, Yes, Yes],
        /* ProveStress           */ [Yes, Yes, Yes, Yes],
        /* CrankTickets          */ [Yes, Yes, Yes, Yes],
        /* Sweep                 */ [Yes, Yes, Yes, ByRecovery],
        /* Recapitalise          */ [Yes, Yes, Yes, ByRecovery],
        /* CollectResidual       */ [Yes, Yes, Yes, Yes],
        /* FundInsurance         */ [Yes, Yes, Yes, No],
        /* InsuranceUnstake      */ [Yes, Frozen, Frozen, ByRecovery],
        /* BuyStake              */ [Yes, Yes, Yes, No],
        /* PayTreasury           */ [Yes, Frozen, Frozen, No],
        /* Transfer              */ [Yes, Yes, Yes, No],
        /* PlaceByDelegate       */ [Yes, Yes, No, No],
        /* Reward                */ [Yes, Yes, Yes, No],
        /* CreateAccount         */ [Yes, Yes, Yes, No],
        /* CloseAccount          */ [Yes, Yes, Yes, No],
        /* List                  */ [Yes, No, No, No],
        /* Mark                  */ [No, No, No, Yes],
        /* Claim                 */ [No, No, No, Yes],
    ]
};

/// Market status × action. Columns: Open, Limit, Halted, ReduceOnly, Settling, Settled. `None`: the
/// market doesn't matter (cancel, withdraw, top up and wind-up go on in every status).
///
/// Closed for new risk means open interest not up: who closes may find somebody who takes over.
pub const MARKET: [Option<[MarketCell; 6]>; N] = {
    use MarketCell::{InBand, No, Yes};
    [
        /* PlainExit             */ None,
        /* ServeTicket           */ None,
        /* WithdrawWithPositions */ None,
        /* TopUp                 */ None,
        /* TopUpQuote            */ None,
        /* Repay                 */ None,
        /* NewDeposit            */ None,
        /* OpenInterestUp        */ Some([Yes, No, No, No, No, No]),
        /* TransferIn            */ Some([Yes, InBand, No, Yes, Yes, No]),
        /* Reduce                */ Some([Yes, InBand, No, Yes, Yes, No]),
        /* Place                 */ Some([Yes, Yes, No, Yes, Yes, No]),
        /* PlaceReduceOnly       */ Some([Yes, Yes, No, Yes, Yes, No]),
        /* Cancel                */ None,
        /* Prune                 */ None,
        /* TakeOver              */ Some([Yes, Yes, Yes, Yes, Yes, No]),
        /* Seize                 */ None,
        /* WindUp                */ None,
        /* Convert               */ None,
        /* Settle                */ None,
        /* SettlePosition        */ Some([No, No, No, No, No, Yes]),
        /* WindDown              */ None,
        /* AllocateLoss          */ None,
        /* Fold                  */ None,
        /* Accrue                */ None,
        /* Refresh               */ None,
        /* Check                 */ None,
        /* Flag                  */ None,
        /* Unflag                */ None,
        /* ProveStress           */ None,
        /* CrankTickets          */ None,
        /* Sweep                 */ None,
        /* Recapitalise          */ None,
        /* CollectResidual       */ None,
        /* FundInsurance         */ None,
        /* InsuranceUnstake      */ None,
        /* BuyStake              */ None,
        /* PayTreasury           */ None,
        /* Transfer              */ None,
        /* PlaceByDelegate       */ None,
        /* Reward                */ None,
        /* CreateAccount         */ None,
        /* CloseAccount          */ None,
        /* List                  */ None,
        /* Mark                  */ None,
        /* Claim                 */ None,
    ]
};

/// Bank status × action. Columns: Active, NoNewRisk, Closing. `None`: the bank doesn't matter.
///
/// Quote always tops up and repays: closing a bank for new risk must not trap anyone in a
/// liquidation.
pub const BANK: [Option<[BankCell; 3]>; N] = {
    use BankCell::{No, Yes};
    [
        /* PlainExit             */ None,
        /* ServeTicket           */ None,
        /* WithdrawWithPositions */ None,
        /* TopUp                 */ Some([Yes, No, No]),
        /* TopUpQuote            */ Some([Yes, Yes, Yes]),
        /* Repay                 */ Some([Yes, Yes, Yes]),
        /* NewDeposit            */ Some([Yes, No, No]),
        /* OpenInterestUp        */ None,
        /* TransferIn            */ None,
        /* Reduce                */ None,
        /* Place                 */ None,
        /* PlaceReduceOnly       */ None,
        /* Cancel                */ None,
        /* Prune                 */ None,
        /* TakeOver              */ None,
        /* Seize                 */ None,
        /* WindUp                */ None,
        /* Convert               */ None,
        /* Settle                */ None,
        /* SettlePosition        */ None,
        /* WindDown              */ None,
        /* AllocateLoss          */ None,
        /* Fold                  */ None,
        /* Accrue                */ None,
        /* Refresh               */ None,
        /* Check                 */ None,
        /* Flag                  */ None,
        /* Unflag                */ None,
        /* ProveStress           */ None,
        /* CrankTickets          */ None,
        /* Sweep                 */ None,
        /* Recapitalise          */ None,
        /* CollectResidual       */ None,
        /* FundInsurance         */ None,
        /* InsuranceUnstake      */ None,
        /* BuyStake              */ None,
        /* PayTreasury           */ None,
        /* Transfer              */ None,
        /* PlaceByDelegate       */ None,
        /* Reward                */ None,
        /* CreateAccount         */ None,
        /* CloseAccount          */ None,
        /* List                  */ None,
        /* Mark                  */ None,
        /* Claim                 */ None,
    ]
};

/// Capabilities that an action needs. None: it can't be revoked.
pub const CAPABILITY: [&[Capability]; N] = {
    use Capability::{
        Auction, Delegation, Deposit, Insurance, Listing, Matching, NewRisk, PositionWithdrawal,
        Rewards, Transfer, Treasury, Unstaking,
    };
    [
        /* PlainExit             */ &[],
        /* ServeTicket           */ &[],
        /* WithdrawWithPositions */ &[PositionWithdrawal],
        /* TopUp                 */ &[],
        /* TopUpQuote            */ &[],
        /* Repay                 */ &[],
        /* NewDeposit            */ &[Deposit],
        /* OpenInterestUp        */ &[NewRisk, Matching],
        /* TransferIn            */ &[Matching],
        /* Reduce                */ &[Matching],
        /* Place                 */ &[Matching],
        /* PlaceReduceOnly       */ &[Matching],
        /* Cancel                */ &[],
        /* Prune                 */ &[],
        /* TakeOver              */ &[],
        /* Seize                 */ &[],
        /* WindUp                */ &[],
        /* Convert               */ &[],
        /* Settle                */ &[],
        /* SettlePosition        */ &[],
        /* WindDown              */ &[],
        /* AllocateLoss          */ &[],
        /* Fold                  */ &[],
        /* Accrue                */ &[],
        /* Refresh               */ &[],
        /* Check                 */ &[],
        /* Flag                  */ &[],
        /* Unflag                */ &[],
        /* ProveStress           */ &[],
        /* CrankTickets          */ &[],
        /* Sweep                 */ &[],
        /* Recapitalise          */ &[],
        /* CollectResidual       */ &[],
        /* FundInsurance         */ &[Insurance],
        /* InsuranceUnstake      */ &[Unstaking],
        /* BuyStake              */ &[Auction],
        /* PayTreasury           */ &[Treasury],
        /* Transfer              */ &[Transfer],
        /* PlaceByDelegate       */ &[Delegation],
        /* Reward                */ &[Rewards],
        /* CreateAccount         */ &[],
        /* CloseAccount          */ &[],
        /* List                  */ &[Listing],
        /* Mark                  */ &[],
        /* Claim                 */ &[],
    ]
};

/// Row of the oracle gate that the touched leg must pass. `None`: the gate refuses nothing here, or
/// health asks it leg by leg (withdrawals, wind-up).
pub const GATE: [Option<LegUse>; N] = {
    [
        /* PlainExit             */ None,
        /* ServeTicket           */ None,
        /* WithdrawWithPositions */ None,
        /* TopUp                 */ None,
        /* TopUpQuote            */ None,
        /* Repay                 */ None,
        /* NewDeposit            */ None,
        /* OpenInterestUp        */ Some(LegUse::OpenInterestUp),
        /* TransferIn            */ Some(LegUse::Reduce),
        /* Reduce                */ Some(LegUse::Reduce),
        /* Place                 */ None,
        /* PlaceReduceOnly       */ None,
        /* Cancel                */ None,
        /* Prune                 */ None,
        /* TakeOver              */ Some(LegUse::Liquidate),
        /* Seize                 */ Some(LegUse::Convert),
        /* WindUp                */ None,
        /* Convert               */ Some(LegUse::Convert),
        /* Settle                */ None,
        /* SettlePosition        */ None,
        /* WindDown              */ None,
        /* AllocateLoss          */ Some(LegUse::AllocateLoss),
        /* Fold                  */ None,
        /* Accrue                */ None,
        /* Refresh               */ None,
        /* Check                 */ None,
        /* Flag                  */ None,
        /* Unflag                */ None,
        /* ProveStress           */ None,
        /* CrankTickets          */ None,
        /* Sweep                 */ None,
        /* Recapitalise          */ None,
        /* CollectResidual       */ None,
        /* FundInsurance         */ None,
        /* InsuranceUnstake      */ None,
        /* BuyStake              */ None,
        /* PayTreasury           */ None,
        /* Transfer              */ None,
        /* PlaceByDelegate       */ None,
        /* Reward                */ None,
        /* CreateAccount         */ None,
        /* CloseAccount          */ None,
        /* List                  */ None,
        /* Mark                  */ None,
        /* Claim                 */ None,
    ]
};

/// Stage of the account × action. Columns: Healthy, ReduceOnly, Warned, Liquidatable, Bankrupt.
pub const STAGE: [[StageCell; 5]; N] = {
    use StageCell::{No, NotBankrupt as SOLVENT, NotLiquidatable as HEALTHY, WindUpOnly, Yes};
    const ANY: [StageCell; 5] = [Yes; 5];
    [
        /* PlainExit             */ ANY,
        /* ServeTicket           */ ANY,
        /* WithdrawWithPositions */ [Yes, No, No, No, No],
        /* TopUp                 */ ANY,
        /* TopUpQuote            */ ANY,
        /* Repay                 */ ANY,
        /* NewDeposit            */ ANY,
        /* OpenInterestUp        */ [Yes, No, No, No, No],
        /* TransferIn            */ [Yes, No, No, No, No],
        /* Reduce                */ [Yes, Yes, Yes, No, No],
        /* Place                 */ [Yes, No, No, No, No],
        /* PlaceReduceOnly       */ [Yes, Yes, Yes, No, No],
        /* Cancel                */ ANY,
        /* Prune                 */ ANY,
        /* TakeOver              */ [HEALTHY, HEALTHY, HEALTHY, Yes, WindUpOnly],
        /* Seize                 */ [HEALTHY, HEALTHY, HEALTHY, Yes, WindUpOnly],
        /* WindUp                */ [SOLVENT, SOLVENT, SOLVENT, SOLVENT, Yes],
        /* Convert               */ [Yes, Yes, Yes, No, No],
        /* Settle                */ ANY,
        /* SettlePosition        */ ANY,
        /* WindDown              */ ANY,
        /* AllocateLoss          */ ANY,
        /* Fold                  */ ANY,
        /* Accrue                */ ANY,
        /* Refresh               */ ANY,
        /* Check                 */ ANY,
        /* Flag                  */ [HEALTHY, HEALTHY, HEALTHY, Yes, Yes],
        /* Unflag                */ [Yes, Yes, Yes, No, No],
        /* ProveStress           */ ANY,
        /* CrankTickets          */ ANY,
        /* Sweep                 */ ANY,
        /* Recapitalise          */ ANY,
        /* CollectResidual       */ ANY,
        /* FundInsurance         */ ANY,
        /* InsuranceUnstake      */ ANY,
        /* BuyStake              */ ANY,
        /* PayTreasury           */ ANY,
        /* Transfer              */ ANY,
        /* PlaceByDelegate       */ ANY,
        /* Reward                */ ANY,
        /* CreateAccount         */ ANY,
        /* CloseAccount          */ ANY,
        /* List                  */ ANY,
        /* Mark                  */ ANY,
        /* Claim                 */ ANY,
    ]
};

/// Whether grace protects the account from the action. Flagging takes nothing: the clock may run.
pub const GRACE: [bool; N] = {
    [
        /* PlainExit             */ false, /* ServeTicket           */ false,
        /* WithdrawWithPositions */ false, /* TopUp                 */ false,
        /* TopUpQuote            */ false, /* Repay                 */ false,
        /* NewDeposit            */ false, /* OpenInterestUp        */ false,
        /* TransferIn            */ false, /* Reduce                */ false,
        /* Place                 */ false, /* PlaceReduceOnly       */ false,
        /* Cancel                */ false, /* Prune                 */ false,
        /* TakeOver              */ true, /* Seize                 */ true,
        /* WindUp                */ false, /* Convert               */ false,
        /* Settle                */ false, /* SettlePosition        */ false,
        /* WindDown              */ false, /* AllocateLoss          */ false,
        /* Fold                  */ false, /* Accrue                */ false,
        /* Refresh               */ false, /* Check                 */ false,
        /* Flag                  */ false, /* Unflag                */ false,
        /* ProveStress           */ false, /* CrankTickets          */ false,
        /* Sweep                 */ false, /* Recapitalise          */ false,
        /* CollectResidual       */ false, /* FundInsurance         */ false,
        /* InsuranceUnstake      */ false, /* BuyStake              */ false,
        /* PayTreasury           */ false, /* Transfer              */ false,
        /* PlaceByDelegate       */ false, /* Reward                */ false,
        /* CreateAccount         */ false, /* CloseAccount          */ false,
        /* List                  */ false, /* Mark                  */ false,
        /* Claim                 */ false,
    ]
};
