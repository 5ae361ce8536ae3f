//! Forged proofs: every class of forgery, every change of every shape of a proof.

use super::*;

/// Every way of falsifying a proof of the leaf with the most shape: siblings and larger trees.
fn forgeries(honest: &ClaimProof, other: &ClaimProof) -> Vec<(&'static str, ClaimProof)> {
    let mut list = Vec::new();
    let mut forge = |what, act: &dyn Fn(&mut ClaimProof)| {
        let mut forged = honest.clone();
        act(&mut forged);
        assert_ne!(forged, *honest, "{what} changes nothing");
        list.push((what, forged));
    };
    let more = |node: &mut TreeNode| node.sum = SignedWide::new(node.sum.get() + 1);
    forge("hash of a sibling", &|proof| proof.path[0].hash[0] ^= 1);
    forge("sum of a sibling", &|proof| more(&mut proof.path[1]));
    forge("order of the siblings", &|proof| proof.path.swap(0, 1));
    forge("a depth less", &|proof| proof.path.truncate(1));
    forge("a depth more", &|proof| proof.path.push(proof.path[0]));
    forge("a larger tree", &|proof| proof.larger.push(proof.path[0]));
    forge("hash of what is behind", &|proof| {
        proof.smaller.as_mut().unwrap().hash[31] ^= 1;
    });
    forge("sum of what is behind", &|proof| {
        more(proof.smaller.as_mut().unwrap());
    });
    forge("nothing behind", &|proof| proof.smaller = None);
    forge("another's place", &|proof| {
        (proof.path, proof.smaller) = (other.path.clone(), other.smaller);
        proof.larger = other.larger.clone();
    });
    list
}

#[test]
fn a_forged_proof_of_any_class_is_refused_by_the_command_and_on_chain() {
    let mut world = marked();
    let commitment = events_alone(&history(&world)).unwrap();
    let of = commitment.compartment.to_bytes();
    let root = commitment.root().unwrap();
    let of_name = |world: &World, name| commitment.prove(&key_of(world, name)).unwrap();
    let (honest, other) = (of_name(&world, "alice"), of_name(&world, "dora"));
    let refuse = |forged: &ClaimProof, what: &str| {
        let proof = Proof::of(forged, &root);
        let refused = check_against(&proof, (&of, 1), &root);
        assert!(refused.is_err(), "{what} passes the command");
    };
    on_chain(&mut world, "alice", &honest).unwrap();
    for (what, forged) in forgeries(&honest, &other) {
        refuse(&forged, what);
        let chain = on_chain(&mut world, "alice", &forged);
        expect_error(chain, BulwarkError::BadValue);
    }
    // What a leaf says: in the command as the proof has it, on chain as the account has it.
    type Change = fn(&mut Shadow);
    let changes: [(&str, Change); 6] = [
        ("quote", |shadow| shadow.quote += 1),
        ("senior", |shadow| shadow.senior += 1),
        ("junior", |shadow| shadow.junior -= 1),
        ("kept", |shadow| shadow.kept[0] += 1),
        ("index", |shadow| shadow.leaf += 1),
        ("slot", |shadow| shadow.slot += 1),
    ];
    let margin = key_of(&world, "alice");
    let before = world.account("alice");
    for (what, change) in changes {
        let mut shadow = before.shadow;
        change(&mut shadow);
        let mut forged = honest.clone();
        let leaf = &mut forged.leaf;
        (leaf.quote, leaf.senior, leaf.junior) = (shadow.quote, shadow.senior, shadow.junior);
        (leaf.kept, leaf.number, leaf.slot) = (shadow.kept, shadow.leaf, shadow.slot);
        refuse(&forged, what);
        corrupted(&mut world, margin, |account| account.shadow = shadow);
        let chain = on_chain(&mut world, "alice", &honest);
        expect_error(chain, BulwarkError::BadValue);
    }
    corrupted(&mut world, margin, |account| account.shadow = before.shadow);
    corrupted(&mut world, margin, |account| account.owner[0] ^= 1);
    let chain = on_chain(&mut world, "alice", &honest);
    expect_error(chain, BulwarkError::BadValue);
    corrupted(&mut world, margin, |account| account.owner[0] ^= 1);
    on_chain(&mut world, "alice", &honest).unwrap();
}

/// Every falsification of one node, of one list, and of what goes where.
fn mutations(honest: &ClaimProof) -> Vec<(String, ClaimProof)> {
    let mut list = Vec::new();
    let mut forge = |what: String, act: &dyn Fn(&mut ClaimProof)| {
        let mut forged = honest.clone();
        act(&mut forged);
        if forged != *honest {
            list.push((what, forged));
        }
    };
    type List = fn(&mut ClaimProof) -> &mut Vec<TreeNode>;
    let lists: [(&str, List, usize); 2] = [
        ("path", |proof| &mut proof.path, honest.path.len()),
        ("larger", |proof| &mut proof.larger, honest.larger.len()),
    ];
    type Change = fn(&mut TreeNode);
    let changes: [(&str, Change); 6] = [
        ("first byte", |node| node.hash[0] ^= 1),
        ("last bit", |node| node.hash[31] ^= 128),
        ("no hash", |node| node.hash = [0; 32]),
        ("more", |node| {
            node.sum = SignedWide::new(node.sum.get() + 1)
        }),
        ("less", |node| {
            node.sum = SignedWide::new((node.sum.get() - 1).max(0))
        }),
        ("most", |node| node.sum = SignedWide::new(u64::MAX.into())),
    ];
    for (name, of, count) in lists {
        for place in 0..count {
            for (what, change) in changes {
                forge(format!("{what} of {name} {place}"), &|proof| {
                    change(&mut of(proof)[place])
                });
            }
            forge(format!("{name} {place} left out"), &|proof| {
                of(proof).remove(place);
            });
            forge(format!("{name} {place} twice"), &|proof| {
                let node = of(proof)[place];
                of(proof).insert(place, node);
            });
            forge(format!("{name} turned at {place}"), &|proof| {
                of(proof).rotate_left(place)
            });
        }
    }
    for (what, change) in changes {
        forge(format!("{what} of what is behind"), &|proof| {
            proof.smaller.iter_mut().for_each(change);
        });
    }
    forge("nothing behind".into(), &|proof| proof.smaller = None);
    let node = honest.path.iter().chain(&honest.larger).next().copied();
    let node = node.unwrap_or_default();
    forge("something behind".into(), &|proof| {
        proof.smaller = Some(node)
    });
    forge("a depth more".into(), &|proof| proof.path.push(node));
    forge("a tree more".into(), &|proof| proof.larger.push(node));
    forge("path and larger exchanged".into(), &|proof| {
        std::mem::swap(&mut proof.path, &mut proof.larger);
    });
    forge("what is behind comes before".into(), &|proof| {
        proof.larger.extend(proof.smaller.take());
    });
    list
}

/// Seven leaves are trees of four, two and one: their proofs have every shape that there is.
#[test]
fn every_mutation_of_a_proof_of_every_shape_is_refused_on_chain() {
    let mut world = marked();
    world.audited = false;
    let commitment = events_alone(&history(&world)).unwrap();
    let of = commitment.compartment.to_bytes();
    let root = commitment.root().unwrap();
    let (mut shapes, mut tried) = (Vec::new(), 0);
    for name in PEOPLE {
        let honest = commitment.prove(&key_of(&world, name)).unwrap();
        shapes.push((
            honest.path.len(),
            honest.smaller.is_some(),
            honest.larger.len(),
        ));
        on_chain(&mut world, name, &honest).unwrap();
        for (what, forged) in mutations(&honest) {
            let refused = check_against(&Proof::of(&forged, &root), (&of, 1), &root);
            assert!(refused.is_err(), "{what} of {name} passes the command");
            let chain = on_chain(&mut world, name, &forged);
            let failure = chain.expect_err(&format!("{what} of {name} passes on chain"));
            assert_eq!(
                failure.code(),
                Some(u32::from(BulwarkError::BadValue)),
                "{what}"
            );
            tried += 1;
        }
    }
    shapes.sort_unstable();
    shapes.dedup();
    assert_eq!(shapes, [(0, false, 2), (1, true, 1), (2, true, 0)]);
    assert!(tried > 150, "{tried}");
}
