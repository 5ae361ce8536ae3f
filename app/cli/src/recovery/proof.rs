//! Proofs as JSON. Integers that JavaScript would round are decimal text.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, ensure};
use bulwark_core::recovery::Leaf;
use bulwark_rebuild::ClaimProof;
use bulwark_state::{MAX_COLLATERALS, SignedWide, TreeNode};
use serde::{Deserialize, Serialize};

/// A node.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// 64 hexadecimal digits.
    pub hash: String,
    /// Sum of the claims below, UsdE6.
    pub sum: String,
}

/// A proof of one claim.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Compartment, address.
    pub compartment: String,
    /// Epoch of its Recovery.
    pub epoch: u32,
    /// Margin account.
    pub margin: String,
    /// Its owner.
    pub owner: String,
    /// Number of the leaf.
    pub number: String,
    /// Signed quote, UsdE6.
    pub quote: String,
    /// Senior claim, UsdE6.
    pub senior: String,
    /// Junior claim, UsdE6.
    pub junior: String,
    /// Bank per collateral slot, 255 for none.
    pub banks: [u8; MAX_COLLATERALS],
    /// Units kept per collateral slot.
    pub kept: [String; MAX_COLLATERALS],
    /// Slot of the mark.
    pub slot: String,
    /// Leaves of the tree.
    pub leaves: String,
    /// The root that it leads to.
    pub root: Node,
    /// Siblings, from the leaf up.
    pub path: Vec<Node>,
    /// The perfect trees behind it, joined.
    pub smaller: Option<Node>,
    /// Those before it, smallest first.
    pub larger: Vec<Node>,
}

impl Node {
    fn of(node: &TreeNode) -> Self {
        Self {
            hash: hex(&node.hash),
            sum: node.sum.get().to_string(),
        }
    }

    /// As the tree has it.
    ///
    /// # Errors
    /// Text that is none.
    pub fn node(&self) -> Result<TreeNode> {
        ensure!(
            self.hash.len() == 64 && self.hash.is_ascii(),
            "a hash isn't 64 digits"
        );
        let mut hash = [0; 32];
        for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
            let digits = u8::from_str_radix(&self.hash[at..at + 2], 16);
            *byte = digits.context("a hash isn't hexadecimal")?;
        }
        let sum = self.sum.parse().context("a sum isn't a number")?;
        Ok(TreeNode {
            hash,
            sum: SignedWide::new(sum),
        })
    }
}

/// Lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn nodes(list: &[Node]) -> Result<Vec<TreeNode>> {
    list.iter().map(Node::node).collect()
}

impl Proof {
    /// Writes a proof down.
    #[must_use]
    pub fn of(proof: &ClaimProof, root: &TreeNode) -> Self {
        let leaf = &proof.leaf;
        let key = |bytes: [u8; 32]| Pubkey::new_from_array(bytes).to_string();
        let list = |nodes: &[TreeNode]| nodes.iter().map(Node::of).collect();
        Self {
            compartment: key(leaf.compartment),
            epoch: leaf.epoch,
            margin: key(leaf.margin),
            owner: key(leaf.owner),
            number: leaf.number.to_string(),
            quote: leaf.quote.to_string(),
            senior: leaf.senior.to_string(),
            junior: leaf.junior.to_string(),
            banks: leaf.banks,
            kept: leaf.kept.map(|units| units.to_string()),
            slot: leaf.slot.to_string(),
            leaves: proof.leaves.to_string(),
            root: Node::of(root),
            path: list(&proof.path),
            smaller: proof.smaller.as_ref().map(Node::of),
            larger: list(&proof.larger),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// Text that isn't what its place wants.
    pub fn read(&self) -> Result<ClaimProof> {
        let key = |text: &str| -> Result<[u8; 32]> {
            let key: Pubkey = text.parse().context("an address isn't one")?;
            Ok(key.to_bytes())
        };
        let number = |text: &String| text.parse::<u64>().context("a number isn't one");
        let mut kept = [0; MAX_COLLATERALS];
        for (place, units) in kept.iter_mut().zip(&self.kept) {
            *place = number(units)?;
        }
        Ok(ClaimProof {
            leaf: Leaf {
                compartment: key(&self.compartment)?,
                epoch: self.epoch,
                number: number(&self.number)?,
                margin: key(&self.margin)?,
                owner: key(&self.owner)?,
                quote: self.quote.parse().context("quote isn't a number")?,
                senior: number(&self.senior)?,
                junior: number(&self.junior)?,
                banks: self.banks,
                kept,
                slot: number(&self.slot)?,
            },
            leaves: number(&self.leaves)?,
            path: nodes(&self.path)?,
            smaller: self.smaller.as_ref().map(Node::node).transpose()?,
            larger: nodes(&self.larger)?,
        })
    }
}
