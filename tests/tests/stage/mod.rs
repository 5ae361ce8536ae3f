//! Two compartments in one VM, with the same people and tokens in both, and a thief who has an
//! account in each.
// Each test file is a binary of its own and takes what it needs of this.
#![allow(dead_code)]

use std::collections::BTreeSet;

use bulwark_client::{Deployment, Instruction, Pubkey};
use bulwark_svm::hostile::{Instead, Thief};
use bulwark_svm::launch::{self, Plan};
use bulwark_svm::vm::{instruction, pubkey};
use bulwark_svm::world::{
    BTC, BTC_PERP, Outcome, SOL, SOL_PERP, USDC, World, ask, bid, scaled, standard_plan, usdc,
};
use bulwark_svm::{Vm, keys, tokens};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// People who have a margin account in both compartments.
pub const PEOPLE: [&str; 4] = ["alice", "maker", "liquidator", "mallory"];

pub struct Stage {
    pub world: World,
    pub other: Deployment,
    pub thief: Thief,
    /// Signs where anybody may.
    pub anyone: Keypair,
}

impl Stage {
    /// Alice is long 50 SOL at 100 against the maker, with 2,000 USDC and 20 SOL of her own.
    pub fn new() -> Self {
        Self::on(World::new())
    }

    /// The same in a standard world that is there already.
    pub fn on(mut world: World) -> Self {
        let plan = Plan {
            id: 1,
            ..standard_plan()
        };
        let other = launch::compartment(&mut world.vm, &plan).expect("launched");
        world.fund("maker", 500_000.0);
        world.fund("alice", 2_000.0);
        world.deposit("alice", SOL, 20_000_000_000);
        world.fund("liquidator", 100_000.0);
        world.fund("mallory", 10_000.0);
        world.trade("alice", "maker", SOL_PERP, 50.0, 100.0);
        let mallory = world.wallet("mallory");
        let anyone = keys::keypair("anyone");
        world.vm.fund(anyone.pubkey(), 10_000_000_000);
        let thief = Thief::new(mallory, &world.deployment, &other);
        let mut stage = Self {
            world,
            other,
            thief,
            anyone,
        };
        for name in PEOPLE {
            stage.join(name);
        }
        stage
    }

    /// The same stage once more: what happens on one doesn't happen on the other.
    pub fn fork(&self) -> Self {
        Self {
            world: self.world.fork(),
            other: self.other.clone(),
            thief: self.thief.fork(),
            anyone: self.anyone.insecure_clone(),
        }
    }

    /// A trader's second life in the other compartment; his token accounts' twins are the thief's.
    fn join(&mut self, name: &'static str) {
        let owner = self.world.wallet(name);
        let key = pubkey(owner.pubkey());
        let create = self.other.create_margin_account(key, 0, Pubkey::default());
        self.send(&[create], &[&owner]).expect("created");
        let (ours, theirs) = (self.world.margin_key(name), self.other.margin(&key, 0));
        self.world.give(name, USDC, usdc(100.0));
        let source = pubkey(self.world.traders[name].tokens[USDC]);
        let deposit = self.other.deposit(key, theirs, USDC, source, usdc(100.0));
        self.send(&[deposit], &[&owner]).expect("deposited");
        self.thief.twin(ours, theirs);
        let mallory = self.world.margin_key("mallory");
        if name != "mallory" {
            self.thief.sibling(ours, mallory);
            self.thief.twin(key, pubkey(self.thief.wallet.pubkey()));
            for bank in 0..self.world.plan.banks.len() {
                let token = pubkey(self.world.traders[name].tokens[bank]);
                let stolen = pubkey(self.world.traders["mallory"].tokens[bank]);
                self.thief.twin(token, stolen);
            }
        }
    }

    pub fn anyone(&self) -> Pubkey {
        pubkey(self.anyone.pubkey())
    }

    pub fn wallet(&mut self, name: &'static str) -> (Keypair, Pubkey) {
        let owner = self.world.wallet(name);
        let key = pubkey(owner.pubkey());
        (owner, key)
    }

    pub fn tokens(&mut self, name: &'static str, bank: usize) -> Pubkey {
        pubkey(self.world.trader(name).tokens[bank])
    }

    /// Sends without the audit of the first compartment.
    pub fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Outcome {
        let converted: Vec<_> = instructions.iter().map(instruction).collect();
        self.world.vm.send(&converted, signers)
    }

    /// Tries every substitution; those that aren't refused must be exactly `legal`.
    #[track_caller]
    pub fn refuses_all_but(
        &mut self,
        what: &str,
        act: &Instruction,
        signers: &[&Keypair],
        legal: &[(usize, Instead)],
    ) {
        let holes = self.thief.holes(&mut self.world.vm, act, signers);
        let found: BTreeSet<_> = holes.iter().map(|h| (h.slot, h.instead)).collect();
        let legal: BTreeSet<_> = legal.iter().copied().collect();
        for hole in holes
            .iter()
            .filter(|h| !legal.contains(&(h.slot, h.instead)))
        {
            println!("{what}: {hole}");
        }
        let beyond: Vec<_> = found.difference(&legal).collect();
        let missing: Vec<_> = legal.difference(&found).collect();
        assert!(beyond.is_empty(), "{what}: not refused: {beyond:?}");
        assert!(missing.is_empty(), "{what}: refused now: {missing:?}");
        self.world.audit();
    }

    /// The same where any signer may stand in the first slot, and nothing else may be replaced.
    #[track_caller]
    pub fn anybodys(&mut self, what: &str, act: &Instruction, legal: &[(usize, Instead)]) {
        let caller = self.anyone.insecure_clone();
        let mut all = vec![(0, Instead::Twin)];
        all.extend(legal);
        let (anyone, thief) = (self.anyone(), pubkey(self.thief.wallet.pubkey()));
        self.thief.twin(anyone, thief);
        self.refuses_all_but(what, act, &[&caller], &all);
    }
}

/// Creates a token account of anybody for a bank's mint.
pub fn token_account(vm: &mut Vm, name: &str, mint: &str, owner: &Keypair) -> Pubkey {
    let key = keys::keypair(name);
    let mint = launch::mint(mint).pubkey();
    tokens::create_token_account(vm, &key, tokens::TOKEN, mint, owner.pubkey()).expect("created");
    pubkey(key.pubkey())
}

/// A resting offer of the maker and the order that takes it whole.
pub fn crossing(stage: &mut Stage, size: f64) -> bulwark::instructions::PlaceOrderArgs {
    stage
        .world
        .place("maker", SOL_PERP, ask(size, 100.0).post_only());
    bid(size, 100.0).fill_or_kill().0
}

/// What [`in_debt`] leaves Bella owing: 4,000 lost, 25 and 23 of fees.
pub const DEBT: u64 = 4_048_000_000;

/// Bella has 60 SOL at $100 and owes 4,048 of quote: a loss in BTC against the maker, realised.
pub fn in_debt(world: &mut World) {
    world.deposit("bella", SOL, scaled(100.0, 9));
    world.trade("bella", "maker", BTC_PERP, 1.0, 50_000.0);
    world.advance(60);
    world.crash(BTC, 46_000.0);
    world.place(
        "maker",
        BTC_PERP,
        bid(1.0, 46_000.0).post_only().reduce_only(),
    );
    world.place("bella", BTC_PERP, ask(1.0, 46_000.0).ioc());
    let (paid, queued) = world.withdraw("bella", SOL, scaled(40.0, 9));
    assert_eq!(
        (paid, queued),
        (scaled(40.0, 9), 0),
        "her own deposit of now"
    );
    assert_eq!(world.account("bella").quote, -DEBT.cast_signed());
}
