//! The modes: guardians' pauses, restrictions and revocations as proposals with their approvals,
//! alarms as checks of accounts that were broken or robbed.

use bulwark::error::BulwarkError;
use bulwark::instructions::RestrictArgs;
use bulwark_client::{Items, Pubkey};
use bulwark_core::guardian::{ALL_COMPARTMENTS, Action};
use bulwark_core::mode::{Capability, Global, effective};
use bulwark_model::pauses::{self, ALL, Move, Pauses, Scene, decided_at, off_peg};
use bulwark_model::{Model, paths};
use bulwark_state::{Board, Compartment, Market};
use bulwark_svm::world::{Outcome, SOL, SOL_PERP, World, expect_error, member, scaled};
use solana_keypair::Keypair;

use super::{Count, bytes, fill_vault, same, times, until, venue};

/// SOL in the vault that is robbed, in its smallest unit.
const STOCK: f64 = 100.0;

struct Replay<'a> {
    world: World,
    /// The compartment as it was when the trace began.
    made: Compartment,
    /// Slot of the last check of whatever is always looked at.
    checked: u64,
    /// Checks that found nothing new.
    quiet: u64,
    count: &'a mut Count,
}

fn seconds(hours: u64) -> u32 {
    u32::try_from(hours * 3_600).expect("a few weeks")
}

fn members() -> Vec<Keypair> {
    (1..=5).map(member).collect()
}

impl Replay<'_> {
    /// What lies on chain, less what no guardian and no alarm writes.
    fn compare(&self, scene: &Scene, after: &str) {
        let stored = self.world.compartment();
        let model = &scene.compartment.0;
        let mut expected = self.made;
        expected.mode = model.mode;
        expected.broken = model.broken;
        // A check looks at these whatever it was asked for.
        for always in [Global::Index, Global::Budget] {
            expected.broken.global_checked_slot[always as usize] = self.checked;
        }
        expected.event_sequence += self.quiet;
        expected.guardian_budget = model.guardian_budget;
        expected.automation_budget = model.automation_budget;
        expected.restrict_budget = model.restrict_budget;
        expected.revocations = model.revocations;
        expected.above = model.above;
        expected.clock = model.clock;
        (expected.grace_from, expected.grace_until) = (model.grace_from, model.grace_until);
        same(&*stored, &expected, &format!("compartment after {after}"));
        let protocol = self.world.protocol();
        assert_eq!(
            protocol.mode, scene.protocol.0.mode,
            "Protocol after {after}"
        );
        let now = self.world.now();
        assert_eq!(now, scene.now(), "{after}");
        assert_eq!(effective(&protocol, &stored, now), scene.mode(), "{after}");
        let lone = self.world.guardian().members[0].lone_restricts_at;
        assert_eq!(lone, scene.lone, "restrictions by one after {after}");
    }

    /// Members 1 to `quorum` decide, and anyone carries it out.
    fn decide(&mut self, quorum: usize, action: &Action) -> Outcome {
        let nonce = self.world.queue(quorum, action);
        self.world.execute(nonce)
    }

    /// A Relax that was decided when its delay ends now: both clocks are set back to then.
    fn relax(&mut self, scene: &Scene) {
        let now = self.world.now();
        let then = decided_at(now);
        let slots = now.unix.abs_diff(then) * 1_000 / 200;
        self.world.vm.set_time(then, now.slot - slots);
        let own = Action::Relax(0, scene.compartment.0.mode.sequence);
        let all = Action::Relax(ALL_COMPARTMENTS, scene.protocol.0.mode.sequence);
        let waiting = [all, own].map(|action| self.world.queue(4, &action));
        self.world.vm.set_time(now.unix, now.slot);
        for nonce in waiting {
            self.world.execute(nonce).expect("the delay is over");
        }
    }

    fn check(&mut self, items: &Items) {
        let chained = self.world.protocol().event_sequence;
        self.world.check(items).expect("a check returns Ok");
        self.checked = self.world.now().slot;
        self.quiet += u64::from(self.world.protocol().event_sequence == chained);
    }

    fn bank(&mut self, stolen: f64) {
        fill_vault(&mut self.world, SOL, scaled(STOCK - stolen, 9));
        self.check(&Items {
            banks: vec![SOL],
            ..Items::default()
        });
    }

    fn market(&mut self, pot: i64) {
        let key = self.world.deployment.markets[SOL_PERP].market;
        self.world.corrupt::<Market>(key, |market| market.pot = pot);
        self.check(&Items {
            markets: vec![SOL_PERP],
            ..Items::default()
        });
    }

    /// A check finds what a refresh has seen of quote's peg.
    fn off_peg(&mut self, hours: u64) {
        let (key, now) = (self.world.deployment.board, self.world.now());
        let sound = self.world.board().pegs;
        let until = off_peg(hours, now);
        self.world
            .corrupt::<Board>(key, |board| board.pegs.quote = until);
        self.check(&Items::default());
        self.world.corrupt::<Board>(key, |board| board.pegs = sound);
    }

    fn lone(&mut self) -> Outcome {
        let args = RestrictArgs {
            scope: 0,
            seconds: seconds(6),
            reason: 1,
            quote: self.world.quote_block(),
        };
        let ours = &self.world.deployment;
        let key = bulwark_svm::world::member_key(1);
        let restrict = ours.restrict(key, args, Some(ours.compartment));
        self.world.send(&[restrict], &[&member(1)])
    }

    fn revoke(&mut self) -> Outcome {
        let mut last = None;
        for number in 0..Capability::ALL.len() {
            let action = Action::Revoke(0, number as u8, u32::MAX);
            last = Some(self.decide(3, &action)?);
        }
        Ok(last.expect("there are capabilities"))
    }

    /// What guardians may be refused, tried.
    fn attempt(&mut self, step: Move) -> Option<Outcome> {
        Some(match step {
            Move::Pause(hours) => self.decide(3, &Action::Pause(0, seconds(hours), 1)),
            Move::PauseAll(hours) => {
                self.decide(3, &Action::Pause(ALL_COMPARTMENTS, seconds(hours), 1))
            }
            Move::Restrict(hours) => self.decide(2, &Action::Restrict(0, seconds(hours), 1)),
            Move::Lone => self.lone(),
            Move::Revoke => self.revoke(),
            _ => return None,
        })
    }

    fn step(&mut self, last: &Scene, step: Move, next: &Scene) {
        if let Some(outcome) = self.attempt(step) {
            outcome.unwrap_or_else(|failure| panic!("core permits {step:?}: {failure}"));
            return;
        }
        match step {
            Move::Relax => self.relax(last),
            Move::Missing => self.bank(1.0),
            Move::Sound => self.bank(0.0),
            Move::Broken => self.market(-1),
            Move::Mended => self.market(0),
            Move::Latch(hours) => self.off_peg(hours),
            _ => {
                let to = next.now();
                until(&mut self.world, (to.unix, to.slot), &members());
            }
        }
    }

    /// What a budget refuses in this state: once it is used up the same act changes nothing.
    fn refusals(&mut self, model: &Pauses, scene: &Scene) {
        for step in model.moves {
            let more = Pauses {
                acts: u8::MAX,
                ..model.clone()
            };
            if more.next_state(scene, *step).is_some() {
                continue;
            }
            let mut fork = Replay {
                world: self.world.fork(),
                made: self.made,
                checked: self.checked,
                quiet: self.quiet,
                count: self.count,
            };
            let keys = [
                fork.world.deployment.compartment,
                fork.world.deployment.protocol,
            ];
            let before = mode_bytes(&fork.world, &keys);
            if let Some(outcome) = fork.attempt(*step) {
                expect_error(outcome, BulwarkError::BudgetExhausted);
                assert_eq!(before, mode_bytes(&fork.world, &keys), "{step:?}");
                let kind = format!("{step:?}: BudgetExhausted");
                *fork.count.refused.entry(kind).or_default() += 1;
            }
        }
    }
}

/// The compartment whole; of the Protocol the mode alone: proposals are chained there.
fn mode_bytes(world: &World, keys: &[Pubkey; 2]) -> (Vec<Vec<u8>>, bulwark_state::ModeRecord) {
    (bytes(world, &keys[..1]), world.protocol().mode)
}

fn replay(name: &str, model: &Pauses, traces: &[paths::Path<Pauses>]) -> Count {
    let mut count = Count::default();
    let first = traces[0].0.now();
    // A week before: what a Relax was decided in must exist.
    let mut base = venue(5, (first.unix - 7 * 86_400, first.slot - 7 * 86_400 * 5));
    base.fund("alice", 1_000.0);
    base.deposit("alice", SOL, scaled(STOCK, 9));
    base.wallet("stranger");
    until(&mut base, (first.unix, first.slot), &members());
    for (scene, steps) in traces {
        let mut replay = Replay {
            made: *base.compartment(),
            world: base.fork(),
            checked: 0,
            quiet: 0,
            count: &mut count,
        };
        replay.compare(scene, "the beginning");
        let acts: Vec<_> = steps.iter().map(|(act, _)| act).collect();
        let mut last = scene;
        for (number, (act, next)) in steps.iter().enumerate() {
            replay.step(last, *act, next);
            replay.compare(next, &format!("{act:?}, act {number} of {acts:?}"));
            replay.refusals(model, next);
            last = next;
        }
        count.add(steps.len());
    }
    println!("{name}: {count:?}");
    count
}

#[test]
fn the_deepest_traces_of_the_modes_on_the_bytecode() {
    for (name, model) in pauses::plans(times() > 1) {
        // Every sequence is as long as the plan allows, so every walk to the end is a deepest one.
        let length = usize::from(model.acts);
        let walks: Vec<_> = (0..4 * times() as u64)
            .map(|seed| paths::walk(&model, length, seed))
            .collect();
        let count = replay(&name, &model, &walks);
        assert_eq!(count.deepest, length, "{name}");
    }
}

#[test]
fn walks_through_the_modes_beyond_what_is_explored() {
    for moves in [pauses::MOVES, ALL] {
        let model = Pauses {
            acts: 24,
            moves,
            mutant: None,
        };
        let walks: Vec<_> = (0..2 * times() as u64)
            .map(|seed| paths::walk(&model, 24, 100 + seed))
            .collect();
        let count = replay("twenty-four acts", &model, &walks);
        assert_eq!(count.deepest, 24);
        assert!(!count.refused.is_empty(), "no budget was ever used up");
    }
}
