//! The sum-Merkle commitment: every leaf proves, nothing else does.

use bulwark_core::Error;
use bulwark_core::recovery::{Leaf, Proof, append, joined, node_hash, root, verify};
use bulwark_state::*;
use sha2::{Digest, Sha256};

fn sha(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

fn leaf(number: u64) -> TreeNode {
    let leaf = Leaf {
        compartment: [1; 32],
        epoch: 1,
        number,
        margin: [number as u8; 32],
        owner: [2; 32],
        quote: number as i64 - 5,
        senior: number * 3,
        junior: number,
        banks: [255; MAX_COLLATERALS],
        kept: [0; MAX_COLLATERALS],
        slot: 9,
    };
    leaf.node(sha).expect("leaf")
}

/// A perfect tree over leaves, with its levels.
fn levels(leaves: &[TreeNode]) -> Vec<Vec<TreeNode>> {
    let mut levels = vec![leaves.to_vec()];
    while levels.last().unwrap().len() > 1 {
        let below = levels.last().unwrap();
        let row = below
            .chunks(2)
            .map(|two| node_hash(&two[0], &two[1], sha).unwrap());
        let row = row.collect();
        levels.push(row);
    }
    levels
}

/// Tree sizes and first leaves, largest first.
fn trees(count: u64) -> Vec<(u64, u64)> {
    let mut first = 0;
    let mut found = Vec::new();
    for level in (0..32).rev().filter(|level| count >> level & 1 == 1) {
        found.push((1 << level, first));
        first += 1 << level;
    }
    found
}

struct Proved {
    path: Vec<TreeNode>,
    smaller: Option<TreeNode>,
    larger: Vec<TreeNode>,
}

/// Rebuilds a proof from all leaves, independently of the frontier.
fn prove(leaves: &[TreeNode], number: u64) -> Proved {
    let trees = trees(leaves.len() as u64);
    let at = trees
        .iter()
        .position(|(size, first)| (*first..first + size).contains(&number))
        .unwrap();
    let part = |(size, first): (u64, u64)| levels(&leaves[first as usize..(first + size) as usize]);
    let rows = part(trees[at]);
    let mut place = (number - trees[at].1) as usize;
    let mut path = Vec::new();
    for row in &rows[..rows.len() - 1] {
        path.push(row[place ^ 1]);
        place /= 2;
    }
    let peak = |tree| *part(tree).last().unwrap().last().unwrap();
    let below = &leaves[(trees[at].0 + trees[at].1) as usize..];
    let (peaks, count, _) = frontier(below);
    let smaller = joined(&peaks, count, sha).unwrap();
    let larger = trees[..at].iter().rev().map(|tree| peak(*tree)).collect();
    Proved {
        path,
        smaller,
        larger,
    }
}

fn frontier(leaves: &[TreeNode]) -> ([TreeNode; TREE_DEPTH], u64, TreeNode) {
    let mut frontier = [TreeNode::default(); TREE_DEPTH];
    let mut count = 0;
    for leaf in leaves {
        append(&mut frontier, &mut count, *leaf, sha).expect("appended");
    }
    let root = root(&frontier, count, sha).expect("root");
    (frontier, count, root)
}

#[test]
fn every_leaf_of_every_size_proves_itself_and_no_other() {
    for count in 1..=40u64 {
        let leaves: Vec<_> = (0..count).map(leaf).collect();
        let (_, stored, top) = frontier(&leaves);
        assert_eq!(stored, count);
        let total: i128 = leaves.iter().map(|leaf| leaf.sum.get()).sum();
        assert_eq!(top.sum.get(), total, "the root's sum is the total");
        for number in 0..count {
            let parts = prove(&leaves, number);
            let proof = Proof {
                leaves: count,
                path: &parts.path,
                smaller: parts.smaller,
                larger: &parts.larger,
            };
            let own = leaves[number as usize];
            verify(number, &own, &proof, &top, sha).expect("proves");
            for other in (0..count).filter(|other| *other != number) {
                let refused = verify(other, &own, &proof, &top, sha);
                assert_eq!(
                    refused,
                    Err(Error::BadValue),
                    "{number} as {other} of {count}"
                );
            }
        }
    }
}

#[test]
fn each_mutation_of_a_proof_is_refused() {
    let count = 13;
    let leaves: Vec<_> = (0..count).map(leaf).collect();
    let (_, _, top) = frontier(&leaves);
    let parts = prove(&leaves, 9);
    let good = Proof {
        leaves: count,
        path: &parts.path,
        smaller: parts.smaller,
        larger: &parts.larger,
    };
    let own = leaves[9];
    verify(9, &own, &good, &top, sha).expect("proves");
    let no = |leaf: &TreeNode, proof: &Proof, top: &TreeNode, why: &str| {
        assert_eq!(
            verify(9, leaf, proof, top, sha),
            Err(Error::BadValue),
            "{why}"
        );
    };
    let mut changed = own;
    changed.sum = SignedWide::new(changed.sum.get() + 1);
    no(&changed, &good, &top, "another sum");
    changed = own;
    changed.hash[0] ^= 1;
    no(&changed, &good, &top, "another leaf");
    changed = top;
    changed.sum = SignedWide::new(top.sum.get() - 1);
    no(&own, &good, &changed, "another total");
    no(&own, &Proof { leaves: 14, ..good }, &top, "another count");
    no(
        &own,
        &Proof {
            path: &parts.path[1..],
            ..good
        },
        &top,
        "too short",
    );
    let long: Vec<_> = parts.path.iter().chain([&own]).copied().collect();
    no(
        &own,
        &Proof {
            path: &long,
            ..good
        },
        &top,
        "too long",
    );
    no(
        &own,
        &Proof {
            smaller: None,
            ..good
        },
        &top,
        "without the smaller",
    );
    no(
        &own,
        &Proof {
            larger: &[],
            ..good
        },
        &top,
        "without the larger",
    );
    let mut turned = parts.path.clone();
    turned.reverse();
    no(
        &own,
        &Proof {
            path: &turned,
            ..good
        },
        &top,
        "turned",
    );
    let mut negative = parts.path.clone();
    negative[0].sum = SignedWide::new(-1);
    no(
        &own,
        &Proof {
            path: &negative,
            ..good
        },
        &top,
        "a negative sum",
    );
    // An inner node is no leaf, and a leaf doubled is no pair.
    let pair = node_hash(&leaves[8], &leaves[9], sha).unwrap();
    no(
        &pair,
        &Proof {
            path: &parts.path[1..],
            ..good
        },
        &top,
        "an inner node as a leaf",
    );
    let doubled = frontier(&[leaves[0], leaves[0]]).2;
    assert_ne!(doubled, frontier(&[leaves[0]]).2);
}

#[test]
fn a_negative_leaf_and_a_full_tree_are_refused() {
    let mut frontier = [TreeNode::default(); TREE_DEPTH];
    let mut count = 0;
    let mut bad = leaf(1);
    bad.sum = SignedWide::new(-1);
    let refused = append(&mut frontier, &mut count, bad, sha);
    assert_eq!(refused, Err(Error::BadValue));
    count = (1 << TREE_DEPTH) - 1;
    let refused = append(&mut frontier, &mut count, leaf(1), sha);
    assert_eq!(refused, Err(Error::Overflow));
}
