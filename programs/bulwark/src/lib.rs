//! Bulwark: a margin engine for Solana derivatives that keeps its users safe through its own
//! failures.
#[cfg(target_arch = "bpf")]
use bulwark_sbf_builtins as _;

use anchor_lang::prelude::*;

pub mod creator;
pub mod decided;
pub mod error;
pub mod event;
pub mod explain;
pub mod fresh;
pub mod guard;
#[cfg(all(feature = "heap-log", target_os = "solana"))]
mod heap;
pub mod instructions;
pub mod invariant;
pub mod lists;
pub mod oracle;
pub mod probe;
pub mod quote;
pub mod security;
pub mod seeds;
pub mod state;
pub mod token;
pub mod upgrade;

use instructions::*;

declare_id!("3udFVZtUM5abGCw5s78RiEwfaxZqkcQtB4Wr8Cex47eM");

/// The instructions, the frequent ones first: each one passed over costs 4 units of dispatch.
#[program]
pub mod bulwark {
    use super::*;

    /// Reads oracle accounts into the Board.
    pub fn refresh<'info>(ctx: Context<'info, Refresh<'info>>, feeds: Vec<u8>) -> Result<()> {
        instructions::refresh(ctx, feeds)
    }

    /// Places an order; makers' margin accounts follow. See [`instructions::place_order`].
    pub fn place_order<'info>(
        ctx: Context<'info, PlaceOrder<'info>>,
        args: PlaceOrderArgs,
    ) -> Result<()> {
        instructions::place_order(ctx, args)
    }

    /// Replaces an order: cancels it and places another. See [`instructions::replace_order`].
    pub fn replace_order<'info>(
        ctx: Context<'info, PlaceOrder<'info>>,
        which: Which,
        args: PlaceOrderArgs,
    ) -> Result<()> {
        instructions::replace_order(ctx, which, args)
    }

    /// Cancels orders of the signer by lists of their numbers. Returns how many.
    pub fn cancel_batch(
        ctx: Context<CancelOrders>,
        sequences: Vec<u64>,
        client_ids: Vec<u32>,
    ) -> Result<()> {
        instructions::cancel_batch(ctx, sequences, client_ids)
    }

    /// Cancels orders of the signer.
    pub fn cancel_orders(ctx: Context<CancelOrders>, which: Which) -> Result<()> {
        instructions::cancel_orders(ctx, which)
    }

    /// Brings tokens into a margin account.
    pub fn deposit<'info>(ctx: Context<'info, Deposit<'info>>, amount: u64) -> Result<()> {
        instructions::deposit(ctx, amount)
    }

    /// Takes tokens out of a margin account. Returns what was paid and what was queued.
    pub fn withdraw(ctx: Context<Withdraw>, amount: u64, ticket_bump: u8) -> Result<Withdrawal> {
        instructions::withdraw(ctx, amount, ticket_bump)
    }

    /// Moves a token between two margin accounts of the signer.
    pub fn transfer(ctx: Context<Transfer>, amount: u64) -> Result<()> {
        instructions::transfer(ctx, amount)
    }

    /// Takes a position of a liquidatable account over.
    pub fn take_over(ctx: Context<TakeOver>, largest: u64) -> Result<()> {
        instructions::take_over(ctx, largest)
    }

    /// Starts the liquidation clock of an account.
    pub fn flag(ctx: Context<Flag>) -> Result<()> {
        instructions::flag(ctx)
    }

    /// Ends it.
    pub fn unflag(ctx: Context<Unflag>) -> Result<()> {
        instructions::unflag(ctx)
    }

    /// Tells the stage of an account where it has changed.
    pub fn note_stage(ctx: Context<Unflag>) -> Result<()> {
        instructions::note_stage(ctx)
    }

    /// Buys collateral of a liquidatable account.
    pub fn seize(ctx: Context<Seize>, bank: u8, largest: u64) -> Result<()> {
        instructions::seize(ctx, bank, largest)
    }

    /// Winds a bankrupt account up; the markets of its positions follow.
    pub fn wind_up<'info>(ctx: Context<'info, WindUp<'info>>, fraction_ppm: u32) -> Result<()> {
        instructions::wind_up(ctx, fraction_ppm)
    }

    /// Realises an account's unrealised loss.
    pub fn settle(ctx: Context<Settle>) -> Result<()> {
        instructions::settle(ctx)
    }

    /// Announces that a market will be settled: by the creator, or by anyone where it is broken.
    pub fn announce_settlement<'info>(
        ctx: Context<'info, WindMarketDown<'info>>,
        decided: bool,
    ) -> Result<()> {
        instructions::announce_settlement(ctx, decided)
    }

    /// Calls a settlement off whose cause is gone.
    pub fn call_off_settlement(ctx: Context<WindMarketDown>) -> Result<()> {
        instructions::call_off_settlement(ctx)
    }

    /// Settles a market whose notice is over.
    pub fn settle_market(ctx: Context<WindMarketDown>) -> Result<()> {
        instructions::settle_market(ctx)
    }

    /// Closes an account's position in a settled market.
    pub fn settle_position(ctx: Context<SettlePosition>) -> Result<()> {
        instructions::settle_position(ctx)
    }

    /// Begins to close a bank; every bank follows.
    pub fn close_bank<'info>(ctx: Context<'info, CloseBank<'info>>) -> Result<()> {
        instructions::close_bank(ctx)
    }

    /// Buys collateral against an old or large debt.
    pub fn convert(ctx: Context<Convert>, bank: u8, largest: u64) -> Result<()> {
        instructions::convert(ctx, bank, largest)
    }

    /// Moves the queue of withdrawals on and pays a ticket.
    pub fn crank_ticket(ctx: Context<CrankTicket>) -> Result<()> {
        instructions::crank_ticket(ctx)
    }

    /// Folds markets' deltas into the quote bank.
    pub fn fold<'info>(ctx: Context<'info, Fold<'info>>) -> Result<()> {
        instructions::fold(ctx)
    }

    /// Accrues quote interest and takes stock of the quote bank; all markets follow.
    pub fn accrue<'info>(ctx: Context<'info, Accrue<'info>>) -> Result<()> {
        instructions::accrue(ctx)
    }

    /// Recomputes invariants and sets or clears the broken bits of what follows.
    pub fn check<'info>(ctx: Context<'info, Check<'info>>, quote: bool) -> Result<()> {
        instructions::check(ctx, quote)
    }

    /// Samples the premium of a market and moves its funding.
    pub fn sample_funding(ctx: Context<SampleFunding>) -> Result<()> {
        instructions::sample_funding(ctx)
    }

    /// Clears void orders of anybody.
    pub fn prune_orders(ctx: Context<PruneOrders>) -> Result<()> {
        instructions::prune_orders(ctx)
    }

    /// Books money that came into a vault without an instruction.
    pub fn sweep<'info>(ctx: Context<'info, Sweep<'info>>) -> Result<()> {
        instructions::sweep(ctx)
    }

    /// Gives money to a bank.
    pub fn recapitalise<'info>(
        ctx: Context<'info, Recapitalise<'info>>,
        amount: u64,
    ) -> Result<()> {
        instructions::recapitalise(ctx, amount)
    }

    /// Pays late money on a residual claim.
    pub fn collect_residual(ctx: Context<CollectResidual>) -> Result<()> {
        instructions::collect_residual(ctx)
    }

    /// Values the base of the compartment's outflow; every bank follows.
    pub fn value_banks<'info>(ctx: Context<'info, ValueBanks<'info>>) -> Result<()> {
        instructions::value_banks(ctx)
    }

    /// Gives quote to insurance.
    pub fn fund_insurance(ctx: Context<Recapitalise>, amount: u64) -> Result<()> {
        instructions::fund_insurance(ctx, amount)
    }

    /// Changes a stake in insurance. See [`instructions::stake`].
    pub fn stake<'info>(
        ctx: Context<'info, ChangeStake<'info>>,
        act: StakeAct,
        bump: u8,
    ) -> Result<()> {
        instructions::stake(ctx, act, bump)
    }

    /// Proves what a margin account would lack under stress.
    pub fn prove_stress<'info>(ctx: Context<'info, Accrue<'info>>) -> Result<()> {
        instructions::prove_stress(ctx)
    }

    /// Returns the health of a margin account. See [`bulwark_state::HealthView`].
    pub fn health_view(ctx: Context<View>) -> Result<()> {
        instructions::health_view(ctx)
    }

    /// Returns the margin notice of a margin account. See [`bulwark_state::MarginNotice`].
    pub fn margin_notice(ctx: Context<View>) -> Result<()> {
        instructions::margin_notice(ctx)
    }

    /// Creates the guardian; the members follow.
    pub fn create_guardian<'info>(
        ctx: Context<'info, CreateGuardian<'info>>,
        veto: Pubkey,
    ) -> Result<()> {
        instructions::create_guardian(ctx, veto)
    }

    /// Says that a member of the guardian, or its veto seat, is there.
    pub fn heartbeat(ctx: Context<Heartbeat>) -> Result<()> {
        instructions::heartbeat(ctx)
    }

    /// Proposes an action of the guardian.
    pub fn propose<'info>(ctx: Context<'info, Propose<'info>>, args: ProposeArgs) -> Result<()> {
        instructions::propose(ctx, args)
    }

    /// Approves a proposal, if its action is the one that is meant.
    pub fn approve_proposal(
        ctx: Context<Voice>,
        action_hash: [u8; 32],
        quote: fresh::Quote,
    ) -> Result<()> {
        instructions::approve_proposal(ctx, action_hash, quote)
    }

    /// Objects to a proposal.
    pub fn object_to_proposal(ctx: Context<Voice>, quote: fresh::Quote) -> Result<()> {
        instructions::object_to_proposal(ctx, quote)
    }

    /// Carries a proposal out; the compartments that it speaks of follow.
    pub fn execute_proposal<'info>(ctx: Context<'info, ExecuteProposal<'info>>) -> Result<()> {
        instructions::execute_proposal(ctx)
    }

    /// Upgrades the program from the buffer that was decided.
    pub fn execute_upgrade(ctx: Context<ExecuteUpgrade>) -> Result<()> {
        instructions::execute_upgrade(ctx)
    }

    /// Pays fees to the treasury as was decided; every market of the compartment follows.
    pub fn pay_treasury<'info>(ctx: Context<'info, PayTreasury<'info>>) -> Result<()> {
        instructions::pay_treasury(ctx)
    }

    /// Ends a proposal that expired.
    pub fn expire_proposal(ctx: Context<ExpireProposal>) -> Result<()> {
        instructions::expire_proposal(ctx)
    }

    /// Closes the account of a final proposal.
    pub fn close_proposal(ctx: Context<CloseProposal>) -> Result<()> {
        instructions::close_proposal(ctx)
    }

    /// Restricts for a few hours, by one member of the guardian.
    pub fn restrict<'info>(ctx: Context<'info, Restrict<'info>>, args: RestrictArgs) -> Result<()> {
        instructions::restrict(ctx, args)
    }

    /// Creates a margin account of the signer.
    pub fn create_margin_account(
        ctx: Context<CreateMarginAccount>,
        index: u16,
        delegate: Pubkey,
    ) -> Result<()> {
        instructions::create_margin_account(ctx, index, delegate)
    }

    /// Names the delegate of a margin account of the signer, or none.
    pub fn set_delegate(ctx: Context<SetDelegate>, named: Pubkey, until: i64) -> Result<()> {
        instructions::set_delegate(ctx, named, until)
    }

    /// Writes a margin account as the newest layout version has it.
    pub fn migrate_account(ctx: Context<MigrateAccount>) -> Result<()> {
        instructions::migrate_account(ctx)
    }

    /// Closes an empty margin account.
    pub fn close_margin_account<'info>(
        ctx: Context<'info, CloseMarginAccount<'info>>,
    ) -> Result<()> {
        instructions::close_margin_account(ctx)
    }

    /// Creates the Protocol; only the program's upgrade authority.
    pub fn create_protocol(ctx: Context<CreateProtocol>, args: CreateProtocolArgs) -> Result<()> {
        instructions::create_protocol(ctx, args)
    }

    /// Creates a compartment.
    pub fn create_compartment(ctx: Context<CreateCompartment>, id: u16) -> Result<()> {
        instructions::create_compartment(ctx, id)
    }

    /// Adopts the Board of a compartment.
    pub fn create_board(ctx: Context<CreateBoard>, args: CreateBoardArgs) -> Result<()> {
        instructions::create_board(ctx, args)
    }

    /// Creates the insurance of a compartment.
    pub fn create_insurance(
        ctx: Context<CreateInsurance>,
        parameters: InsuranceParameters,
    ) -> Result<()> {
        instructions::create_insurance(ctx, parameters)
    }

    /// Lists a price feed.
    pub fn create_feed<'info>(
        ctx: Context<'info, CreateFeed<'info>>,
        args: CreateFeedArgs,
    ) -> Result<()> {
        instructions::create_feed(ctx, args)
    }

    /// Lists a token; the first one is quote.
    pub fn create_bank<'info>(
        ctx: Context<'info, CreateBank<'info>>,
        args: CreateBankArgs,
    ) -> Result<()> {
        instructions::create_bank(ctx, args)
    }

    /// Lists a market and adopts its book.
    pub fn create_market<'info>(
        ctx: Context<'info, CreateMarket<'info>>,
        args: CreateMarketArgs,
    ) -> Result<()> {
        instructions::create_market(ctx, args)
    }

    /// Ends the creator's powers for ever.
    pub fn seal<'info>(ctx: Context<'info, Seal<'info>>) -> Result<()> {
        instructions::seal(ctx)
    }

    /// Notes a deficit beyond insurance and fees: the first of two sights.
    pub fn note_deficit(ctx: Context<NoteDeficit>) -> Result<()> {
        instructions::note_deficit(ctx)
    }

    /// Announces the Recovery of a compartment. `cause`: 1 guardian, 2 missing value, 3 dead-man,
    /// 4 deficit. `epoch`: the compartment's plus one.
    pub fn announce_recovery(ctx: Context<AnnounceRecovery>, cause: u8, epoch: u32) -> Result<()> {
        instructions::announce_recovery(ctx, cause, epoch)
    }

    /// Takes an announced Recovery back whose cause is gone.
    pub fn undo_recovery(ctx: Context<FreezeRecovery>) -> Result<()> {
        instructions::undo_recovery(ctx)
    }

    /// Freezes an announced Recovery whose notice is over.
    pub fn freeze_recovery(ctx: Context<FreezeRecovery>) -> Result<()> {
        instructions::freeze_recovery(ctx)
    }

    /// Counts banks and markets into a frozen Recovery.
    pub fn count_recovery<'info>(ctx: Context<'info, CountRecovery<'info>>) -> Result<()> {
        instructions::count_recovery(ctx)
    }

    /// Marks margin accounts in a Recovery.
    pub fn mark_accounts<'info>(ctx: Context<'info, MarkAccounts<'info>>) -> Result<()> {
        instructions::mark_accounts(ctx)
    }

    /// Assigns what an account is owed to somebody else, once.
    pub fn assign_claims(ctx: Context<SetDelegate>, to: Pubkey) -> Result<()> {
        instructions::assign_claims(ctx, to)
    }

    /// Begins an audit. `bump`: of the record's address, where it has to be made.
    pub fn begin_audit<'info>(ctx: Context<'info, BeginAudit<'info>>, bump: u8) -> Result<()> {
        instructions::begin_audit(ctx, bump)
    }

    /// Closes an audit.
    pub fn close_audit(ctx: Context<OpenQuotePot>) -> Result<()> {
        instructions::close_audit(ctx)
    }

    /// Opens the quote pot of a Recovery, or assigns what has come since.
    pub fn open_quote_pot(ctx: Context<OpenQuotePot>) -> Result<()> {
        instructions::open_quote_pot(ctx)
    }

    /// Pays an account what a Recovery owes it in one token.
    pub fn claim_recovery(ctx: Context<ClaimRecovery>) -> Result<()> {
        instructions::claim_recovery(ctx)
    }

    /// Brings money into a Recovery.
    pub fn add_recovery_money(ctx: Context<AddRecoveryMoney>, amount: u64) -> Result<()> {
        instructions::add_recovery_money(ctx, amount)
    }

    /// Verifies that a marked account's leaf is in the commitment of its Recovery.
    pub fn verify_claim(
        ctx: Context<VerifyClaim>,
        path: Vec<ProofNode>,
        smaller: Option<ProofNode>,
        larger: Vec<ProofNode>,
    ) -> Result<()> {
        instructions::verify_claim(ctx, path, smaller, larger)
    }
}
