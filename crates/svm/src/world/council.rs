//! The guardian: members m1, m2, … propose, approve, object; anyone executes.

use bulwark::fresh::Quote;
use bulwark::instructions::RestrictArgs;
use bulwark::upgrade::LOADER;
use bulwark_client::{AccountMeta, Instruction, Pubkey, address as derived};
use bulwark_core::guardian::{ALL_COMPARTMENTS, Action, action_of};
use bulwark_core::mode::{self, Mode};
use bulwark_state::{Guardian, Proposal, Protocol};
use solana_account::Account;
use solana_keypair::Keypair;
use solana_signer::Signer;
use solana_slot_hashes::SlotHashes;

use super::{Outcome, World};
use crate::keys::keypair;
use crate::vm::{address, pubkey};
use crate::{launch, tokens};

const SYSTEM: Pubkey = anchor_lang::prelude::pubkey!("11111111111111111111111111111111");
const RECENT_BLOCKHASHES: Pubkey =
    anchor_lang::prelude::pubkey!("SysvarRecentB1ockHashes11111111111111111111");

/// Wallet of a member by his number, from 1.
pub fn member(number: usize) -> Keypair {
    keypair(&format!("member {number}"))
}

/// Key of a member.
pub fn member_key(number: usize) -> Pubkey {
    pubkey(member(number).pubkey())
}

impl World {
    /// Lets time pass at 300 ms a slot, as the guardian's delays count slots.
    pub fn pass(&mut self, seconds: i64) {
        let slots = u64::try_from(seconds * 10).expect("time goes on");
        self.advance_apart(seconds, slots.div_ceil(3));
    }

    /// The creator makes a guardian of so many members, and a veto seat.
    pub fn create_guardian(&mut self, members: usize) -> Outcome {
        let keys: Vec<Pubkey> = (1..=members).map(member_key).collect();
        let veto = pubkey(keypair("veto").pubkey());
        self.create_guardian_of(&keys, Some(veto))
    }

    /// The creator makes a guardian of these keys.
    pub fn create_guardian_of(&mut self, members: &[Pubkey], veto: Option<Pubkey>) -> Outcome {
        let creator = self.vm.authority.insecure_clone();
        let creator_key = pubkey(creator.pubkey());
        let create = self.deployment.create_guardian(creator_key, members, veto);
        for number in 1..=20 {
            self.vm.fund(member(number).pubkey(), 1_000_000_000);
        }
        self.vm.fund(keypair("veto").pubkey(), 1_000_000_000);
        self.quote_block();
        self.send(&[create], &[&creator])
    }

    /// Puts the present slot into SlotHashes, as a cluster does with each block, and quotes it.
    pub fn quote_block(&mut self) -> Quote {
        let slot = self.now().slot;
        let mut hash = [7; 32];
        hash[..8].copy_from_slice(&slot.to_le_bytes());
        let mut hashes: SlotHashes = self.vm.svm.get_sysvar();
        if hashes.get(&slot).is_none() {
            hashes.add(slot, hash.into());
            self.vm.svm.set_sysvar(&hashes);
        }
        Quote { slot, hash }
    }

    /// Member `number` proposes; returns the proposal's number.
    pub fn propose(&mut self, number: usize, action: &Action) -> u64 {
        let nonce = self.guardian().nonce;
        self.try_propose(number, action)
            .expect("the proposal is taken");
        nonce
    }

    /// The same, for proposals that may be refused.
    pub fn try_propose(&mut self, number: usize, action: &Action) -> Outcome {
        let nonce = self.guardian().nonce;
        let quote = self.quote_block();
        let propose = self
            .deployment
            .propose(member_key(number), nonce, action, quote);
        let propose = propose.expect("the action's list fits");
        self.send(&[propose], &[&member(number)])
    }

    /// Member `number` approves.
    pub fn approve(&mut self, number: usize, nonce: u64) -> Outcome {
        let quote = self.quote_block();
        let hash = self.proposal(nonce).action_hash;
        let approve = self
            .deployment
            .approve_proposal(member_key(number), nonce, hash, quote);
        self.send(&[approve], &[&member(number)])
    }

    /// Member `number` objects.
    pub fn object(&mut self, number: usize, nonce: u64) -> Outcome {
        let quote = self.quote_block();
        let object = self
            .deployment
            .object_to_proposal(member_key(number), nonce, quote);
        self.send(&[object], &[&member(number)])
    }

    /// Members 1 to `quorum` propose and approve.
    pub fn queue(&mut self, quorum: usize, action: &Action) -> u64 {
        let nonce = self.propose(1, action);
        for number in 2..=quorum {
            self.approve(number, nonce).expect("a member may approve");
        }
        nonce
    }

    /// Anyone executes; the accounts that the action speaks of are passed.
    pub fn execute(&mut self, nonce: u64) -> Outcome {
        let action = action_of(&self.proposal(nonce));
        let decided = action.ok().and_then(|a| self.deployment.decided(&a));
        let spoken = decided.unwrap_or_else(|| vec![self.deployment.compartment]);
        self.execute_with(nonce, &spoken)
    }

    /// Anyone executes with these compartments.
    pub fn execute_with(&mut self, nonce: u64, compartments: &[Pubkey]) -> Outcome {
        let caller = self.wallet("stranger");
        let key = pubkey(caller.pubkey());
        let execute = self.deployment.execute_proposal(key, nonce, compartments);
        self.send(&[execute], &[&caller])
    }

    /// Member `number` restricts this compartment alone.
    pub fn restrict(&mut self, number: usize, seconds: u32) -> Outcome {
        let compartment = Some(self.deployment.compartment);
        self.restrict_scope(number, 0, seconds, compartment)
    }

    /// Member `number` restricts all compartments.
    pub fn restrict_all(&mut self, number: usize, seconds: u32) -> Outcome {
        self.restrict_scope(number, ALL_COMPARTMENTS, seconds, None)
    }

    fn restrict_scope(
        &mut self,
        number: usize,
        scope: u16,
        seconds: u32,
        compartment: Option<Pubkey>,
    ) -> Outcome {
        let args = RestrictArgs {
            scope,
            seconds,
            reason: 9,
            quote: self.quote_block(),
        };
        let restrict = self
            .deployment
            .restrict(member_key(number), args, compartment);
        self.send(&[restrict], &[&member(number)])
    }

    /// Puts an account with a durable nonce of `authority` into the VM, and returns the
    /// instruction that advances it.
    pub fn durable_nonce(&mut self, authority: &Keypair) -> Instruction {
        let nonce = keypair("nonce").pubkey();
        // Version 1, state 1, authority, the stored hash, lamports per signature.
        let mut data = vec![1, 0, 0, 0, 1, 0, 0, 0];
        data.extend(authority.pubkey().as_ref());
        data.extend([3; 32]);
        data.extend(5_000_u64.to_le_bytes());
        let account = Account {
            lamports: 10_000_000,
            data,
            owner: address(SYSTEM),
            executable: false,
            rent_epoch: u64::MAX,
        };
        self.vm
            .svm
            .set_account(nonce, account)
            .expect("a nonce account");
        Instruction {
            program_id: SYSTEM,
            accounts: vec![
                AccountMeta::new(pubkey(nonce), false),
                AccountMeta::new_readonly(RECENT_BLOCKHASHES, false),
                AccountMeta::new_readonly(pubkey(authority.pubkey()), true),
            ],
            data: vec![4, 0, 0, 0],
        }
    }

    /// A buffer of the loader with these bytes, which somebody owns.
    pub fn buffer(&mut self, name: &str, owner: Pubkey, bytes: &[u8]) -> Pubkey {
        let key = keypair(name).pubkey();
        // Tag, option and key of the authority.
        let mut data = vec![1, 0, 0, 0, 1];
        data.extend(owner.as_ref());
        data.extend(bytes);
        let account = Account {
            lamports: 20_000_000_000,
            data,
            owner: address(LOADER),
            executable: false,
            rent_epoch: u64::MAX,
        };
        let set = self.vm.svm.set_account(key, account);
        set.expect("the buffer is written");
        pubkey(key)
    }

    /// Gives the program or a buffer to somebody, by the loader's `SetAuthority`.
    pub fn hand_over(&mut self, what: Pubkey, from: &Keypair, to: Pubkey) -> Outcome {
        let set = Instruction {
            program_id: LOADER,
            accounts: vec![
                AccountMeta::new(what, false),
                AccountMeta::new_readonly(pubkey(from.pubkey()), true),
                AccountMeta::new_readonly(to, false),
            ],
            data: vec![4, 0, 0, 0],
        };
        self.send(&[set], &[from])
    }

    /// Makes the guardian the program's upgrade authority.
    pub fn hand_over_program(&mut self) {
        let authority = self.vm.authority.insecure_clone();
        let given = self.hand_over(derived::program_data(), &authority, derived::guardian());
        given.expect("the authority gives it away");
    }

    /// The treasury's account of quote, made at first mention.
    pub fn treasury(&mut self) -> Pubkey {
        let (key, owner) = (keypair("tokens treasury"), keypair("treasury"));
        if self.vm.svm.get_account(&key.pubkey()).is_none() {
            let plan = self.plan.banks[0];
            let mint = launch::mint(plan.name).pubkey();
            let made = tokens::create_token_account(
                &mut self.vm,
                &key,
                plan.program,
                mint,
                owner.pubkey(),
            );
            made.expect("a token account is created");
        }
        pubkey(key.pubkey())
    }

    /// Anyone pays the fees that were decided to a token account.
    pub fn pay_treasury(&mut self, nonce: u64, to: Pubkey) -> Outcome {
        let caller = self.wallet("stranger");
        let key = pubkey(caller.pubkey());
        let pay = self.deployment.pay_treasury(key, nonce, to);
        self.send(&[pay], &[&caller])
    }

    /// Anyone ends a proposal that expired.
    pub fn expire(&mut self, nonce: u64) -> Outcome {
        let caller = self.wallet("stranger");
        let expire = self
            .deployment
            .expire_proposal(pubkey(caller.pubkey()), nonce);
        self.send(&[expire], &[&caller])
    }

    /// Makes the creator give up his powers.
    pub fn seal(&mut self) -> Outcome {
        let creator = self.vm.authority.insecure_clone();
        let seal = self.deployment.seal(pubkey(creator.pubkey()), false);
        self.send(&[seal], &[&creator])
    }

    /// The guardian.
    pub fn guardian(&self) -> Box<Guardian> {
        self.read(derived::guardian())
    }

    /// A proposal.
    pub fn proposal(&self, nonce: u64) -> Box<Proposal> {
        self.read(derived::proposal(nonce))
    }

    /// The Protocol.
    pub fn protocol(&self) -> Box<Protocol> {
        self.read(self.deployment.protocol)
    }

    /// The mode that holds.
    pub fn mode(&self) -> Mode {
        mode::effective(&self.protocol(), &self.compartment(), self.now())
    }
}
