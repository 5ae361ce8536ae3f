//! Every act that the tables know.

macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// An act, as the tables of D12 class it. One instruction may need several.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[doc = $doc])+ $name,)+ }

        impl Action {
            /// All actions, in the order of the tables' rows.
            pub const ALL: &'static [Action] = &[$(Action::$name),+];
            /// Number of actions.
            pub const COUNT: usize = Self::ALL.len();
        }
    };
}

actions! {
    /// Withdraw without positions, orders or debt: no oracle, no Board.
    PlainExit,
    /// Pay what is payable of a ticket.
    ServeTicket,
    /// Withdraw with positions, orders or debt.
    WithdrawWithPositions,
    /// Deposit a token into an account with positions or debt.
    TopUp,
    /// Deposit quote into an account with positions or debt.
    TopUpQuote,
    /// Deposit quote against a negative balance.
    Repay,
    /// Deposit into an account without positions and debt.
    NewDeposit,
    /// Fill that raises open interest.
    OpenInterestUp,
    /// Fill that doesn't, for the account whose position it makes larger.
    TransferIn,
    /// Fill that doesn't, for an account whose position it makes smaller.
    Reduce,
    /// Place an order that may open a position.
    Place,
    /// Place an order that can only reduce.
    PlaceReduceOnly,
    /// Cancel an order.
    Cancel,
    /// Remove a void order of anybody.
    Prune,
    /// Take a position over.
    TakeOver,
    /// Take collateral of a liquidatable account against its debt.
    Seize,
    /// Wind a bankrupt account up.
    WindUp,
    /// Buy collateral against an old or large debt.
    Convert,
    /// Realise an account's unrealised loss.
    Settle,
    /// Close a position of a settled market at its settlement price.
    SettlePosition,
    /// Announce, call off or carry out the settlement of a market or the closing of a bank.
    WindDown,
    /// Charge a loss to insurance and the gaining side.
    AllocateLoss,
    /// Fold a market's deltas into the quote bank.
    Fold,
    /// Accrue funding or interest.
    Accrue,
    /// Write prices, targets and indexes into the Board.
    Refresh,
    /// Check invariants, set or clear their bits.
    Check,
    /// Start an account's liquidation clock.
    Flag,
    /// Clear it.
    Unflag,
    /// Prove an account's stressed shortfall.
    ProveStress,
    /// Move the queue of tickets on.
    CrankTickets,
    /// Assign money that came without an instruction.
    Sweep,
    /// Give money to whoever is short.
    Recapitalise,
    /// Pay assigned money on a residual claim.
    CollectResidual,
    /// Stake into insurance.
    FundInsurance,
    /// Ask to leave insurance, or leave.
    InsuranceUnstake,
    /// Buy into insurance in a recapitalisation.
    BuyStake,
    /// Pay fees to the treasury.
    PayTreasury,
    /// Move money between two margin accounts of one owner, besides what both sides ask.
    Transfer,
    /// Place an order with a delegate's signature, besides what the order asks.
    PlaceByDelegate,
    /// Reward a first latch.
    Reward,
    /// Create a margin account.
    CreateAccount,
    /// Close an empty margin account.
    CloseAccount,
    /// Create a feed, bank or market.
    List,
    /// Mark an account in Recovery.
    Mark,
    /// Claim what Recovery owes.
    Claim,
}

impl Action {
    /// The action's row of a table.
    pub(super) const fn row<T>(self, table: &[T; Self::COUNT]) -> &T {
        // The enum is dense and as long as every table: the index can't leave it.
        &table[self as usize]
    }
}
