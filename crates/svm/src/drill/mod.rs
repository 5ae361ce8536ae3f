//! Drills: a running market of many accounts meets a disaster, and strangers alone end it.
//!
//! [`robbed`]: two vaults are robbed; a check latches it, the predicate announces a Recovery, and
//! everyone is paid. [`returned`]: part of the loot comes back later and pays everyone again.
//! [`undone`]: the same theft, made good inside the notice and taken back.

mod robbed;
mod undone;
mod venue;
mod watch;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bulwark_client::Items;
use bulwark_core::mode::Mode;
use bulwark_core::recovery::{Cause, STANDS};

use crate::World;
use crate::world::{SOL, USDC};

pub use robbed::{returned, robbed};
pub use undone::undone;
pub use venue::Venue;
pub use watch::{Progress, Stage};

use watch::Watch;

/// From the theft to the first payment fewer transactions than this per 1,000 accounts, price
/// prints aside.
pub const GOAL: u64 = 100;

/// A figure at three moments, counted from the theft.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    /// The mode has left Normal.
    pub restricted: u64,
    /// The first payment without anybody's permission.
    pub first_payout: u64,
    /// The last one.
    pub last_payout: u64,
}

/// What people had to come and got under one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Who.
    pub who: String,
    /// By which rule.
    pub rule: &'static str,
    /// How many accounts.
    pub accounts: u64,
    /// Their claim at frozen prices, UsdE6.
    pub owed: u64,
    /// What was paid of it, UsdE6.
    pub paid: u64,
}

/// How a drill went.
#[derive(Clone, Debug)]
pub struct Drill {
    /// Its name.
    pub name: &'static str,
    /// Live accounts.
    pub accounts: u64,
    /// Its stages in their order.
    pub stages: Vec<Stage>,
    /// Who got what.
    pub rules: Vec<Rule>,
    /// Transactions by strangers up to each moment.
    pub transactions: Moments,
    /// Transactions by strangers up to the first payment in quote, which waits for all marks.
    pub first_quote: u64,
    /// Slots up to each moment.
    pub slots: Moments,
    /// Wall time from the theft to the end, seconds.
    pub seconds: f64,
    /// What was owed, UsdE6 at frozen prices; of [`undone`] what was missing.
    pub owed: u64,
    /// What was paid of it, UsdE6; of [`undone`] what was made good.
    pub paid: u64,
    /// Token units that appeared or vanished, over all banks.
    pub conservation_error: u64,
}

impl Drill {
    /// The first payment has to come within fewer transactions than this: [`GOAL`] for 1,000
    /// accounts. The few fixed steps are the same in a small venue, so that it isn't less than for
    /// 200 accounts.
    pub fn goal(&self) -> u64 {
        GOAL * self.accounts.max(200) / 1_000
    }

    /// Whether it did.
    pub fn within_goal(&self) -> bool {
        self.transactions.first_payout < self.goal()
    }
}

/// All drills at one market; `progress` hears what goes on.
pub fn all(venue: &Venue, progress: &Progress) -> Result<[Drill; 3]> {
    Ok([
        robbed(venue, progress)?,
        returned(venue, progress)?,
        undone(venue, progress)?,
    ])
}

/// Of a vault of `bank`, this many parts in a hundred are stolen.
const STOLEN: [(usize, u64); 2] = [(USDC, 30), (SOL, 40)];

/// From the theft to the announcement: the same in all drills.
fn until_announced(world: &mut World, watch: &mut Watch) -> Result<Vec<(usize, u64)>> {
    let mut stolen = Vec::new();
    for (bank, part) in STOLEN {
        let amount = world.vault(bank) / 100 * part;
        world.steal(bank, amount);
        stolen.push((bank, amount));
    }
    watch.begin(world);
    ensure!(world.mode() == Mode::Normal, "nobody has looked yet");
    let items = Items::all(&world.deployment);
    let check = world.deployment.check(watch.key(), &items, None);
    watch.stage(world, "check, latch, pause", 1, |world, watch| {
        watch.send(world, std::slice::from_ref(&check))?;
        ensure!(world.mode() == Mode::Paused, "missing value pauses");
        watch.restricted(world);
        Ok(())
    })?;
    watch.stage(world, "second sight, an hour on", 1, |world, watch| {
        world.advance(3_700);
        world.refresh_all();
        watch.send(world, std::slice::from_ref(&check))
    })?;
    watch.stage(world, "predicate, announcement", 32, |world, watch| {
        let rest = i64::try_from(STANDS).context("a day")? - 3_600 - 31 * 60;
        world.advance(rest);
        for _ in 0..31 {
            world.advance(60);
            world.refresh_all();
            watch.tick();
        }
        // The predicate asks for a check of this very slot.
        let epoch = world.epoch() + 1;
        let deployment = &world.deployment;
        let announce = deployment.announce_recovery(watch.key(), Cause::Missing, epoch, None);
        watch.send(world, &[check.clone(), announce])
    })?;
    Ok(stolen)
}

/// Seconds since `began`.
fn seconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64()
}
