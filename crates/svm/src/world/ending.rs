//! A history in which things end: money moved between own accounts, a market settled, a bank
//! closed, one Recovery taken back and one carried out, with late marks and late money.

use bulwark::instructions::StakeAct;
use bulwark_core::recovery::{AUDIT_EVERY, Cause, DEAD_MAN, DEADLINE};

use solana_signer::Signer;

use super::{BTC, BTC_PERP, SOL, SOL_PERP, USDC, World, ask, bid, scaled, usdc};
use crate::vm::pubkey;

const WEEK: i64 = 7 * 86_400;

impl World {
    /// A venue with its whole history, which ends by a Recovery after two thefts.
    pub fn ending() -> Self {
        let mut world = Self::recorded_without_floor();
        world.create_guardian(5).expect("a guardian is made");
        world.people_come();
        world.own_accounts();
        world.stakers();
        world.market_ends();
        world.two_audits();
        world.false_alarm();
        world.robbed_and_recovered();
        world
    }

    fn people_come(&mut self) {
        for (name, amount) in [("maker", 40_000.0), ("alice", 5_000.0), ("plain", 8_000.0)] {
            self.fund(name, amount);
        }
        self.trader("donor");
        self.deposit("bella", SOL, scaled(100.0, 9));
        self.deposit("carol", SOL, scaled(40.0, 9));
        self.trade("alice", "maker", SOL_PERP, 50.0, 100.0);
        self.trade("maker", "bella", SOL_PERP, 40.0, 100.0);
        self.trade("alice", "maker", BTC_PERP, 0.05, 50_000.0);
        self.place("alice", BTC_PERP, ask(0.1, 51_000.0).post_only());
        self.place("maker", BTC_PERP, bid(0.2, 49_000.0).post_only());
    }

    /// Quote with the profit of the day on it, and a token, to and fro.
    fn own_accounts(&mut self) {
        self.another_account("alice", "alice again", 1);
        self.another_account("carol", "carol again", 1);
        self.advance(60);
        self.price(SOL, 101.0);
        self.trade("maker", "alice", SOL_PERP, 10.0, 101.0);
        for (from, to, bank, amount) in [
            ("alice", "alice again", USDC, usdc(1_000.0)),
            ("carol", "carol again", SOL, scaled(15.0, 9)),
            ("alice again", "alice", USDC, usdc(250.0)),
            ("carol again", "carol", SOL, scaled(5.0, 9)),
        ] {
            self.transfer(from, to, bank, amount).expect("moved");
            self.advance(600);
        }
        self.refresh_all();
    }

    /// One stakes and is still there at the end, one asks to leave; somebody proves a stress.
    fn stakers(&mut self) {
        self.join("donor", 2_000.0);
        self.join("plain staker", 500.0);
        self.advance(86_400 + 1);
        self.earn("donor").expect("a day is over");
        self.stake("plain staker", StakeAct::Ask(u64::MAX))
            .expect("asked");
        self.refresh_all();
        self.copy_all();
        self.prove_stress("alice").expect("proved");
    }

    fn market_ends(&mut self) {
        self.close_bank(BTC).expect("it begins to close");
        self.announce_settlement(BTC_PERP, true).expect("announced");
        self.advance(WEEK - 1_800);
        self.refresh_all();
        self.advance(1);
        self.gap(BTC, 48_000.0);
        self.post_minutes(31);
        self.settle_market(BTC_PERP).expect("settled");
        for name in ["maker", "alice"] {
            self.settle_position(name, BTC_PERP).expect("closed");
        }
    }

    /// One day after the other; between them somebody leaves in part.
    fn two_audits(&mut self) {
        for _ in 0..2 {
            self.begin_audit().expect("begun");
            self.audit_count().expect("counted");
            self.audit_mark(&["maker", "carol"]).expect("marked");
            let rest = ["alice", "bella", "plain", "alice again", "carol again"];
            self.audit_mark(&rest).expect("marked");
            self.close_audit().expect("closed");
            self.withdraw("plain", USDC, usdc(10.0));
            self.advance(AUDIT_EVERY.cast_signed());
            self.refresh_all();
        }
    }

    /// What was stolen of a token keeps the mode above Normal for a fortnight; then it is back.
    fn false_alarm(&mut self) {
        self.advance(1);
        self.steal(SOL, scaled(2.0, 9));
        self.check_all().expect("it is found");
        self.advance(DEAD_MAN.cast_signed());
        self.refresh_all();
        self.announce(Cause::DeadMan).expect("announced");
        self.donate(SOL, scaled(2.0, 9));
        self.check_all().expect("it is back");
        self.undo().expect("taken back");
    }

    fn robbed_and_recovered(&mut self) {
        self.advance(60);
        self.price(SOL, 104.0);
        self.post_minutes(31);
        self.steal(USDC, usdc(20_000.0));
        self.steal(SOL, scaled(70.0, 9));
        self.announce_by_guardian().expect("announced");
        self.pass_notice();
        self.freeze().expect("frozen");
        self.count(0..2, 0..1).expect("counted");
        self.count(2..3, 1..2).expect("counted");
        self.mark_all(&["carol"]).expect("marked");
        self.claim("carol", SOL);
        self.add_money("donor", SOL, scaled(9.0, 9)).expect("given");
        self.claim("carol", SOL);
        self.mark_for("donor", &["alice", "bella", "maker"])
            .expect("marked");
        self.mark_all(&["carol again"]).expect("marked");
        // Plain and Alice's second account are late.
        self.advance(DEADLINE.cast_signed());
        self.open_pot().expect("opened");
        for name in ["maker", "alice"] {
            self.claim(name, USDC);
        }
        self.mark_all(&["plain", "alice again"]).expect("marked");
        self.claim("plain", USDC);
        self.sells_his_claims("maker", "donor");
        self.add_money("donor", USDC, usdc(7_000.0)).expect("given");
        for name in ["plain", "alice again"] {
            self.claim(name, USDC);
        }
        self.claim("bella", SOL);
        // Stakers come last: whoever is paid whole closes his stake.
        self.claim_stake("plain staker").expect_err("none is left");
        self.add_money("donor", USDC, usdc(30_000.0))
            .expect("given");
        self.claim_stake("plain staker").expect("paid");
        self.claim_stake("donor").expect("paid");
        self.close_recovered("plain staker").expect("closed");
        self.assign_stake("donor", "maker").expect("given away");
    }

    /// `name` gives all that he is owed to `buyer`.
    fn sells_his_claims(&mut self, name: &'static str, buyer: &'static str) {
        let (margin, owner) = (self.margin_key(name), self.wallet(name));
        let to = pubkey(self.wallet(buyer).pubkey());
        let key = pubkey(owner.pubkey());
        let act = self.deployment.assign_claims(key, margin, to);
        self.advance(1);
        self.send(&[act], &[&owner]).expect("sold");
        self.advance(1);
    }
}
