//! The commitment of a Recovery (docs/recovery.md) rebuilt: its tree, its totals, the proof of each
//! claim, from the events of its marks alone or from the accounts alone.

use std::collections::BTreeSet;

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result, bail, ensure};
use bulwark::event::{AccountMarked, AccountsMarkedHead, AuditClosed, QuotePotAssigned};
use bulwark_core::recovery::{self, AUDIT, JUNIOR, Leaf, SENIOR};
use bulwark_state::{MAX_BANKS, MAX_COLLATERALS, MarginAccount, Recovery, TREE_DEPTH, TreeNode};
use sha2::{Digest, Sha256};

use crate::ledger::same;

/// A leaf's bank in a slot that holds nothing.
const NONE: u8 = u8::MAX;

/// SHA-256 of the parts, one after the other: what the program's syscall computes.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// What a leaf's claims, and those of all leaves, come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Signed quote, UsdE6.
    pub quote: i128,
    /// Senior claims, UsdE6.
    pub senior: u128,
    /// Junior claims, UsdE6.
    pub junior: u128,
    /// Units kept, by bank.
    pub kept: [u128; MAX_BANKS],
}

impl Totals {
    fn add(&mut self, leaf: &Leaf) {
        self.quote += i128::from(leaf.quote);
        self.senior += u128::from(leaf.senior);
        self.junior += u128::from(leaf.junior);
        for (bank, units) in leaf.banks.iter().zip(leaf.kept) {
            if let Some(sum) = self.kept.get_mut(usize::from(*bank)) {
                *sum += u128::from(units);
            }
        }
    }
}

/// A proof of one leaf, with what it needs to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimProof {
    /// What is proved.
    pub leaf: Leaf,
    /// Leaves of the tree.
    pub leaves: u64,
    /// Siblings from the leaf up to its perfect tree's root.
    pub path: Vec<TreeNode>,
    /// The perfect trees behind it, joined.
    pub smaller: Option<TreeNode>,
    /// Those before it, smallest first.
    pub larger: Vec<TreeNode>,
}

impl ClaimProof {
    /// Checks that the leaf is in the tree with this root, by the function that `verify_claim`
    /// calls.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn check(&self, root: &TreeNode) -> Result<()> {
        let node = self.leaf.node(sha256).map_err(refused)?;
        let proof = recovery::Proof {
            leaves: self.leaves,
            path: &self.path,
            smaller: self.smaller,
            larger: &self.larger,
        };
        recovery::verify(self.leaf.number, &node, &proof, root, sha256).map_err(|_| {
            let number = self.leaf.number;
            let leaves = self.leaves;
            anyhow::anyhow!("leaf {number} of {leaves}: the proof doesn't lead to the root")
        })
    }
}

fn refused(rule: bulwark_core::Error) -> anyhow::Error {
    anyhow::anyhow!("{}", rule.message().trim())
}

/// The marks of one Recovery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commitment {
    /// Compartment.
    pub compartment: Pubkey,
    /// Its Recovery's epoch.
    pub epoch: u32,
    /// Leaves in their order.
    pub leaves: Vec<Leaf>,
    /// Leaves and claims when the pot was opened: what is marked later is paid from the reserve.
    opened: Option<Totals>,
    marked: BTreeSet<Pubkey>,
}

impl Commitment {
    /// Without a mark.
    #[must_use]
    pub fn new(compartment: Pubkey, epoch: u32) -> Self {
        Self {
            compartment,
            epoch,
            ..Self::default()
        }
    }

    /// Takes an event of marks.
    ///
    /// # Errors
    /// Marks are missing, or come again.
    pub fn take(&mut self, head: &AccountsMarkedHead, marks: &[AccountMarked]) -> Result<()> {
        let after = self.leaves.len() as u64 + marks.len() as u64;
        same("leaves", head.common.sequence, after)?;
        same("marked", head.marked, after)?;
        for mark in marks {
            // While an audit runs an account may be closed and made again.
            let new = self.marked.insert(mark.margin) || self.epoch & AUDIT != 0;
            ensure!(new, "{} is marked for the second time", mark.margin);
            self.leaves.push(Leaf {
                compartment: self.compartment.to_bytes(),
                epoch: self.epoch,
                number: self.leaves.len() as u64,
                margin: mark.margin.to_bytes(),
                owner: mark.owner.to_bytes(),
                quote: mark.quote,
                senior: mark.senior,
                junior: mark.junior,
                banks: mark.banks,
                kept: mark.kept,
                slot: head.common.slot,
            });
        }
        Ok(())
    }

    /// Compares the tree with what the program said when it opened the quote pot, or assigned
    /// money.
    ///
    /// # Errors
    /// The first difference.
    pub fn take_root(&mut self, said: &QuotePotAssigned) -> Result<()> {
        same("leaves", said.leaves, self.leaves.len() as u64)?;
        same("root", said.root.to_bytes(), self.root()?.hash)?;
        let totals = *self.opened.get_or_insert(self.totals());
        let senior = totals.senior + u128::from(said.reserve);
        same("senior claims", u128::from(said.claims[SENIOR]), senior)?;
        same(
            "junior claims",
            u128::from(said.claims[JUNIOR]),
            totals.junior,
        )
    }

    /// Compares the tree with what the program said when it closed the audit.
    ///
    /// # Errors
    /// The first difference.
    pub fn take_audit(&mut self, said: &AuditClosed) -> Result<()> {
        same("leaves", said.leaves, self.leaves.len() as u64)?;
        same("root", said.root.to_bytes(), self.root()?.hash)?;
        let told = i128::from(said.quote_unchanged) + i128::from(said.quote_changed);
        same("quote of the marked", told, self.totals().quote)
    }

    /// The marks of a Recovery out of the accounts that were marked, in any order; others among
    /// them are passed over.
    ///
    /// # Errors
    /// The Recovery has a leaf that no account shows, or two show the same.
    pub fn of_accounts<'a>(
        record: &Recovery,
        accounts: impl IntoIterator<Item = (&'a Pubkey, &'a MarginAccount)>,
    ) -> Result<Self> {
        let mut found = Vec::new();
        for (key, account) in accounts {
            if account.compartment == record.compartment && recovery::marked(record, account) {
                found.push(leaf_of(account, key, record.epoch));
            }
        }
        found.sort_by_key(|leaf| leaf.number);
        for (leaf, number) in found.iter().zip(0u64..) {
            if leaf.number > number {
                bail!("no account shows leaf {number}");
            }
            let key = Pubkey::new_from_array(leaf.margin);
            ensure!(
                leaf.number == number,
                "{key} shows a leaf of another account"
            );
        }
        same("leaves", record.leaves, found.len() as u64).context("accounts are missing")?;
        let compartment = Pubkey::new_from_array(record.compartment);
        let mut made = Self::new(compartment, record.epoch);
        made.marked = found
            .iter()
            .map(|leaf| Pubkey::new_from_array(leaf.margin))
            .collect();
        made.leaves = found;
        Ok(made)
    }

    /// Compares tree and totals with the Recovery's account.
    ///
    /// # Errors
    /// The first difference.
    pub fn compare(&self, record: &Recovery) -> Result<()> {
        same("leaves", record.leaves, self.leaves.len() as u64)?;
        same("accounts marked", record.marked, record.leaves)?;
        let (frontier, root) = self.tree(self.leaves.len())?;
        for (level, (is, rebuilt)) in record.frontier.iter().zip(&frontier).enumerate() {
            same(&format!("tree of level {level}"), *is, *rebuilt)?;
        }
        if record.root != TreeNode::default() {
            same("root", record.root, root)?;
        }
        let totals = self.totals();
        let quote = record.quote_marked.get() + record.changed_quote.get();
        same("quote of the marked", quote, totals.quote)?;
        if recovery::is_audit(record) {
            return Ok(());
        }
        let claims = |class: usize| record.classes[class].claims.get();
        let senior = totals.senior + u128::from(record.reserve_left);
        same("senior claims", claims(SENIOR), senior)?;
        same("junior claims", claims(JUNIOR), totals.junior)
    }

    /// Sums over all leaves.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for leaf in &self.leaves {
            totals.add(leaf);
        }
        totals
    }

    /// The root over all leaves; all zero without one.
    ///
    /// # Errors
    /// Sums that no tree has.
    pub fn root(&self) -> Result<TreeNode> {
        self.tree(self.leaves.len()).map(|(_, root)| root)
    }

    /// Frontier and root over the first leaves.
    fn tree(&self, leaves: usize) -> Result<([TreeNode; TREE_DEPTH], TreeNode)> {
        let mut frontier = [TreeNode::default(); TREE_DEPTH];
        let mut count = 0;
        for leaf in &self.leaves[..leaves] {
            let node = leaf.node(sha256).map_err(refused)?;
            recovery::append(&mut frontier, &mut count, node, sha256).map_err(refused)?;
        }
        let root = recovery::root(&frontier, count, sha256).map_err(refused)?;
        Ok((frontier, root))
    }

    /// The proof of an account's claim.
    ///
    /// # Errors
    /// It wasn't marked.
    pub fn prove(&self, margin: &Pubkey) -> Result<ClaimProof> {
        let is = |leaf: &&Leaf| leaf.margin == margin.to_bytes();
        let leaf = self.leaves.iter().find(is);
        let leaf = *leaf.with_context(|| format!("{margin} wasn't marked in this Recovery"))?;
        let nodes: Vec<TreeNode> = self
            .leaves
            .iter()
            .map(|leaf| leaf.node(sha256).map_err(refused))
            .collect::<Result<_>>()?;
        let leaves = nodes.len();
        // The perfect trees, largest first.
        let (mut first, mut larger) = (0, Vec::new());
        for level in (0..TREE_DEPTH)
            .rev()
            .filter(|level| leaves >> level & 1 == 1)
        {
            let size = 1usize << level;
            let perfect = &nodes[first..first + size];
            let place = usize::try_from(leaf.number)?.wrapping_sub(first);
            if place >= size {
                larger.insert(0, peak(perfect)?);
                first += size;
                continue;
            }
            let (mut frontier, mut behind) = ([TreeNode::default(); TREE_DEPTH], 0);
            for node in &nodes[first + size..] {
                recovery::append(&mut frontier, &mut behind, *node, sha256).map_err(refused)?;
            }
            return Ok(ClaimProof {
                leaf,
                leaves: leaves as u64,
                path: path(perfect, place)?,
                smaller: recovery::joined(&frontier, behind, sha256).map_err(refused)?,
                larger,
            });
        }
        bail!("leaf {} is in no tree of {leaves}", leaf.number)
    }
}

/// The next row of a perfect tree.
fn above(row: &[TreeNode]) -> Result<Vec<TreeNode>> {
    let pairs = row.chunks_exact(2);
    pairs
        .map(|pair| recovery::node_hash(&pair[0], &pair[1], sha256).map_err(refused))
        .collect()
}

fn peak(nodes: &[TreeNode]) -> Result<TreeNode> {
    let mut row = nodes.to_vec();
    while row.len() > 1 {
        row = above(&row)?;
    }
    row.first().copied().context("an empty tree")
}

/// Siblings of leaf `place` of a perfect tree, from the leaf up.
fn path(nodes: &[TreeNode], mut place: usize) -> Result<Vec<TreeNode>> {
    let (mut row, mut path) = (nodes.to_vec(), Vec::new());
    while row.len() > 1 {
        path.push(row[place ^ 1]);
        row = above(&row)?;
        place /= 2;
    }
    Ok(path)
}

/// The leaf that the shadow of an account says that is marked in this epoch.
#[must_use]
pub fn leaf_of(account: &MarginAccount, margin: &Pubkey, epoch: u32) -> Leaf {
    let shadow = &account.shadow;
    let mut banks = [NONE; MAX_COLLATERALS];
    for (bank, held) in banks.iter_mut().zip(&account.collaterals) {
        if held.active != 0 {
            *bank = held.bank;
        }
    }
    Leaf {
        compartment: account.compartment,
        epoch,
        number: shadow.leaf,
        margin: margin.to_bytes(),
        owner: account.owner,
        quote: shadow.quote,
        senior: shadow.senior,
        junior: shadow.junior,
        banks,
        kept: shadow.kept,
        slot: shadow.slot,
    }
}
