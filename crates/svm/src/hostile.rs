//! A thief's table: one instruction that succeeds, tried again with every account slot replaced by
//! what a thief could pass instead. Each try is rehearsed, so none changes what the next one finds.
//!
//! Slots are taken from the instruction as the client builds it, so an account that is added to an
//! instruction is tried without anybody having to remember it.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use bulwark_client::{Deployment, Instruction, Pubkey};
pub use solana_account::Account;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::vm::{address, instruction, pubkey};
use crate::{Vm, keys};

/// What stands in a slot instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instead {
    /// The account of the same kind in another compartment; of a wallet or a token account, the
    /// thief's own.
    Twin,
    /// Another account of the same kind in the same compartment.
    Sibling,
    /// An account of the program of another kind.
    Alien,
    /// A system account without data.
    Empty,
    /// The same bytes, owned by a program of the thief's.
    Forged,
    /// The same account without its signature.
    Unsigned,
    /// The same account, read-only.
    ReadOnly,
    /// What stands in another slot.
    Slot(usize),
    /// Everything after this many accounts left out.
    Cut,
}

/// One try that succeeded, or died otherwise than by a refusal.
#[derive(Clone, Debug)]
pub struct Hole {
    /// Slot.
    pub slot: usize,
    /// What stood in it.
    pub instead: Instead,
    /// Code of the refusal; none if there was none.
    pub outcome: String,
}

impl Display for Hole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {} {:?}: {}", self.slot, self.instead, self.outcome)
    }
}

/// Accounts that a thief has at hand.
pub struct Thief {
    /// His wallet.
    pub wallet: Keypair,
    twins: BTreeMap<Pubkey, Pubkey>,
    siblings: BTreeMap<Pubkey, Pubkey>,
    aliens: [Pubkey; 2],
    empty: Pubkey,
    forger: Address,
}

impl Thief {
    /// A thief who wants something of `ours` and has `theirs`, with the same banks and markets.
    pub fn new(wallet: Keypair, ours: &Deployment, theirs: &Deployment) -> Self {
        let mut thief = Self {
            wallet,
            twins: BTreeMap::new(),
            siblings: BTreeMap::new(),
            aliens: [ours.board, ours.protocol],
            empty: pubkey(keys::keypair("nobody").pubkey()),
            forger: keys::keypair("a program of the thief's").pubkey(),
        };
        thief.twin(ours.compartment, theirs.compartment);
        thief.twin(ours.board, theirs.board);
        thief.twin(ours.insurance, theirs.insurance);
        for (a, b) in ours.banks.iter().zip(&theirs.banks) {
            thief.twin(a.bank, b.bank);
            thief.twin(a.vault, b.vault);
        }
        for (a, b) in ours.markets.iter().zip(&theirs.markets) {
            thief.twin(a.market, b.market);
            thief.twin(a.book, b.book);
        }
        for pair in ours.banks.windows(2) {
            let [a, b] = pair else { continue };
            for (a, b) in [(a.bank, b.bank), (a.vault, b.vault), (a.mint, b.mint)] {
                thief.sibling(a, b);
            }
        }
        for pair in ours.markets.windows(2) {
            let [a, b] = pair else { continue };
            thief.sibling(a.market, b.market);
            thief.sibling(a.book, b.book);
        }
        thief
    }

    /// The same thief once more.
    pub fn fork(&self) -> Self {
        Self {
            wallet: self.wallet.insecure_clone(),
            twins: self.twins.clone(),
            siblings: self.siblings.clone(),
            ..*self
        }
    }

    /// `theirs` stands for `ours`.
    pub fn twin(&mut self, ours: Pubkey, theirs: Pubkey) {
        self.twins.insert(ours, theirs);
    }

    /// Each stands for the other.
    pub fn sibling(&mut self, a: Pubkey, b: Pubkey) {
        self.siblings.insert(a, b);
        self.siblings.entry(b).or_insert(a);
    }

    /// Tries everything and returns what wasn't refused by a code of Anchor's or the program's.
    /// The instruction as it is must succeed.
    pub fn holes(&self, vm: &mut Vm, act: &Instruction, signers: &[&Keypair]) -> Vec<Hole> {
        let mut all = signers.to_vec();
        if !all
            .iter()
            .any(|signer| signer.pubkey() == self.wallet.pubkey())
        {
            all.push(&self.wallet);
        }
        let sound = vm.rehearse(&[instruction(act)], &all);
        if let Err(failure) = sound {
            panic!("the act itself is refused: {failure}");
        }
        let mut holes = Vec::new();
        for slot in 0..act.accounts.len() {
            for (instead, changed) in self.tries(vm, act, slot) {
                let outcome = match vm.rehearse(&[instruction(&changed)], &all) {
                    Ok(()) => "succeeds".to_owned(),
                    Err(failure) if refused(&failure) => continue,
                    Err(failure) => format!("{failure}"),
                };
                holes.push(Hole {
                    slot,
                    instead,
                    outcome,
                });
            }
        }
        holes
    }

    fn tries(&self, vm: &mut Vm, act: &Instruction, slot: usize) -> Vec<(Instead, Instruction)> {
        let meta = &act.accounts[slot];
        let key = meta.pubkey;
        let with = |other: Pubkey| {
            let mut changed = act.clone();
            changed.accounts[slot].pubkey = other;
            // Of what he passes he can only sign for himself.
            changed.accounts[slot].is_signer &= other == pubkey(self.wallet.pubkey());
            changed
        };
        let mut tries = Vec::new();
        if let Some(twin) = self.twins.get(&key) {
            tries.push((Instead::Twin, with(*twin)));
        }
        if let Some(sibling) = self.siblings.get(&key) {
            tries.push((Instead::Sibling, with(*sibling)));
        }
        let alien = self.aliens.iter().find(|alien| **alien != key);
        tries.extend(alien.map(|alien| (Instead::Alien, with(*alien))));
        tries.push((Instead::Empty, with(self.empty)));
        if let Some(forged) = self.forge(vm, key) {
            tries.push((Instead::Forged, with(forged)));
        }
        if meta.is_signer {
            let mut changed = act.clone();
            changed.accounts[slot].is_signer = false;
            tries.push((Instead::Unsigned, changed));
        }
        if meta.is_writable {
            let mut changed = act.clone();
            changed.accounts[slot].is_writable = false;
            tries.push((Instead::ReadOnly, changed));
        }
        for (place, other) in act.accounts.iter().enumerate() {
            if other.pubkey != key && place != slot {
                let mut changed = with(other.pubkey);
                changed.accounts[slot].is_signer = meta.is_signer && other.is_signer;
                tries.push((Instead::Slot(place), changed));
            }
        }
        let mut cut = act.clone();
        cut.accounts.truncate(slot);
        tries.push((Instead::Cut, cut));
        tries
    }

    /// The same bytes at another address, owned by the thief's own program.
    fn forge(&self, vm: &mut Vm, key: Pubkey) -> Option<Pubkey> {
        let account = vm.svm.get_account(&address(key))?;
        if account.data.is_empty() || account.executable {
            return None;
        }
        let forged = keys::keypair(&format!("forged {key}")).pubkey();
        let account = Account {
            owner: self.forger,
            ..account
        };
        vm.svm
            .set_account(forged, account)
            .expect("a data account is always accepted");
        Some(pubkey(forged))
    }
}

/// Whether it failed as a refusal does: a code of Anchor, of the program or of a token program, or
/// one of the runtime's own about accounts. A panic, a lack of units or of heap is none.
pub fn refused(failure: &crate::Failure) -> bool {
    use solana_instruction::error::InstructionError as E;
    use solana_transaction_error::TransactionError as T;
    let T::InstructionError(_, error) = &failure.error else {
        return true;
    };
    !matches!(
        error,
        E::ProgramFailedToComplete
            | E::ComputationalBudgetExceeded
            | E::ProgramEnvironmentSetupFailure
    )
}
