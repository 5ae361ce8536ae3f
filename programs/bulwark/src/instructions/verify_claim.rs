//! Verifies on chain that a marked account's leaf is in the commitment of its Recovery, or of the
//! latest audit. Changes nothing; fails unless the proof leads to the root.
//!
//! Anyone CAN, always: other programs ask for it before they accept a claim.

use anchor_lang::prelude::*;
use bulwark_core::recovery;
use bulwark_state::{SignedWide, TreeNode};

use super::mark_accounts::{hash, leaf};
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::state::{Access, MarginState, RecoveryState, same};

/// A node of a proof.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofNode {
    /// Hash.
    pub hash: [u8; 32],
    /// Sum of the claims below, UsdE6.
    pub sum: u64,
}

impl ProofNode {
    fn node(&self) -> TreeNode {
        TreeNode {
            hash: self.hash,
            sum: SignedWide::new(self.sum.into()),
        }
    }
}

/// Accounts of `verify_claim`.
#[derive(Accounts)]
pub struct VerifyClaim<'info> {
    /// The Recovery, its quote pot open; or the audit, closed.
    pub recovery: AccountLoader<'info, RecoveryState>,
    /// The margin account.
    pub margin: AccountLoader<'info, MarginState>,
}

/// Verifies. `path`: siblings from the leaf up to its perfect tree; `smaller`: the perfect trees
/// behind it, joined; `larger`: those before it, smallest first.
pub fn verify_claim(
    ctx: Context<VerifyClaim>,
    path: Vec<ProofNode>,
    smaller: Option<ProofNode>,
    larger: Vec<ProofNode>,
) -> Result<()> {
    let accounts = &*ctx.accounts;
    let recovery = accounts.recovery.read()?;
    let margin = accounts.margin.read()?;
    let ours = same(
        &margin.compartment,
        &Pubkey::new_from_array(recovery.compartment),
    );
    ensure(ours, BulwarkError::WrongCompartment)?;
    let marked = recovery::marked(&recovery, &margin);
    ensure(marked, BulwarkError::NotMarked)?;
    let leaf = leaf(&margin, &accounts.margin.key(), recovery.epoch);
    let node = leaf.node(hash).or_refuse()?;
    let nodes = |list: &[ProofNode]| list.iter().map(ProofNode::node).collect::<Vec<_>>();
    let proof = recovery::Proof {
        leaves: recovery.leaves,
        path: &nodes(&path),
        smaller: smaller.map(|node| node.node()),
        larger: &nodes(&larger),
    };
    recovery::verify(leaf.number, &node, &proof, &recovery.root, hash).or_refuse()
}
