//! Listing by the guardian: a decision names the hash of what is to be listed, and whoever shows
//! exactly that lists it, once. The creator's powers end; these don't.

use anchor_lang::prelude::*;
use bulwark_core::guardian::{self, Action as Decided};
use bulwark_core::permits::Action;
use bulwark_state::{Board, Proposal};
use solana_program::hash::hashv;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, ProposalExecuted};
use crate::guard::Guard;
use crate::instructions::note_quickening;
use crate::state::{Access, BankState, GuardianState, ProposalState, ProtocolState, same};
use crate::{creator, invariant};

/// Whose word a listing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The creator's, before he is sealed.
    Creator,
    /// The guardian's.
    Guardian,
}

impl By {
    /// The creator lists up to a sum of deposits; the guardian at any.
    pub fn check_deposits(self, board: &Board, banks: &[AccountLoader<BankState>]) -> Result<()> {
        match self {
            By::Creator => creator::check_deposits(board, banks),
            By::Guardian => Ok(()),
        }
    }
}

/// Arguments as the instruction took them.
pub fn written<A: AnchorSerialize>(args: &A) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(512);
    args.serialize(&mut bytes)?;
    Ok(bytes)
}

/// What a listing decision names: the kind of item, the arguments of its creation as the
/// instruction takes them, and the keys of what it stands on: a bank's mint and token program, and
/// the sources of the feeds that a bank or a market names. Numbers of feeds alone would be whatever
/// the order of other listings makes of them.
pub fn listing_hash<A: AnchorSerialize>(
    what: &str,
    args: &A,
    accounts: &[Pubkey],
) -> Result<[u8; 32]> {
    let bytes = written(args)?;
    let mut parts: Vec<&[u8]> = vec![what.as_bytes(), &bytes];
    parts.extend(accounts.iter().map(|key| key.as_ref()));
    Ok(hashv(&parts).to_bytes())
}

/// The first source of a feed, as a key of [`listing_hash`].
pub fn feed_source(board: &Board, index: u8) -> Result<Pubkey> {
    let feed = board.feeds.get(usize::from(index));
    let feed = feed.ok_or(BulwarkError::BadIndex)?;
    Ok(feed.source.id.into())
}

/// The accounts that speak for a listing.
pub struct Word<'a, 'info> {
    /// Signer: the creator, or anyone who shows a decision.
    pub signer: &'a Pubkey,
    /// Protocol.
    pub protocol: &'a AccountLoader<'info, ProtocolState>,
    /// Guardian and proposal, where it is the guardian's.
    pub decision: (
        Option<&'a AccountLoader<'info, GuardianState>>,
        Option<&'a AccountLoader<'info, ProposalState>>,
    ),
    /// Signs the event's self-call.
    pub event_authority: &'a AccountInfo<'info>,
}

impl Word<'_, '_> {
    /// Whether this may be listed: by the creator before the seal, or because the guardian decided
    /// exactly this, which is then executed.
    pub fn may_list(&self, guard: &Guard, hash: impl FnOnce() -> Result<[u8; 32]>) -> Result<By> {
        match self.decision {
            (None, None) => {
                creator::may_list(guard, self.protocol, self.signer)?;
                Ok(By::Creator)
            }
            (Some(guardian), Some(proposal)) => {
                guard.permit(Action::List)?;
                self.execute(guard, guardian, proposal, hash()?)?;
                Ok(By::Guardian)
            }
            _ => ensure(false, BulwarkError::MissingAccount).map(|()| By::Creator),
        }
    }

    fn execute(
        &self,
        guard: &Guard,
        guardian: &AccountLoader<GuardianState>,
        proposal: &AccountLoader<ProposalState>,
        hash: [u8; 32],
    ) -> Result<()> {
        let event = {
            let mut protocol = self.protocol.write()?;
            let mut council = guardian.write()?;
            let mut stored = proposal.write()?;
            let ours = same(&protocol.guardian, &guardian.key())
                && same(&stored.guardian, &guardian.key());
            ensure(ours, BulwarkError::WrongProtocol)?;
            let decided = guardian::action_of(&stored).or_refuse()?;
            ensure(
                decided == Decided::List(guard.compartment, hash),
                BulwarkError::BadAction,
            )?;
            guardian::execute(&mut council, &mut stored, guard.now).or_refuse()?;
            note_quickening(&mut protocol, &council, guard.now);
            let sequence = event::next_chained(&protocol)?;
            let common =
                ProposalExecuted::head(guard.now, self.signer, guard.compartment, sequence);
            let event = executed(common, proposal.key(), &stored);
            event::chain(&mut protocol, &common, &event)?;
            invariant::guardian(&council)?;
            event
        };
        event::emit(self.event_authority, &event)
    }
}

/// The event of an execution.
pub fn executed(common: event::Common, key: Pubkey, proposal: &Proposal) -> ProposalExecuted {
    ProposalExecuted {
        common,
        proposal: key,
        nonce: proposal.nonce,
        action_kind: u64::from(proposal.kind),
        action_hash: Pubkey::new_from_array(proposal.action_hash),
    }
}
