//! What can be refused, one name per rule. The program maps each to its own error code.

/// Result of a rule.
pub type Result<T> = core::result::Result<T, Error>;

macro_rules! errors {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// A broken rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Error { $($(#[doc = $doc])+ $name,)+ }

        impl Error {
            /// Every error, in order.
            pub const ALL: &'static [Error] = &[$(Error::$name),+];

            /// The rule that was broken, as one sentence.
            pub const fn message(self) -> &'static str {
                match self { $(Error::$name => concat!($($doc),+),)+ }
            }

            /// The program's code of this error: 6000 and its place in the list.
            pub fn code(self) -> u32 {
                let place = Self::ALL.iter().position(|one| *one == self);
                let place = place.and_then(|place| u32::try_from(place).ok());
                place.and_then(|place| place.checked_add(6_000)).unwrap_or(u32::MAX)
            }

            /// The variant's name.
            pub const fn name(self) -> &'static str {
                match self { $(Error::$name => stringify!($name),)+ }
            }
        }
    };
}

errors! {
    // Arithmetic and input
    /// A number left its range.
    Overflow,
    /// An amount of zero does nothing.
    ZeroAmount,
    /// A stored or given value lies outside its table.
    BadValue,
    /// A parameter lies outside its compiled bounds.
    ParameterOutOfBounds,
    /// An index names nothing that exists.
    BadIndex,
    // Oracle and Board
    /// The leg's price is too old, too uncertain, unconfirmed, diverged or dead for this act.
    OracleGate,
    /// The price message is not usable.
    BadPrice,
    /// The price message was published in the future.
    PriceFromFuture,
    /// No feed of this refresh could be updated.
    NothingRefreshed,
    /// The Board is locked by a Recovery.
    BoardLocked,
    // Ledger and health
    /// The account would have less than its initial requirement.
    BelowInitialMargin,
    /// The account has less than it would need to take this over.
    ReceiverUnhealthy,
    /// The account isn't below its maintenance requirement.
    NotLiquidatable,
    /// The account isn't bankrupt.
    NotBankrupt,
    /// The account is bankrupt: it can only be wound up.
    Bankrupt,
    /// The account holds less than this.
    InsufficientBalance,
    /// No free collateral slot is left.
    CollateralSlotsFull,
    /// No free position slot is left.
    PositionSlotsFull,
    /// No free order slot is left.
    OrderSlotsFull,
    /// The account isn't empty.
    AccountNotEmpty,
    /// The account has no such position.
    NoPosition,
    // Orders and book
    /// The price isn't a multiple of the tick, or is zero.
    BadTick,
    /// The size isn't a multiple of the lot, or is zero.
    BadLot,
    /// The order's notional is below the smallest that rests.
    BelowMinimumNotional,
    /// The order is too far from the oracle.
    TooFarFromOracle,
    /// The order would cross and is post-only.
    WouldCross,
    /// The order can't be filled whole.
    NotFilledWhole,
    /// The order has expired.
    OrderExpired,
    /// There is no such order.
    NoSuchOrder,
    /// The order would not reduce the position.
    NotReducing,
    /// The book is full of better orders.
    BookFull,
    /// Too many orders in one market.
    TooManyOrders,
    /// The account's equity carries fewer resting orders than this.
    OrdersBeyondEquity,
    /// The book or the price has changed in this slot: funding is sampled in a later one.
    BookJustChanged,
    // Liquidation and loss
    /// More than the share of a leg that may be taken over in one slot.
    SlotShare,
    /// The take-over would worsen the account.
    WouldWorsenHealth,
    /// The account isn't flagged.
    NotFlagged,
    /// The account is flagged already.
    AlreadyFlagged,
    /// Too little open time between two calls.
    TooEarly,
    /// The take-over would take nothing.
    NothingToTake,
    /// An account can't be taken over by its own owner here.
    SelfLiquidation,
    /// Withdrawals of this account still wait: they are voided first.
    TicketsWait,
    /// The vault isn't short of quote, and the debt is neither old nor large.
    NotNeeded,
    // Deposits and withdrawals
    /// The bank's deposit cap would be passed.
    DepositCap,
    /// The account's cap in this bank would be passed.
    AccountCap,
    /// The first deposit into an empty account must be larger.
    BelowMinimumDeposit,
    /// The bank's coverage is below one: only repayment and recapitalisation may enter.
    NotCovered,
    // Permission
    /// The mode does not permit this.
    ModeForbids,
    /// The market's status does not permit this.
    MarketForbids,
    /// The bank's status does not permit this.
    BankForbids,
    /// The capability is revoked for now.
    CapabilityRevoked,
    /// The account's stage does not permit this.
    StageForbids,
    /// Grace holds: this account can't be liquidated yet.
    GraceHolds,
    /// The budget of this power is used up.
    BudgetExhausted,
    /// Value is missing: this must wait until it is made good.
    ValueMissing,
    // Invariants
    /// An invariant would be broken.
    InvariantBroken,
    // Guardian
    /// The key is no member of the guardian.
    NotMember,
    /// The member was silent too long: a heartbeat brings the powers back after 48 h.
    MemberSilent,
    /// The key can't be a member, or the members are too few, too many or not distinct.
    BadMember,
    /// The action's bytes are no action, or one that could never be executed.
    BadAction,
    /// The member has spoken already.
    AlreadyApproved,
    /// The member is a subject of the removal.
    SubjectOfProposal,
    /// The proposal is final or has expired.
    ProposalClosed,
    /// The proposal hasn't reached its quorum.
    ProposalNotQueued,
    /// The delay isn't over.
    DelayRuns,
    /// Too few approvals of today's members stand.
    QuorumMissing,
    /// Eight changes wait already.
    TooManyWaiting,
    // Settling and closing
    /// Neither does the market's target stand at its cap nor is its feed dead.
    NoCause,
    /// What the settlement was announced for still stands.
    CauseStands,
    /// Too few minutes before the newest price had one: the settlement price needs half of thirty.
    TooFewCloses,
    // Recovery
    /// The compartment's Recovery isn't in the phase for this.
    RecoveryPhase,
    /// This has been counted or marked in this Recovery already.
    AlreadyMarked,
    /// The account hasn't been marked in this Recovery: mark it first.
    NotMarked,
    /// Nothing is due at the moment; late money may make something due.
    NothingDue,
    /// Parameters that are bound to each other are changed together.
    CoupledApart,
    /// The compartment's cap of the token's origin class or group would be passed.
    CollateralCap,
    // Insurance
    /// A stake, and what stays of one, is at least $10, or nothing.
    StakeTooSmall,
    /// A bank or the deficit was last checked more than 150 slots ago.
    Unchecked,
    /// Nothing of this stake has asked to leave, or its window is over.
    NothingAsked,
    /// An account that could take a tenth of insurance is liquidatable.
    InsuranceAtRisk,
    /// Insurance isn't short, or what it has lost is sold again.
    NothingForSale,
    /// The account's claims are assigned: once, and what is due to them is collected first.
    ClaimsAssigned,
}
