//! One long history in which everything happens that events have to tell: for whoever rebuilds
//! accounts from events, and for whoever checks histories.

use bulwark::instructions::{StakeAct, Which};
use bulwark_client::{Instruction, Pubkey};
use bulwark_core::guardian::{ALL_COMPARTMENTS, Action};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::{BTC, BTC_PERP, Order, Outcome, SOL, SOL_PERP, USDC, World, ask, base_e8, bid, usdc};
use crate::vm::pubkey;

const HOUR: i64 = 3_600;
/// Who trades at random.
const CROWD: [&str; 6] = ["ann", "ben", "cat", "dan", "eve", "fay"];

/// Numbers that look random: xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound.max(1)
    }

    fn who(&mut self) -> &'static str {
        CROWD[self.below(6) as usize]
    }
}

impl World {
    /// A venue with its whole history: listing, a guardian, a debtor, `steps` acts at random,
    /// thefts, a crash with a loss that others bear, and exits.
    pub fn story(steps: usize, seed: u64) -> Self {
        let mut world = Self::recorded();
        world.council_speaks();
        world.debtor_pays();
        world.crowd_trades(steps, seed);
        world.orders_end();
        world.somebody_stakes();
        world.vaults_are_robbed();
        world.crash_bankrupts();
        world.people_leave();
        world
    }

    fn by(&mut self, name: &'static str, make: impl FnOnce(&Self, Pubkey) -> Instruction) {
        let owner: Keypair = self.wallet(name);
        let instruction = make(self, pubkey(owner.pubkey()));
        self.send(&[instruction], &[&owner]).expect("it is taken");
    }

    /// Proposals answered, executed, expired; a lone restriction.
    fn council_speaks(&mut self) {
        self.create_guardian(5).expect("a guardian is made");
        self.restrict(2, 60).expect("a member may restrict");
        let pause = Action::Pause(ALL_COMPARTMENTS, 60, 9);
        let paused = self.queue(3, &pause);
        self.execute(paused).expect("it is executed");
        let idle = self.propose(4, &pause);
        self.object(5, idle).expect("a member may object");
        self.advance(8 * 24 * HOUR);
        self.refresh_all();
        self.expire(idle).expect("it has expired");
    }

    /// Deposits, orders, fills, cancels, withdrawals, samples, liquidations, as they come.
    fn crowd_trades(&mut self, steps: usize, seed: u64) {
        for name in CROWD {
            self.fund(name, 50_000.0);
            self.deposit(name, SOL, 50_000_000_000);
        }
        self.fund("liquidator", 500_000.0);
        self.fund_insurance(500.0);
        let mut dice = Dice(seed | 1);
        for _ in 0..steps {
            self.random_act(&mut dice);
        }
        // Back to where the crowd began, in steps that prints may take.
        self.advance(2);
        self.gap(SOL, 100.0);
        self.advance(2);
        self.gap(BTC, 50_000.0);
        self.advance(2);
    }

    /// A stake joins and asks to leave; somebody shows what insurance may have to pay.
    fn somebody_stakes(&mut self) {
        self.join("stan", 20.0);
        self.stake("stan", StakeAct::Ask(u64::MAX))
            .expect("he may ask");
        self.earn("stan").expect("anybody may");
        self.prove_stress(CROWD[0]).expect("anybody may");
    }

    /// One act, taken or refused.
    fn random_act(&mut self, dice: &mut Dice) {
        let name = dice.who();
        let market = dice.below(2) as usize;
        match dice.below(20) {
            0..=9 => self.random_order(dice, name, market),
            10 => drop(self.cancel(name, market, Which::All)),
            11 => drop(self.cancel(name, market, Which::Slot(dice.below(32) as u8))),
            12 => {
                let bank = dice.below(2) as usize;
                drop(self.try_withdraw(name, bank, 1 + dice.below(3_000_000_000)));
            }
            13 => drop(self.try_deposit(name, USDC, usdc(10.0) + dice.below(1_000_000_000))),
            14 => {
                self.random_time(dice);
                self.advance(2);
                drop(self.sample_funding(market));
            }
            15 => {
                drop(self.accrue());
                drop(self.fold());
            }
            16 => {
                drop(self.flag(name));
                let most = base_e8(1.0 + dice.below(50) as f64);
                drop(self.take_over("liquidator", name, market, most));
            }
            17 => drop(self.prune(name, market)),
            18 => drop(self.try_crank(name, USDC, dice.below(3))),
            _ => self.random_time(dice),
        }
    }

    fn random_order(&mut self, dice: &mut Dice, name: &'static str, market: usize) {
        let (feed, coins) = [(SOL, 40.0), (BTC, 0.1)][market];
        let mark = self.prices[feed] as f64 / 1e8;
        let price = (mark * (0.995 + dice.below(11) as f64 / 1_000.0) * 10.0).round() / 10.0;
        let size = (coins * (1 + dice.below(10)) as f64).round().max(1.0) / 10.0;
        let mut order: Order = match dice.below(2) {
            0 => bid(size, price),
            _ => ask(size, price),
        };
        order = match dice.below(8) {
            0 => order.ioc(),
            1 => order.slides(),
            2 => order.reduce_only(),
            _ => order,
        };
        if dice.below(4) == 0 {
            let end = self.now().unix + 5 + dice.below(60) as i64;
            order = order.until(u32::try_from(end).expect("in this century"));
        }
        // Now and then without the makers' accounts, which ends the pass.
        if dice.below(10) == 0 {
            drop(self.try_place_among(name, market, order, &[]));
        } else {
            drop(self.try_place(name, market, order));
        }
    }

    fn random_time(&mut self, dice: &mut Dice) {
        self.advance(4 + dice.below(40) as i64);
        for feed in [SOL, BTC] {
            let step = 9_960 + dice.below(81);
            self.prices[feed] = self.prices[feed] / 10_000 * step;
        }
        self.refresh_all();
    }

    /// Anyone prunes an account's orders.
    pub fn prune(&mut self, name: &'static str, market: usize) -> Outcome {
        let margin = self.margin_key(name);
        let payer = pubkey(self.vm.payer.pubkey());
        let prune = self.deployment.prune_orders(payer, margin, market);
        self.send(&[prune], &[])
    }

    /// Orders that are replaced, cancelled in lists, expire, meet their owner, find no place; a
    /// delegate.
    fn orders_end(&mut self) {
        for name in CROWD {
            for market in [SOL_PERP, BTC_PERP] {
                drop(self.cancel(name, market, Which::All));
            }
        }
        for name in ["gil", "hal", "ida"] {
            self.fund(name, 200_000.0);
        }
        self.refresh_all();
        self.place("gil", SOL_PERP, ask(2.0, 101.0).numbered(7));
        let order = ask(3.0, 101.2).numbered(8);
        self.replace("gil", SOL_PERP, Which::Client(7), order)
            .expect("it is replaced");
        let other = self.place("gil", SOL_PERP, ask(2.0, 101.4));
        self.cancel_batch("gil", SOL_PERP, &[other], &[8, 99])
            .expect("they are cancelled");
        // Two that expire: one is met without its account, then anyone prunes the rest.
        let end = u32::try_from(self.now().unix + 10).expect("in this century");
        self.place("gil", SOL_PERP, ask(1.0, 100.5).until(end));
        self.place("gil", SOL_PERP, ask(1.0, 100.6).until(end));
        self.place("hal", SOL_PERP, ask(1.0, 100.7).until(end));
        self.advance(30);
        self.refresh_all();
        let hal = self.margin_key("hal");
        self.try_place_among("ida", SOL_PERP, bid(1.0, 100.8).ioc(), &[hal])
            .expect("it meets them");
        self.prune("gil", SOL_PERP).expect("slots are free");
        // His own older order goes.
        self.place("ida", SOL_PERP, bid(1.0, 99.0));
        self.place("ida", SOL_PERP, ask(1.0, 98.9));
        self.cancel("ida", SOL_PERP, Which::All)
            .expect("it is cancelled");
        let until = self.now().unix + HOUR;
        self.by("gil", |world, owner| {
            let margin = pubkey(world.traders["gil"].margin);
            let named = pubkey(crate::keys::keypair("delegate").pubkey());
            world.deployment.set_delegate(owner, margin, named, until)
        });
        self.many_makers();
    }

    /// A taker who meets twelve makers' orders and rests with what is left.
    fn many_makers(&mut self) {
        for (place, name) in ["gil", "hal", "gil", "hal", "gil", "hal"]
            .into_iter()
            .enumerate()
        {
            let price = 100.0 + place as f64 / 10.0;
            self.place(name, SOL_PERP, ask(1.0, price));
            self.place(name, SOL_PERP, ask(1.5, price));
        }
        self.place("ida", SOL_PERP, bid(20.0, 100.9));
        self.cancel("ida", SOL_PERP, Which::All)
            .expect("what rested is cancelled");
        self.place("ida", SOL_PERP, ask(15.0, 99.0).reduce_only().ioc());
    }

    /// A debtor whose loss is realised, settled and converted; a winner who waits in the queue.
    fn debtor_pays(&mut self) {
        self.deposit("loser", SOL, 1_000_000_000_000);
        self.fund("winner", 10_000.0);
        self.accrue().expect("stock is taken");
        self.trade("loser", "winner", BTC_PERP, 1.0, 50_000.0);
        self.advance(60);
        self.gap(BTC, 46_000.0);
        self.place("loser", BTC_PERP, ask(0.5, 46_000.0).post_only());
        self.place("winner", BTC_PERP, bid(0.5, 46_000.0).ioc());
        // He closes the rest against another and takes what he has: the vault runs short.
        self.deposit("other", SOL, 1_000_000_000_000);
        self.place("other", BTC_PERP, ask(0.5, 46_000.0).post_only());
        self.place("winner", BTC_PERP, bid(0.5, 46_000.0).ioc());
        self.fold().expect("markets are folded");
        self.withdraw("winner", USDC, u64::MAX);
        self.by("winner", |world, owner| world.deployment.value_banks(owner));
        self.settle("loser", BTC_PERP)
            .expect("a short vault settles losses");
        self.advance(25 * HOUR);
        self.refresh_all();
        self.accrue().expect("interest is due");
        self.fund("carol", 20_000.0);
        self.convert("carol", "loser", SOL, 1_000_000_000)
            .expect("a debt of a day is converted");
        drop(self.try_crank("winner", USDC, 0));
    }

    /// A token's vault is robbed: exits at coverage, residual claims, late money.
    fn vaults_are_robbed(&mut self) {
        let loot = self.vault(SOL) / 5;
        self.steal(SOL, loot);
        self.short(|world| world.try_withdraw("ann", SOL, 20_000_000_000))
            .expect("a withdrawal at coverage is paid");
        self.advance(60);
        let items = bulwark_client::Items::all(&self.deployment);
        self.check_for_reward("eve", &items)
            .expect("the theft is latched");
        self.donate(SOL, loot / 2);
        self.sweep(SOL).expect("it is swept");
        self.short(|world| world.try_collect("ann", SOL))
            .expect("a part comes back");
        self.recapitalise("giver", SOL, loot)
            .expect("money is taken");
        self.short(|world| world.try_collect("ann", SOL))
            .expect("the rest comes back");
        self.steal(USDC, usdc(50.0));
        self.check_all().expect("stock is taken");
        drop(self.short(|world| world.try_withdraw("ben", USDC, usdc(100.0))));
        self.recapitalise("giver", USDC, usdc(500.0))
            .expect("money is taken");
        drop(self.short(|world| world.try_collect("ben", USDC)));
        // What was missing is there again, and the pause that it brought is over.
        self.check_all().expect("nothing is broken");
        self.advance(30 * HOUR);
        self.refresh_all();
    }

    /// An act while value is missing: what it pays less is missing no more.
    fn short(&mut self, act: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        self.allow_stock_change(act)
    }

    /// One is taken over, one loses collateral, one is wound up beyond what insurance has.
    fn crash_bankrupts(&mut self) {
        self.advance(2);
        self.gap(BTC, 50_000.0);
        self.fund("liquidator", 500_000.0);
        self.fund("maker", 500_000.0);
        for name in ["joe", "kim"] {
            self.fund(name, 1_000.0);
        }
        self.deposit("lea", SOL, 30_000_000_000);
        self.trade("joe", "maker", SOL_PERP, 60.0, 100.0);
        self.trade("kim", "maker", SOL_PERP, 70.0, 100.0);
        self.trade("lea", "maker", SOL_PERP, 150.0, 100.0);
        self.place("joe", SOL_PERP, ask(1.0, 104.0));
        self.advance(120);
        self.refresh_all();
        self.advance(70);
        self.gap(SOL, 84.0);
        self.flag("joe").ok();
        self.advance(30);
        self.refresh_all();
        for name in ["joe", "lea"] {
            drop(self.flag(name));
            drop(self.take_over("liquidator", name, SOL_PERP, base_e8(20.0)));
            drop(self.seize("liquidator", name, SOL, 1_000_000_000));
            self.advance(1);
            self.refresh_all();
            drop(self.take_over("liquidator", name, SOL_PERP, base_e8(500.0)));
            drop(self.seize("liquidator", name, SOL, u64::MAX));
        }
        self.note_stage("kim").expect("noted");
        self.wind_up("liquidator", "kim", 400_000)
            .expect("she is wound up in part");
        self.wind_up("liquidator", "kim", 1_000_000)
            .expect("and whole");
        // Unflagged in two calls, once there is money again.
        self.fund("joe", 20_000.0);
        drop(self.unflag("joe"));
        self.advance(70);
        self.refresh_all();
        drop(self.unflag("joe"));
        drop(self.check_all());
    }

    /// Everything is closed that can be, and a closed account is made again.
    fn people_leave(&mut self) {
        let deficit = self.bank(USDC).totals.deficit;
        if deficit > 0 {
            self.recapitalise("giver", USDC, deficit)
                .expect("money is taken");
        }
        self.advance(2 * 24 * HOUR);
        self.refresh_all();
        for name in CROWD.into_iter().chain(["winner"]) {
            for number in 0..4 {
                drop(self.try_crank(name, USDC, number));
                drop(self.try_crank(name, SOL, number));
            }
        }
        for name in CROWD {
            for bank in [SOL, USDC] {
                drop(self.try_withdraw(name, bank, u64::MAX));
            }
            drop(self.close(name));
        }
        self.close("kim").expect("nothing is left of her");
        self.by("kim", |world, owner| {
            world
                .deployment
                .create_margin_account(owner, 0, owner_of(7))
        });
        self.accrue().expect("stock is taken");
        self.fold().expect("markets are folded");
        self.seal().expect("the creator seals");
    }
}

fn owner_of(number: usize) -> Pubkey {
    super::member_key(number)
}
