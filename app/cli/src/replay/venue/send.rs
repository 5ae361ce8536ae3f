//! Transactions, and what they cost.

use std::sync::LazyLock;

use anyhow::{Context, Result};
use bulwark_client::Instruction;
use bulwark_svm::{Failure, Receipt, vm};
use solana_keypair::Keypair;

use super::{Party, Venue};

/// Compute units of one kind of instruction, as far as the program took it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units {
    pub count: u64,
    pub total: u64,
    pub most: u64,
}

/// Name of a refusal: the program's error as it logged it, or the number that somebody else gave.
pub fn refusal_name(failure: &Failure) -> String {
    let logged = failure.logs.iter().find_map(|line| {
        let (_, rest) = line.split_once("Error Code: ")?;
        rest.split_once('.')
    });
    match (logged, failure.code()) {
        (Some((name, _)), _) => name.into(),
        (None, Some(code)) => format!("error {code}"),
        (None, None) => format!("{:?}", failure.error),
    }
}

impl Venue {
    /// Sends a transaction that a party signs; `None` if the program refuses it.
    pub(super) fn try_as(
        &mut self,
        party: Party,
        instructions: &[Instruction],
    ) -> Result<Option<Receipt>> {
        let owner = self.seat(party).owner.insecure_clone();
        self.attempt(instructions, &[&owner])
    }

    pub(super) fn attempt(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Option<Receipt>> {
        match self.send(instructions, signers) {
            Ok(receipt) => Ok(Some(receipt)),
            Err(failure) => match failure.code() {
                Some(_) => Ok(None),
                None => Err((*failure).into()),
            },
        }
    }

    /// Sends a transaction, counts it, and says exactly what came of it.
    pub(super) fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Receipt, Box<Failure>> {
        let converted: Vec<_> = instructions.iter().map(vm::instruction).collect();
        let sent = self.vm.send(&converted, signers);
        match &sent {
            Ok(receipt) => self.note_units(instructions, receipt),
            Err(failure) => {
                if failure.code().is_some() {
                    *self.refusals.entry(refusal_name(failure)).or_default() += 1;
                }
            }
        }
        sent
    }

    /// Sends a transaction that the program must not refuse.
    pub(super) fn must(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Receipt> {
        let sent = self.send(instructions, signers);
        sent.map_err(|failure| anyhow::Error::from(*failure))
    }

    /// Splits a transaction's units over its instructions of the program, by its log.
    fn note_units(&mut self, instructions: &[Instruction], receipt: &Receipt) {
        let ours = instructions
            .iter()
            .filter(|one| one.program_id == bulwark::ID);
        for (one, units) in ours.zip(units_of_outer_calls(&receipt.meta.logs)) {
            let Some(kind) = one.data.first_chunk::<8>() else {
                continue;
            };
            let known = self.units.entry(*kind).or_default();
            known.count += 1;
            known.total += units;
            known.most = known.most.max(units);
        }
    }

    /// Transactions of the replay itself.
    pub fn transactions(&self) -> u64 {
        self.vm.sent - self.before.0
    }

    /// Those of them that the program refused.
    pub fn failed(&self) -> u64 {
        self.vm.failed - self.before.1
    }

    /// Compute units of all of them.
    pub fn compute_units(&self) -> u64 {
        self.vm.units_total - self.before.2
    }

    /// What the program refused, by name, the commonest first.
    pub fn refusals(&self) -> Vec<(String, u64)> {
        let named = self.refusals.iter();
        let mut refusals: Vec<_> = named.map(|(name, count)| (name.clone(), *count)).collect();
        refusals.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        refusals
    }

    /// Units by name of instruction, the dearest in all first.
    pub fn units(&self) -> Result<Vec<(String, Units)>> {
        let named = self.units.iter().map(|(kind, units)| {
            let name = instruction_name(kind).context("an instruction without a name")?;
            Ok((name.to_string(), *units))
        });
        let mut all: Vec<_> = named.collect::<Result<_>>()?;
        all.sort_by_key(|(_, units)| std::cmp::Reverse(units.total));
        Ok(all)
    }
}

/// Units that each call from outside consumed, as the runtime logged them.
fn units_of_outer_calls(logs: &[String]) -> impl Iterator<Item = u64> + '_ {
    static PROGRAM: LazyLock<String> = LazyLock::new(|| bulwark::ID.to_string());
    let mut depth = 0_u32;
    logs.iter().filter_map(move |line| {
        let rest = line.strip_prefix("Program ")?;
        let (key, what) = rest.split_once(' ')?;
        if what.starts_with("invoke [") {
            depth += 1;
            return None;
        }
        if what == "success" || what.starts_with("failed") {
            depth = depth.saturating_sub(1);
            return None;
        }
        let units = what.strip_prefix("consumed ")?;
        let ours = depth == 1 && key == *PROGRAM;
        ours.then(|| units.split(' ').next()?.parse().ok())?
    })
}

/// Name of an instruction that a replay sends.
fn instruction_name(kind: &[u8; 8]) -> Option<&'static str> {
    use anchor_lang::Discriminator;
    use bulwark::instruction as of;
    macro_rules! names {
        ($($kind:ident $name:literal)*) => {
            [$((of::$kind::DISCRIMINATOR, $name)),*]
        };
    }
    let names = names! {
        Refresh "refresh" PlaceOrder "place_order" CancelOrders "cancel_orders"
        CreateMarginAccount "create_margin_account" Deposit "deposit" Withdraw "withdraw"
        CloseMarginAccount "close_margin_account" Flag "flag" Unflag "unflag"
        TakeOver "take_over" Seize "seize" Convert "convert" WindUp "wind_up" Settle "settle"
        Accrue "accrue" Fold "fold" FundInsurance "fund_insurance" Sweep "sweep"
        Stake "stake" ProveStress "prove_stress" PruneOrders "prune_orders" CrankTicket "crank_ticket" Check "check"
    };
    let found = names.iter().find(|(of, _)| **of == kind[..]);
    found.map(|(_, name)| *name)
}
