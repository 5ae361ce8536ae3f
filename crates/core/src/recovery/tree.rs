//! The commitment (D9): an append-only sum-Merkle tree, one leaf per mark. Root and inclusion prove
//! every claim and their total.
//!
//! The tree of n leaves is a row of perfect trees, one per set bit of n, largest first; the root
//! joins them from the smallest up and covers n. Leaf, node and root hashes start with different
//! bytes, so none passes for another, and no leaf is ever doubled to fill a row.

use bulwark_state::{Key, MAX_COLLATERALS, SignedWide, TREE_DEPTH, TreeNode};

use crate::error::{Error, Result};

/// First byte of what a leaf's hash covers.
const LEAF: u8 = 0;
/// First byte of what an inner node's hash covers.
const NODE: u8 = 1;
/// First byte of what joins two perfect trees.
const JOIN: u8 = 2;
/// First byte of the root, which covers the number of leaves too.
const ROOT: u8 = 3;

/// SHA-256 of the concatenated parts: a syscall in the program, a library elsewhere.
pub trait Hash: Fn(&[&[u8]]) -> [u8; 32] {}
impl<F: Fn(&[&[u8]]) -> [u8; 32]> Hash for F {}

/// What a leaf commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Compartment.
    pub compartment: Key,
    /// Recovery or audit epoch.
    pub epoch: u32,
    /// Number of the leaf.
    pub number: u64,
    /// Margin account.
    pub margin: Key,
    /// Owner.
    pub owner: Key,
    /// Signed quote, UsdE6.
    pub quote: i64,
    /// Senior claim, UsdE6.
    pub senior: u64,
    /// Junior claim, UsdE6.
    pub junior: u64,
    /// Bank per collateral slot, 255 for none.
    pub banks: [u8; MAX_COLLATERALS],
    /// Units kept per collateral slot.
    pub kept: [u64; MAX_COLLATERALS],
    /// Slot of the mark.
    pub slot: u64,
}

impl Leaf {
    /// The leaf's node: its hash, and its quote claims as the sum.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn node(&self, hash: impl Hash) -> Result<TreeNode> {
        let mut kept = [0u8; 8 * MAX_COLLATERALS];
        for (place, units) in kept.chunks_exact_mut(8).zip(self.kept) {
            place.copy_from_slice(&units.to_le_bytes());
        }
        let sum = i128::from(self.senior)
            .checked_add(self.junior.into())
            .ok_or(Error::Overflow)?;
        let hash = hash(&[
            &[LEAF],
            &self.compartment,
            &self.epoch.to_le_bytes(),
            &self.number.to_le_bytes(),
            &self.margin,
            &self.owner,
            &self.quote.to_le_bytes(),
            &self.senior.to_le_bytes(),
            &self.junior.to_le_bytes(),
            &self.banks,
            &kept,
            &self.slot.to_le_bytes(),
        ]);
        Ok(TreeNode {
            hash,
            sum: SignedWide::new(sum),
        })
    }
}

/// A node over two. Sums of claims are never negative; one that is belongs to no tree.
///
/// # Errors
/// [`Error::BadValue`] for a negative sum, [`Error::Overflow`].
pub fn node_hash(left: &TreeNode, right: &TreeNode, hash: impl Hash) -> Result<TreeNode> {
    over(NODE, left, right, hash)
}

fn over(kind: u8, left: &TreeNode, right: &TreeNode, hash: impl Hash) -> Result<TreeNode> {
    let (a, b) = (left.sum.get(), right.sum.get());
    if a < 0 || b < 0 {
        return Err(Error::BadValue);
    }
    let sum = a.checked_add(b).ok_or(Error::Overflow)?;
    let hash = hash(&[
        &[kind],
        &left.hash,
        &a.to_le_bytes(),
        &right.hash,
        &b.to_le_bytes(),
    ]);
    Ok(TreeNode {
        hash,
        sum: SignedWide::new(sum),
    })
}

/// Appends a leaf to a frontier of `leaves` leaves. Two hashes on average.
///
/// # Errors
/// [`Error::Overflow`] for a full tree, [`Error::BadValue`] for a negative sum.
pub fn append(
    frontier: &mut [TreeNode; TREE_DEPTH],
    leaves: &mut u64,
    leaf: TreeNode,
    hash: impl Hash,
) -> Result<()> {
    if leaf.sum.get() < 0 {
        return Err(Error::BadValue);
    }
    let mut carried = leaf;
    for (level, peak) in frontier.iter_mut().enumerate() {
        if *leaves >> level & 1 == 0 {
            *peak = carried;
            *leaves = leaves.checked_add(1).ok_or(Error::Overflow)?;
            return Ok(());
        }
        carried = node_hash(peak, &carried, &hash)?;
        *peak = TreeNode::default();
    }
    Err(Error::Overflow)
}

/// The root over a frontier of `leaves` leaves: [`joined`], covered with their number. All zero for
/// no leaf.
///
/// # Errors
/// Those of [`node_hash`].
pub fn root(frontier: &[TreeNode; TREE_DEPTH], leaves: u64, hash: impl Hash) -> Result<TreeNode> {
    match joined(frontier, leaves, &hash)? {
        None => Ok(TreeNode::default()),
        Some(joined) => Ok(counted(leaves, joined, hash)),
    }
}

/// The perfect trees of a frontier of `leaves` leaves joined from the smallest up, `None` for no
/// leaf: what a proof's [`Proof::smaller`] is over the leaves behind its tree.
///
/// # Errors
/// Those of [`node_hash`].
pub fn joined(
    frontier: &[TreeNode; TREE_DEPTH],
    leaves: u64,
    hash: impl Hash,
) -> Result<Option<TreeNode>> {
    let mut joined: Option<TreeNode> = None;
    for (level, peak) in frontier.iter().enumerate() {
        if leaves >> level & 1 == 0 {
            continue;
        }
        joined = Some(match joined {
            None => *peak,
            Some(smaller) => over(JOIN, peak, &smaller, &hash)?,
        });
    }
    Ok(joined)
}

/// The root of `leaves` leaves whose perfect trees are joined to `joined`.
fn counted(leaves: u64, joined: TreeNode, hash: impl Hash) -> TreeNode {
    let sum = joined.sum.get().to_le_bytes();
    TreeNode {
        hash: hash(&[&[ROOT], &leaves.to_le_bytes(), &joined.hash, &sum]),
        sum: joined.sum,
    }
}

/// A proof that a leaf is in the tree with some root.
#[derive(Clone, Copy, Debug)]
pub struct Proof<'a> {
    /// Leaves of the tree.
    pub leaves: u64,
    /// Siblings from the leaf up to its perfect tree's root.
    pub path: &'a [TreeNode],
    /// The perfect trees smaller than the leaf's, joined from the smallest up; `None` if the leaf's
    /// is the smallest.
    pub smaller: Option<TreeNode>,
    /// The perfect trees larger than the leaf's, smallest first.
    pub larger: &'a [TreeNode],
}

/// Whether the proof leads from leaf `number` to `expected`. Refuses any other shape than the one
/// that number and count have: too short, too long, another place, a sum below zero.
///
/// # Errors
/// [`Error::BadValue`] for a proof that doesn't lead there.
pub fn verify(
    number: u64,
    leaf: &TreeNode,
    proof: &Proof,
    expected: &TreeNode,
    hash: impl Hash,
) -> Result<()> {
    let (level, first) = perfect_tree_of(number, proof.leaves).ok_or(Error::BadValue)?;
    let has_smaller = proof.leaves & below(level) != 0;
    let larger = (proof.leaves >> level >> 1).count_ones();
    if u32::try_from(proof.path.len()) != Ok(level)
        || has_smaller != proof.smaller.is_some()
        || u32::try_from(proof.larger.len()) != Ok(larger)
    {
        return Err(Error::BadValue);
    }
    let place = number.checked_sub(first).ok_or(Error::BadValue)?;
    let mut node = *leaf;
    for (step, sibling) in proof.path.iter().enumerate() {
        node = if place >> step & 1 == 0 {
            node_hash(&node, sibling, &hash)?
        } else {
            node_hash(sibling, &node, &hash)?
        };
    }
    if let Some(smaller) = &proof.smaller {
        node = over(JOIN, &node, smaller, &hash)?;
    }
    for peak in proof.larger {
        node = over(JOIN, peak, &node, &hash)?;
    }
    if counted(proof.leaves, node, &hash) == *expected {
        return Ok(());
    }
    Err(Error::BadValue)
}

/// Bits below `level`.
const fn below(level: u32) -> u64 {
    match 1u64.checked_shl(level) {
        Some(bit) => bit.wrapping_sub(1),
        None => u64::MAX,
    }
}

/// Level of the perfect tree that leaf `number` of `leaves` lies in, and that tree's first leaf.
fn perfect_tree_of(number: u64, leaves: u64) -> Option<(u32, u64)> {
    if number >= leaves || leaves >> TREE_DEPTH != 0 {
        return None;
    }
    let mut first = 0u64;
    for level in (0..TREE_DEPTH).rev() {
        if leaves >> level & 1 == 0 {
            continue;
        }
        let next = first.checked_add(1 << level)?;
        if number < next {
            return Some((u32::try_from(level).ok()?, first));
        }
        first = next;
    }
    None
}
