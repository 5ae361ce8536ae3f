//! A history of the guardian: members who speak, fall silent and are replaced, proposals of every
//! fate, modes and what ends them, fees that are paid out.

use bulwark_core::guardian::{ALL_COMPARTMENTS, Action, MAX_SETTINGS, SLACK, Setting, Subject};
use bulwark_core::guardian::{MAX_SUBJECTS, SILENT_AFTER, Successor};
use bulwark_core::params::Group;
use solana_signer::Signer;

use super::{
    BTC_PERP, Outcome, SOL, SOL_PERP, USDC, World, ask, bid, member, member_key, scaled, usdc,
};
use crate::keys::keypair;
use crate::vm::pubkey;

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY + SLACK;

impl World {
    /// A venue with its whole history, of which the guardian makes the most.
    pub fn term() -> Self {
        let mut world = Self::recorded_without_floor();
        world.create_guardian(5).expect("a guardian is made");
        world.seal().expect("the creator is");
        world.heard_of();
        world.at_once();
        world.lifted();
        world.decided();
        world.refused();
        world.replaced();
        world.paid_out();
        world.short_of();
        world
    }

    /// Member `number` says that he is there.
    pub fn beat(&mut self, number: usize) -> Outcome {
        let beat = self.deployment.heartbeat(member_key(number));
        self.send(&[beat], &[&member(number)])
    }

    /// The veto seat says that it is there.
    pub fn beat_veto(&mut self) -> Outcome {
        let veto = keypair("veto");
        let beat = self.deployment.heartbeat(pubkey(veto.pubkey()));
        self.send(&[beat], &[&veto])
    }

    /// The veto seat objects.
    pub fn veto(&mut self, nonce: u64) -> Outcome {
        let veto = keypair("veto");
        let quote = self.quote_block();
        let key = pubkey(veto.pubkey());
        let object = self.deployment.object_to_proposal(key, nonce, quote);
        self.send(&[object], &[&veto])
    }

    /// Anyone closes the account of a proposal that is final.
    pub fn close_proposal(&mut self, nonce: u64) -> Outcome {
        let caller = self.wallet("stranger");
        let payer = self.proposal(nonce).payer.into();
        let key = pubkey(caller.pubkey());
        let close = self.deployment.close_proposal(key, nonce, payer);
        self.send(&[close], &[&caller])
    }

    /// Everybody beats; one only after a month of silence.
    fn heard_of(&mut self) {
        for number in 1..=5 {
            self.beat(number).expect("a member may");
        }
        self.beat_veto().expect("the veto seat may");
        for _ in 0..2 {
            self.pass(SILENT_AFTER / 2 + 3_600);
            for number in 1..=4 {
                self.beat(number).expect("a member may");
            }
        }
        self.beat(5).expect("he has been silent");
        self.pass(3 * DAY);
        self.beat_veto().expect("it has been silent");
        self.refresh_all();
    }

    fn carry_out(&mut self, quorum: usize, action: &Action) -> u64 {
        let nonce = self.queue(quorum, action);
        self.execute(nonce).expect("it is executed");
        nonce
    }

    /// What one, two and three do at once, in a compartment and in all.
    fn at_once(&mut self) {
        self.restrict(1, 3_600).expect("a member may");
        self.restrict_all(2, u32::MAX).expect("a member may");
        self.advance(60);
        self.carry_out(2, &Action::Restrict(0, 7_200, 3));
        let all = self.carry_out(2, &Action::Restrict(ALL_COMPARTMENTS, 600, 4));
        let close = Setting {
            id: Group::Switch.id(0),
            value: 1,
        };
        for subject in [Subject::Market(1), Subject::Bank(1)] {
            self.carry_out(2, &Action::Tighten(0, subject, close));
        }
        self.carry_out(3, &Action::Revoke(0, 3, 3_600));
        self.carry_out(3, &Action::Pause(0, 600, 5));
        self.advance(700);
        self.carry_out(3, &Action::Pause(ALL_COMPARTMENTS, 300, 6));
        self.advance(400);
        self.close_proposal(all).expect("it is final");
        self.refresh_all();
    }

    /// Restrictions and revocations that a Relax lifts.
    fn lifted(&mut self) {
        self.carry_out(2, &Action::Restrict(0, 250_000, 7));
        self.carry_out(3, &Action::Revoke(0, 1, 250_000));
        self.carry_out(2, &Action::Restrict(ALL_COMPARTMENTS, 250_000, 8));
        let own = self.compartment().mode.sequence;
        let lift = [
            self.queue(4, &Action::Relax(0, own)),
            self.queue(4, &Action::Relax(ALL_COMPARTMENTS, u64::MAX)),
        ];
        self.pass(2 * DAY + SLACK);
        for nonce in lift {
            self.execute(nonce).expect("it is executed");
        }
        self.refresh_all();
    }

    /// Decisions that wait a week: exits quicken meanwhile.
    fn decided(&mut self) {
        let mut list = [Setting::default(); MAX_SETTINGS];
        list[0] = Setting {
            id: Group::Bank.id(0),
            value: self.bank(SOL).deposit_cap / 2,
        };
        let actions = [
            Action::SetParameters(0, Subject::Bank(1), 1, list),
            Action::SetDelays(8 * 86_400, 3 * 86_400, 350),
            Action::SetVeto(member_key(9).to_bytes()),
            Action::WindDown(0, Subject::Market(BTC_PERP as u8)),
            Action::AddMember(member_key(6).to_bytes()),
        ];
        let waiting = actions.map(|action| self.queue(4, &action));
        self.fund("maker", 300_000.0);
        self.fund("alice", 100_000.0);
        self.withdraw("alice", USDC, usdc(100.0));
        self.pass(WEEK);
        for (nonce, action) in waiting.into_iter().zip(actions) {
            let spoken = self.deployment.decided(&action).unwrap_or_default();
            self.execute_with(nonce, &spoken).expect("it is executed");
            self.close_proposal(nonce).expect("it is final");
        }
        self.refresh_all();
        self.withdraw("alice", USDC, usdc(100.0));
    }

    /// What is cancelled, lengthened, left to expire.
    fn refused(&mut self) {
        let to_none = Action::SetVeto([0; 32]);
        let cancelled = self.queue(5, &to_none);
        self.object(6, cancelled).expect("a member may object");
        self.object(1, cancelled).expect("two cancel");
        self.close_proposal(cancelled).expect("it is final");
        let open = self.propose(2, &to_none);
        self.object(2, open).expect("he takes it back");
        self.carry_out(4, &Action::Pause(ALL_COMPARTMENTS, 7_200, 9));
        let buffer = self.buffer("better", bulwark_client::address::guardian(), &[1; 64]);
        let upgrade = Action::IncidentUpgrade(buffer.to_bytes(), [5; 32]);
        let incident = self.queue(5, &upgrade);
        self.object(6, incident).expect("it is lengthened");
        self.pass(40 * DAY);
        for nonce in [open, incident] {
            self.expire(nonce).expect("it has expired");
            self.close_proposal(nonce).expect("it is final");
        }
        // A month has passed in which nobody said anything.
        for number in 1..=6 {
            self.beat(number).expect("a member may");
        }
        self.pass(3 * DAY);
        self.refresh_all();
    }

    /// One of six is replaced by the others.
    fn replaced(&mut self) {
        let mut list = [Successor::default(); MAX_SUBJECTS];
        list[0] = Successor {
            membership: self.guardian().members[1].membership,
            key: member_key(7).to_bytes(),
        };
        let removal = Action::RemoveMembers(1, list);
        let nonce = self.propose(1, &removal);
        for number in 3..=6 {
            self.approve(number, nonce).expect("a member may");
        }
        self.pass(15 * DAY);
        for number in [1, 3, 4, 5, 6] {
            self.beat(number).expect("a member may");
        }
        self.pass(15 * DAY + SLACK);
        self.execute_with(nonce, &[]).expect("it is executed");
        self.beat(7).expect("he is a member now");
        self.refresh_all();
    }

    /// Fees go to the treasury.
    fn paid_out(&mut self) {
        for _ in 0..4 {
            self.trade("alice", "maker", SOL_PERP, 500.0, 100.0);
            self.trade("maker", "alice", SOL_PERP, 500.0, 100.0);
            self.advance(30);
            self.refresh_all();
        }
        self.fold().expect("anyone may");
        let nonce = self.propose(1, &Action::PayTreasury(0, usdc(50.0)));
        for number in 3..=6 {
            self.approve(number, nonce).expect("a member may");
        }
        self.pass(8 * DAY + SLACK);
        let to = self.treasury();
        self.pay_treasury(nonce, to).expect("it is paid");
        self.close_proposal(nonce).expect("it is final");
        self.refresh_all();
    }

    /// A debt that collateral covers no more: a deficit is seen, made good, and forgotten.
    fn short_of(&mut self) {
        self.deposit("bella", SOL, scaled(100.0, 9));
        self.trade("bella", "maker", SOL_PERP, 400.0, 100.0);
        self.advance(60);
        self.gap(SOL, 92.0);
        let back = bid(400.0, 92.0).post_only().reduce_only();
        self.place("maker", SOL_PERP, back);
        self.place("bella", SOL_PERP, ask(400.0, 92.0).ioc());
        self.withdraw("bella", SOL, scaled(10.0, 9));
        self.advance(60);
        self.gap(SOL, 20.0);
        self.wind_up("maker", "bella", 1_000_000)
            .expect("she is bankrupt");
        self.by_stranger(|world, key| world.deployment.note_deficit(key))
            .expect("it is seen");
        let deficit = self.bank(USDC).totals.deficit;
        self.recapitalise("giver", USDC, deficit)
            .expect("money is taken");
        self.by_stranger(|world, key| world.deployment.note_deficit(key))
            .expect("it is forgotten");
        for _ in 0..2 {
            self.check_all().expect("nothing is broken");
            self.advance(1);
        }
    }
}
