//! Stakers of insurance, and what an account would lack under stress.

use bulwark::instructions::StakeAct;
use bulwark_core::staking::{self, stress};
use bulwark_core::{Error, Result};
use bulwark_state::{Insurance, MarginAccount, Stake, VERSION};
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::world::usdc;
use bytemuck::{Zeroable, bytes_of};
use solana_signer::Signer;

use super::{Game, KEEPER, PEOPLE};
use crate::exchange::State;
use crate::twin;

/// What the program does beside the one rule of the act: fees are shared and shares ripen first.
fn change(core: &mut State, stake: &mut Stake, act: StakeAct) -> Result<()> {
    let (board, now) = (&core.board, core.now);
    let (insurance, quote) = (&mut *core.insurance, &mut *core.banks[0]);
    staking::share_fees(board, insurance, quote, core.vaults[0], now)?;
    staking::ripen(insurance, stake, now)?;
    match act {
        StakeAct::Join(0) => return Err(Error::ZeroAmount),
        StakeAct::Join(amount) => {
            quote.expected += amount;
            core.vaults[0] += amount;
            staking::join(insurance, stake, amount, now)?;
        }
        StakeAct::Buy(amount) => {
            let most = staking::sale(board, insurance, now)?.most;
            let amount = amount.min(most);
            quote.expected += amount;
            core.vaults[0] += amount;
            staking::buy(board, insurance, stake, amount, now)?;
        }
        StakeAct::Ask(amount) => staking::ask(insurance, stake, amount, now)?,
        StakeAct::Leave => {
            let vault = core.vaults[0];
            staking::frozen(board, &core.compartment, insurance, (quote, vault), now)?;
            core.vaults[0] -= staking::leave(insurance, stake, (quote, vault), now)?;
        }
        StakeAct::Close if !staking::is_empty(stake) => return Err(Error::AccountNotEmpty),
        StakeAct::Close | StakeAct::Earn | StakeAct::Claim | StakeAct::Assign(_) => {}
    }
    Ok(())
}

impl Game {
    pub(super) fn stakes(&mut self, who: usize) {
        let turns = (0..KEEPER).map(|more| (who + more) % KEEPER);
        let choice = self.dice.below(16);
        let has = |who: &usize| self.stake_of(*who).is_some();
        let done = |who: &usize| {
            self.stake_of(*who)
                .is_some_and(|held| staking::is_empty(&held))
        };
        let asked = |who: &usize| self.stake_of(*who).is_some_and(|held| held.asked_at != 0);
        let found = match choice {
            0..=3 => None,
            8..=11 => turns.clone().find(asked),
            12 => turns.clone().find(done),
            _ => turns.clone().find(has),
        };
        let who = found.unwrap_or(who);
        let amount = match self.dice.below(4) {
            0 => self.dice.size(30),
            _ => usdc(10.0) + self.dice.below(usdc(50.0)),
        };
        let (name, act) = match choice {
            0..=3 => ("join", StakeAct::Join(amount)),
            4..=5 => ("earn", StakeAct::Earn),
            6 => ("ask", StakeAct::Ask(u64::MAX)),
            7 => ("ask", StakeAct::Ask(amount)),
            8..=11 => {
                self.wait_for(who);
                ("leave", StakeAct::Leave)
            }
            12 => ("close", StakeAct::Close),
            13 => {
                (0..PEOPLE.len()).for_each(|who| self.stress(who));
                let seconds = self.dice.range(1, 3_000);
                self.world.advance(seconds);
                self.publish_all();
                ("buy", StakeAct::Buy(amount))
            }
            _ => return self.stress(who),
        };
        self.change(who, name, act, amount);
        if act == StakeAct::Leave && self.stake_of(who).is_some() {
            self.change(who, "close", StakeAct::Close, 0);
        }
    }

    fn stake_of(&self, who: usize) -> Option<Box<Stake>> {
        let key = pubkey(self.wallets[who].pubkey());
        let address = address(self.world.deployment.stake_key(&key));
        let held: Option<Box<Stake>> = self.world.vm.read(address);
        held.filter(|stake| stake.version != 0)
    }

    fn change(&mut self, who: usize, name: &'static str, act: StakeAct, amount: u64) {
        let key = pubkey(self.wallets[who].pubkey());
        let held = self.stake_of(who);
        let joins = matches!(act, StakeAct::Join(_) | StakeAct::Buy(_));
        if held.is_none() && !joins {
            return;
        }
        if joins {
            self.world.give(PEOPLE[who], 0, amount);
        }
        let (ours, tokens) = (&self.world.deployment, twin::tokens(&self.world, who, 0));
        let moves = joins || act == StakeAct::Leave;
        let made = match held {
            None => ours.first_stake(key, act, tokens),
            Some(_) => ours.stake(key, &key, act, moves.then_some(tokens)),
        };
        let insurance = ours.insurance.to_bytes();
        let mut stake = held.map_or_else(
            || {
                let mut new = Stake::zeroed();
                let as_yet: &Insurance = &self.world.insurance();
                staking::begin(&mut new, as_yet, insurance, key.to_bytes());
                new.version = VERSION;
                new
            },
            |held| *held,
        );
        let done = self.act(name, Some(who), &made, |core| change(core, &mut stake, act));
        let is = self.stake_of(who);
        if done && act != StakeAct::Close {
            let is = is.as_ref().expect("it was made");
            (stake.bump, stake.event_sequence) = (is.bump, is.event_sequence);
            assert_eq!(bytes_of(&stake), bytes_of(&**is), "after {name} the stake");
        }
        assert!(
            !(done && act == StakeAct::Close && is.is_some()),
            "a closed stake stays"
        );
    }

    /// Time passes to the window of a stake that has asked, at times; every bank and the deficit
    /// count as just checked. The harness says so: a check would move modes.
    fn wait_for(&mut self, who: usize) {
        let held = self.stake_of(who);
        let Some(stake) = held.filter(|stake| stake.asked_at != 0) else {
            return;
        };
        if self.dice.below(3) != 0 {
            let cooldown = self.world.insurance().cooldown.cast_signed();
            let opens = stake.asked_at + cooldown + self.dice.range(-3, 200_000);
            self.world.advance((opens - self.world.now().unix).max(1));
            self.publish_all();
        }
        if self.dice.below(8) != 0 {
            let slot = self.world.now().slot;
            self.world.overwrite_compartment(|compartment| {
                compartment.broken.bank_checked_slot.fill(slot);
                compartment.broken.global_checked_slot.fill(slot);
            });
        }
    }

    fn stress(&mut self, who: usize) {
        let margin = self.margins[who];
        let prove = self.world.deployment.prove_stress(self.payer(), margin);
        self.act("prove stress", None, &prove, |core| {
            let account: MarginAccount = core.accounts[who];
            let (board, insurance) = (&mut core.board, &mut core.insurance);
            let of = (margin.as_array(), &account);
            stress::prove(board, insurance, of, core.now).map(drop)
        });
    }
}
