//! The program's one error list: every rule of `bulwark-core` by the same name, in the same order,
//! from 6000 on; then what only an instruction can find wrong with its accounts, from 6200 on.
//!
//! A rule travels by its code alone: nothing is formatted on the way, Anchor logs name and message
//! once at the end of a failed instruction. Where two numbers clash, they are logged before it
//! ([`crate::explain`]).

use anchor_lang::prelude::*;
use bulwark_core::Error as Rule;

/// Writes the list once: the enum with its messages, and the way from a core rule to it. A rule
/// that is missing here compiles (core and program are built apart) and fails the test below.
macro_rules! errors {
    (rules { $($rule:ident: $text:literal,)+ }
     accounts { $($name:ident $(= $code:tt)?: $message:literal,)+ }) => {
        /// Everything that an instruction can refuse.
        #[error_code]
        #[derive(PartialEq, Eq)]
        pub enum BulwarkError {
            $(#[msg($text)] $rule,)+
            $(#[msg($message)] $name $(= $code)?,)+
        }

        impl From<Rule> for BulwarkError {
            fn from(rule: Rule) -> Self {
                match rule {
                    $(Rule::$rule => Self::$rule,)+
                    #[allow(unreachable_patterns)]
                    _ => Self::UnlistedRule,
                }
            }
        }

        #[cfg(test)]
        const LISTED: &[(&str, &str, BulwarkError)] =
            &[$((stringify!($rule), $text, BulwarkError::$rule),)+];
    };
}

errors! {
    rules {
        // Arithmetic and input
        Overflow: "A number left its range",
        ZeroAmount: "An amount of zero does nothing",
        BadValue: "A stored or given value lies outside its table",
        ParameterOutOfBounds: "A parameter lies outside its compiled bounds",
        BadIndex: "An index names nothing that exists",
        // Oracle and Board
        OracleGate: "The leg's price is too old, too uncertain, unconfirmed, diverged or dead for this act",
        BadPrice: "The price message is not usable",
        PriceFromFuture: "The price message was published in the future",
        NothingRefreshed: "No feed of this refresh could be updated",
        BoardLocked: "The Board is locked by a Recovery",
        // Ledger and health
        BelowInitialMargin: "The account would have less than its initial requirement",
        ReceiverUnhealthy: "The account has less than it would need to take this over",
        NotLiquidatable: "The account isn't below its maintenance requirement",
        NotBankrupt: "The account isn't bankrupt",
        Bankrupt: "The account is bankrupt: it can only be wound up",
        InsufficientBalance: "The account holds less than this",
        CollateralSlotsFull: "No free collateral slot is left",
        PositionSlotsFull: "No free position slot is left",
        OrderSlotsFull: "No free order slot is left",
        AccountNotEmpty: "The account isn't empty",
        NoPosition: "The account has no such position",
        // Orders and book
        BadTick: "The price isn't a multiple of the tick, or is zero",
        BadLot: "The size isn't a multiple of the lot, or is zero",
        BelowMinimumNotional: "The order's notional is below the smallest that rests",
        TooFarFromOracle: "The order is too far from the oracle",
        WouldCross: "The order would cross and is post-only",
        NotFilledWhole: "The order can't be filled whole",
        OrderExpired: "The order has expired",
        NoSuchOrder: "There is no such order",
        NotReducing: "The order would not reduce the position",
        BookFull: "The book is full of better orders",
        TooManyOrders: "Too many orders in one market",
        OrdersBeyondEquity: "The account's equity carries fewer resting orders than this",
        BookJustChanged: "The book or the price has changed in this slot: funding is sampled in a later one",
        // Liquidation and loss
        SlotShare: "More than the share of a leg that may be taken over in one slot",
        WouldWorsenHealth: "The take-over would worsen the account",
        NotFlagged: "The account isn't flagged",
        AlreadyFlagged: "The account is flagged already",
        TooEarly: "Too little open time between two calls",
        NothingToTake: "The take-over would take nothing",
        SelfLiquidation: "An account can't be taken over by its own owner here",
        TicketsWait: "Withdrawals of this account still wait: they are voided first",
        NotNeeded: "The vault isn't short of quote, and the debt is neither old nor large",
        // Deposits and withdrawals
        DepositCap: "The bank's deposit cap would be passed",
        AccountCap: "The account's cap in this bank would be passed",
        BelowMinimumDeposit: "The first deposit into an empty account must be larger",
        NotCovered: "The bank's coverage is below one: only repayment and recapitalisation may enter",
        // Permission
        ModeForbids: "The mode does not permit this",
        MarketForbids: "The market's status does not permit this",
        BankForbids: "The bank's status does not permit this",
        CapabilityRevoked: "The capability is revoked for now",
        StageForbids: "The account's stage does not permit this",
        GraceHolds: "Grace holds: this account can't be liquidated yet",
        BudgetExhausted: "The budget of this power is used up",
        ValueMissing: "Value is missing: this must wait until it is made good",
        // Invariants
        InvariantBroken: "An invariant would be broken",
        // Guardian
        NotMember: "The key is no member of the guardian",
        MemberSilent: "The member was silent too long: a heartbeat brings the powers back after 48 h",
        BadMember: "The key can't be a member, or the members are too few, too many or not distinct",
        BadAction: "The action's bytes are no action, or one that could never be executed",
        AlreadyApproved: "The member has spoken already",
        SubjectOfProposal: "The member is a subject of the removal",
        ProposalClosed: "The proposal is final or has expired",
        ProposalNotQueued: "The proposal hasn't reached its quorum",
        DelayRuns: "The delay isn't over",
        QuorumMissing: "Too few approvals of today's members stand",
        TooManyWaiting: "Eight changes wait already",
        // Settling and closing
        NoCause: "Neither does the market's target stand at its cap nor is its feed dead",
        CauseStands: "What the settlement was announced for still stands",
        TooFewCloses: "Too few minutes before the newest price had one: the settlement price needs half of thirty",
        RecoveryPhase: "The compartment's Recovery isn't in the phase for this",
        AlreadyMarked: "This has been counted or marked in this Recovery already",
        NotMarked: "The account hasn't been marked in this Recovery: mark it first",
        NothingDue: "Nothing is due at the moment; late money may make something due",
        CoupledApart: "Parameters that are bound to each other are changed together",
        CollateralCap: "The compartment's cap of the token's origin class or group would be passed",
        // Insurance
        StakeTooSmall: "A stake, and what stays of one, is at least $10, or nothing",
        Unchecked: "A bank or the deficit was last checked more than 150 slots ago",
        NothingAsked: "Nothing of this stake has asked to leave, or its window is over",
        InsuranceAtRisk: "An account that could take a tenth of insurance is liquidatable",
        NothingForSale: "Insurance isn't short, or what it has lost is sold again",
        ClaimsAssigned: "The account's claims are assigned: once, and what is due to them is collected first",
    }
    accounts {
        // Identity of accounts
        WrongProtocol = 200: "The account belongs to another protocol",
        WrongCompartment: "The account belongs to another compartment",
        WrongBoard: "This isn't the Board of the compartment",
        WrongBank: "This isn't the bank that is meant",
        WrongMarket: "This isn't the market that is meant",
        WrongBook: "This isn't the book of the market",
        WrongInsurance: "This isn't the insurance of the compartment",
        WrongTicket: "This isn't the ticket that is meant",
        WrongAddress: "The account doesn't lie at its derived address",
        WrongVersion: "The account has another layout version",
        WrongSize: "The account has another size than its layout",
        NotZeroed: "The account to adopt has been written already",
        NotRentExempt: "The account to adopt holds too few lamports",
        DuplicateAccount: "The same account was passed twice",
        MissingAccount: "An account that this needs was not passed",
        IncompleteSet: "This needs every bank or market of the compartment, each once",
        // Signers
        NotOwner: "The signer doesn't own the margin account",
        NotCreator: "The signer isn't the creator",
        NotUpgradeAuthority: "The signer isn't the program's upgrade authority",
        Sealed: "The creator's powers have ended",
        NotSealable: "Deposits are below the sum from which anyone may seal",
        // Lists
        TooManyCompartments: "The protocol has no place for another compartment",
        TooManyFeeds: "The Board has no place for another feed",
        TooManyBanks: "The compartment has no place for another bank",
        TooManyMarkets: "The compartment has no place for another market",
        AlreadyListed: "The compartment has this already",
        // Tokens
        WrongMint: "The mint isn't the bank's",
        WrongVault: "The vault isn't the bank's",
        WrongTokenProgram: "The token program isn't the bank's",
        WrongTokenAccount: "This isn't a token account that can be used here",
        WrongTokenOwner: "The token account doesn't belong to the margin account's owner",
        MintExtension: "The mint has an extension that isn't on the allow-list",
        QuoteDecimals: "The quote mint must have 6 decimals",
        TokenAccountFrozen: "The token account is frozen",
        VaultFrozen: "The vault is frozen by the mint's authority",
        VaultMismatch: "The vault's balance moved by another amount than was transferred",
        // Oracles
        OracleKind: "The feed has no source of this kind",
        OracleOwner: "The oracle account belongs to another program than the feed's",
        OracleKey: "The oracle account isn't the feed's",
        OracleData: "The oracle account's data is not a price",
        OracleVerification: "The price update isn't fully verified",
        OracleFeed: "The price update is of another feed",
        OracleStatus: "The price isn't trading",
        // Guardian
        CalledByProgram: "A member of the guardian speaks in person: not through another program",
        DurableNonce: "A member of the guardian doesn't speak in a transaction with a durable nonce",
        StaleQuote: "The quoted block isn't one of the last 512",
        ProposalOpen: "The proposal isn't final yet",
        AnotherAction: "The vote is for another action than the proposal's",
        // Recovery
        WrongRecovery: "This isn't the compartment's present Recovery",
        WrongBuffer: "This isn't the buffer that was decided, or its authority or bytes are others",
        // The list itself
        UnlistedRule: "A rule that this release has no name for",
    }
}

/// What a core rule's result becomes in an instruction.
pub trait OrRefuse<T> {
    /// The value, or the rule's own error code.
    fn or_refuse(self) -> Result<T>;
}

impl<T> OrRefuse<T> for bulwark_core::Result<T> {
    #[inline]
    fn or_refuse(self) -> Result<T> {
        self.map_err(|rule| refusal(rule.into()))
    }
}

impl<T> OrRefuse<T> for Option<T> {
    /// `None` of the arithmetic means that a number left its range.
    #[inline]
    fn or_refuse(self) -> Result<T> {
        self.ok_or_else(|| refusal(BulwarkError::Overflow))
    }
}

/// Kept out of line: it formats, and it is never on the way of an instruction that succeeds.
#[cold]
#[inline(never)]
pub fn refusal(error: BulwarkError) -> Error {
    crate::security::keep();
    error.into()
}

/// Refuses with `error` unless `condition` holds.
#[inline]
pub fn ensure(condition: bool, error: BulwarkError) -> Result<()> {
    if condition {
        Ok(())
    } else {
        Err(refusal(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_core_has_its_name_message_and_place() {
        let core: Vec<_> = Rule::ALL
            .iter()
            .map(|r| (r.name(), r.message().trim().trim_end_matches('.')))
            .collect();
        let ours: Vec<_> = LISTED
            .iter()
            .map(|(name, text, _)| (*name, *text))
            .collect();
        assert_eq!(core, ours);
        for (place, rule) in Rule::ALL.iter().enumerate() {
            let ours = BulwarkError::from(*rule);
            assert_eq!(ours.name(), rule.name());
            assert_eq!(u32::from(ours), 6_000 + u32::try_from(place).unwrap());
        }
        assert!(Rule::ALL.len() < 200, "account errors begin at 6200");
        assert_eq!(u32::from(BulwarkError::WrongProtocol), 6_200);
    }
}
