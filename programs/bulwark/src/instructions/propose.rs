//! Proposes an action: typed, bounded, and with its proposer's approval.
//!
//! Live members CAN, fresh and in person ([`crate::fresh`]); nobody else CAN. What an action needs
//! and how long it waits is fixed by its kind (`bulwark_core::guardian::Kind`).

use anchor_lang::prelude::*;
use bulwark_core::guardian::{self, Action, decode};

use super::council::{decide, kind_of, note_quickening};
use super::create_guardian::is_wallet;
use crate::decided::{Go, Scene, action_hash};
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, NO_COMPARTMENT, ProposalOpenedHead};
use crate::fresh::{self, Quote};
use crate::state::{Access, GuardianState, Layout, ProposalState, ProtocolState, same};
use crate::{guard, invariant, seeds};

/// Arguments of `propose`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct ProposeArgs {
    /// Number of the proposal: the guardian's next.
    pub nonce: u64,
    /// Kind of action.
    pub kind: u16,
    /// The action's bytes, as `bulwark_core::guardian::encode` writes them.
    pub action: Vec<u8>,
    /// A block of the last 512.
    pub quote: Quote,
}

/// Accounts of `propose`; then follow the keys that would become members, in the order of the
/// action, or the accounts that parameters are of, as in `execute_proposal`.
#[derive(Accounts)]
#[instruction(args: ProposeArgs)]
pub struct Propose<'info> {
    /// The member; pays the rent, and gets it back when the proposal is closed.
    #[account(mut)]
    pub member: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Guardian.
    #[account(mut)]
    pub guardian: AccountLoader<'info, GuardianState>,
    /// Proposal, to be made.
    #[account(
        init,
        payer = member,
        space = ProposalState::SPACE,
        seeds = [seeds::PROPOSAL, args.nonce.to_le_bytes().as_ref()],
        bump
    )]
    pub proposal: AccountLoader<'info, ProposalState>,
    /// CHECK: the address is compared: the transaction's instructions.
    pub instructions: UncheckedAccount<'info>,
    /// System program.
    pub system_program: Program<'info, System>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Whoever would become a member is shown to be a wallet.
fn check_wallets(action: &Action, accounts: &[AccountInfo]) -> Result<()> {
    let single = match action {
        Action::AddMember(key) => Some(key),
        _ => None,
    };
    let keys = single
        .into_iter()
        .chain(action.subjects().iter().map(|s| &s.key));
    let mut shown = accounts.iter();
    for key in keys {
        let info = shown.next();
        let wallet = info.is_some_and(|info| same(key, info.key) && is_wallet(info));
        ensure(wallet, BulwarkError::BadMember)?;
    }
    ensure(shown.next().is_none(), BulwarkError::IncompleteSet)
}

/// Opens the proposal.
pub fn propose<'info>(ctx: Context<'info, Propose<'info>>, args: ProposeArgs) -> Result<()> {
    let accounts = &*ctx.accounts;
    fresh::check(&args.quote, &accounts.instructions)?;
    let now = guard::now()?;
    let event = {
        let mut protocol = accounts.protocol.write()?;
        let ours = same(&protocol.guardian, &accounts.guardian.key());
        ensure(ours, BulwarkError::WrongProtocol)?;
        let mut guardian = accounts.guardian.write()?;
        ensure(args.nonce == guardian.nonce, BulwarkError::BadIndex)?;
        let action = decode(kind_of(args.kind)?, &args.action).or_refuse()?;
        let scene = Scene {
            protocol: &accounts.protocol.key(),
            guardian: &accounts.guardian.key(),
            accounts: ctx.remaining_accounts,
            slot_ms: guardian.slot_ms,
            now,
            go: Go::Try,
        };
        if !decide(&scene, &action)? {
            check_wallets(&action, ctx.remaining_accounts)?;
        }
        let mut proposal = accounts.proposal.write_new()?;
        let member = accounts.member.key;
        let mode = bulwark_core::mode::effective_record(&protocol.mode, now);
        let key = member.as_array();
        guardian::propose(&mut guardian, &mut proposal, key, &action, mode, now).or_refuse()?;
        proposal.guardian = accounts.guardian.key().to_bytes();
        proposal.payer = member.to_bytes();
        proposal.action_hash = action_hash(args.kind, &args.action);
        proposal.bump = ctx.bumps.proposal;
        note_quickening(&mut protocol, &guardian, now);
        let sequence = event::next_chained(&protocol)?;
        let common = ProposalOpenedHead::head(now, member, NO_COMPARTMENT, sequence);
        let event = ProposalOpenedHead {
            common,
            proposal: accounts.proposal.key(),
            nonce: args.nonce,
            action_kind: u64::from(args.kind),
            action_hash: Pubkey::new_from_array(proposal.action_hash),
            quorum: u64::from(proposal.quorum),
        };
        event::chain_list(&mut protocol, &common, &event, &args.action)?;
        invariant::guardian(&guardian)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit_list(&accounts.event_authority, &event, &args.action)
}
