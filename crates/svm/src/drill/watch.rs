//! Who counts: a stranger's transactions, slots, compute units and wall time, stage by stage.

use std::time::Instant;

use anyhow::{Result, anyhow};
use bulwark_client::{Instruction, Pubkey};
use solana_keypair::Keypair;

use super::{Moments, seconds};
use crate::World;

/// What a drill tells while it runs: a stage, how much of it is done, of how much.
pub type Progress<'a> = dyn Fn(&str, u64, u64) + 'a;

/// What a stage took.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its name.
    pub name: &'static str,
    /// Transactions by strangers.
    pub transactions: u64,
    /// Price prints, which a running market has anyway.
    pub prints: u64,
    /// Compute units of the strangers' transactions.
    pub units: u64,
    /// Slots that passed.
    pub slots: u64,
    /// Wall time, seconds.
    pub seconds: f64,
}

/// The counts of a drill.
pub(super) struct Watch<'a> {
    progress: &'a Progress<'a>,
    stranger: Keypair,
    key: Pubkey,
    /// Transactions and compute units of the strangers.
    sent: u64,
    units: u64,
    /// Transactions of the VM and its slot at the theft.
    first_slot: u64,
    pub began: Instant,
    pub stages: Vec<Stage>,
    pub transactions: Moments,
    pub slots: Moments,
    pub first_quote: u64,
    running: (&'static str, u64, u64),
}

impl<'a> Watch<'a> {
    pub fn new(world: &mut World, progress: &'a Progress<'a>) -> Self {
        let (stranger, key) = world.stranger();
        Self {
            progress,
            stranger,
            key,
            sent: 0,
            units: 0,
            first_slot: 0,
            began: Instant::now(),
            stages: Vec::new(),
            transactions: Moments::default(),
            slots: Moments::default(),
            first_quote: 0,
            running: ("", 0, 0),
        }
    }

    /// The disaster is there: everything counts from now on.
    pub fn begin(&mut self, world: &World) {
        self.first_slot = world.now().slot;
        self.began = Instant::now();
    }

    /// The stranger's key.
    pub fn key(&self) -> Pubkey {
        self.key
    }

    /// A stage of about `of` transactions.
    pub fn stage<T>(
        &mut self,
        world: &mut World,
        name: &'static str,
        of: u64,
        act: impl FnOnce(&mut World, &mut Self) -> Result<T>,
    ) -> Result<T> {
        let began = Instant::now();
        let before = (self.sent, self.units, world.vm.sent, world.now().slot);
        self.running = (name, 0, of);
        (self.progress)(name, 0, of);
        let done = act(world, self).map_err(|error| error.context(name))?;
        (self.progress)(name, of, of);
        let transactions = self.sent - before.0;
        self.stages.push(Stage {
            name,
            transactions,
            prints: (world.vm.sent - before.2).saturating_sub(transactions),
            units: self.units - before.1,
            slots: world.now().slot - before.3,
            seconds: seconds(began),
        });
        Ok(done)
    }

    /// One more of the running stage is done.
    pub fn tick(&mut self) {
        self.running.1 += 1;
        let (name, done, of) = self.running;
        (self.progress)(name, done.min(of), of);
    }

    /// The stranger sends a transaction; the next one is in the next slot.
    pub fn send(&mut self, world: &mut World, instructions: &[Instruction]) -> Result<()> {
        let outcome = world.send(instructions, &[&self.stranger]);
        let receipt = outcome.map_err(|failure| anyhow!("refused: {failure}"))?;
        self.count(world, receipt.units);
        Ok(())
    }

    /// Somebody else, a stranger too, has sent a transaction.
    pub fn count(&mut self, world: &mut World, units: u64) {
        self.sent += 1;
        self.units += units;
        // Five slots in two seconds.
        let seconds = i64::from(matches!(self.sent % 5, 0 | 2));
        world.advance_apart(seconds, 1);
        self.tick();
    }

    fn slot(&self, world: &World) -> u64 {
        world.now().slot - self.first_slot
    }

    /// The mode has left Normal.
    pub fn restricted(&mut self, world: &World) {
        self.transactions.restricted = self.sent;
        self.slots.restricted = self.slot(world);
    }

    /// Somebody was paid, in quote or in a token.
    pub fn paid(&mut self, world: &World, quote: bool) {
        if self.transactions.first_payout == 0 {
            self.transactions.first_payout = self.sent;
            self.slots.first_payout = self.slot(world);
        }
        if quote && self.first_quote == 0 {
            self.first_quote = self.sent;
        }
        self.transactions.last_payout = self.sent;
        self.slots.last_payout = self.slot(world);
    }
}
