//! The venue rebuilt from its events alone, beside the chain: with `BULWARK_REBUILD=1` every audit
//! of every test compares the two.

use bulwark_rebuild::{Above, Chain, Found, Ledger, Link, Raw, differences, differences_above};
use bulwark_state::{Compartment, Guardian, MarginAccount, Proposal, Stake, Ticket};
use solana_address::Address;

use super::{World, standard_plan};
use crate::launch::Plan;
use crate::vm::{address, pubkey};
use crate::{Audit, Vm};

/// What the events taken so far have come to.
#[derive(Default)]
pub struct Follower {
    /// Accounts.
    pub ledger: Ledger,
    /// Chain.
    pub chain: Chain,
    /// Transactions of the history that were taken.
    taken: usize,
}

impl World {
    /// The standard world with its whole history, compared with the chain after every transaction.
    pub fn recorded() -> Self {
        Self::recorded_on(standard_plan())
    }

    /// The same where fees have no floor: all of them may be paid out.
    pub(super) fn recorded_without_floor() -> Self {
        Self::recorded_on(Plan {
            fee_floor: Some(0),
            ..standard_plan()
        })
    }

    fn recorded_on(plan: Plan) -> Self {
        let mut vm = Vm::deployed(true).expect("the VM starts");
        vm.history = Some(Vec::new());
        Self::on(vm, plan)
    }

    /// Writes the compartment's account by hand, and where its events are followed the rebuilt one.
    pub fn overwrite_compartment(&mut self, change: impl Fn(&mut Compartment)) {
        let mut compartment = self.compartment();
        change(&mut compartment);
        let key = address(self.deployment.compartment);
        let written = self.vm.overwrite(key, &*compartment);
        written.expect("the compartment is there");
        if let Some(follower) = &mut self.follower {
            let of = follower.ledger.compartments.get_mut(&self.plan.id);
            change(&mut of.expect("it was created").state);
        }
    }

    /// Takes the events since the last time and compares every account with what they come to.
    pub(super) fn follow(&mut self) {
        self.catch_up();
        if let Some(follower) = &self.follower {
            let found = self.differences(follower);
            assert!(found.is_empty(), "rebuilt from events: {found:#?}");
        }
    }

    /// Takes the events since the last time.
    pub(super) fn catch_up(&mut self) {
        let Some(mut follower) = self.follower.take() else {
            return;
        };
        let history = self.vm.history.as_deref().unwrap_or_default();
        for transaction in history.iter().skip(follower.taken) {
            for data in &transaction.events {
                let raw = Raw::of_call(data).expect("a recorded call is an event");
                follower.chain.take(&raw).expect("the chain goes on");
                follower.ledger.take(&raw).expect("the event has a rule");
            }
        }
        follower.taken = history.len();
        self.follower = Some(follower);
    }

    fn differences(&self, follower: &Follower) -> Vec<String> {
        let Some(rebuilt) = follower.ledger.compartments.get(&self.plan.id) else {
            return vec!["no event created the compartment".into()];
        };
        let audit = self.read_all();
        let mut list = Vec::new();
        let mut compare = |key: Address, found: Found<'_>| {
            list.extend(differences(rebuilt, &pubkey(key), &found));
        };
        accounts(&audit, &self.deployment, &mut compare);
        let own = self.compartment();
        compare(
            address(self.deployment.compartment),
            Found::Compartment(&own),
        );
        compare(address(self.deployment.board), Found::Board(&self.board()));
        for (key, _) in rebuilt.records.all() {
            let recovery = self.read(*key);
            compare(address(*key), Found::Recovery(&recovery));
        }
        for key in rebuilt.tickets.keys() {
            if let Some(ticket) = self.vm.read::<Ticket>(address(*key)) {
                compare(address(*key), Found::Ticket(&ticket));
            }
        }
        for key in rebuilt.stakes.keys() {
            if let Some(stake) = self.vm.read::<Stake>(address(*key)) {
                compare(address(*key), Found::Stake(&stake));
            }
        }
        for key in rebuilt.stakes.keys() {
            if self.vm.read::<Stake>(address(*key)).is_none() {
                list.push(format!("{key}: a stake that is gone"));
            }
        }
        for key in rebuilt.tickets.keys() {
            if self.vm.read::<Ticket>(address(*key)).is_none() {
                list.push(format!("{key}: a ticket that is gone"));
            }
        }
        for key in rebuilt.margins.keys() {
            if self.vm.read::<MarginAccount>(address(*key)).is_none() {
                list.push(format!("{key}: an account that is gone"));
            }
        }
        list.extend(self.differences_above(&follower.ledger));
        for rebuilt in follower.ledger.compartments.values() {
            let own: Box<Compartment> = self.read(rebuilt.key);
            let found = Found::Compartment(&own);
            list.extend(differences(rebuilt, &rebuilt.key, &found));
        }
        let protocol = self.protocol();
        let head = follower.chain.head();
        let is = Link {
            sequence: protocol.event_sequence,
            hash: protocol.event_head,
        };
        if head != is {
            list.push(format!(
                "the chain's head is {is:?}, its events come to {head:?}"
            ));
        }
        list
    }
}

impl World {
    /// What lies above all compartments.
    fn differences_above(&self, ledger: &Ledger) -> Vec<String> {
        let protocol = bulwark_client::address::protocol();
        let found = Above::Protocol(&self.protocol());
        let mut list = differences_above(ledger, &protocol, &found);
        let guardian = bulwark_client::address::guardian();
        match self.vm.read::<Guardian>(address(guardian)) {
            Some(is) => {
                let found = Above::Guardian(&is);
                list.extend(differences_above(ledger, &guardian, &found));
            }
            None if ledger.guardian.version != 0 => list.push("the guardian is gone".into()),
            None => {}
        }
        let opened = ledger.guardian.nonce;
        for nonce in 1..opened {
            let key = bulwark_client::address::proposal(nonce);
            match self.vm.read::<Proposal>(address(key)) {
                Some(is) => {
                    let found = Above::Proposal(&is);
                    list.extend(differences_above(ledger, &key, &found));
                }
                None if ledger.proposals.contains_key(&key) => {
                    list.push(format!("{key}: a proposal that is gone"));
                }
                None => {}
            }
        }
        list
    }
}

fn accounts(
    audit: &Audit,
    deployment: &bulwark_client::Deployment,
    compare: &mut impl FnMut(Address, Found<'_>),
) {
    for (key, margin) in &audit.margins {
        compare(*key, Found::Margin(margin));
    }
    for (keys, (bank, _)) in deployment.banks.iter().zip(&audit.banks) {
        compare(address(keys.bank), Found::Bank(bank));
    }
    for (keys, (market, book)) in deployment.markets.iter().zip(&audit.markets) {
        compare(address(keys.market), Found::Market(market));
        compare(address(keys.book), Found::Book(book));
    }
    compare(
        address(deployment.insurance),
        Found::Insurance(&audit.insurance),
    );
}
