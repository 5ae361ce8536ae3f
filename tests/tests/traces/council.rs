//! The guardian: every plan of the checker.

use bulwark::decided::action_hash;
use bulwark::error::BulwarkError;
use bulwark::upgrade::digest;
use bulwark_client::{Instruction, Pubkey, address};
use bulwark_core::guardian::{
    Action, Kind, MAX_SETTINGS, Setting, Subject, action_of, encode, quickening,
};
use bulwark_core::mode::Mode;
use bulwark_core::params::{COUPLED, Group, Parameters};
use bulwark_model::council::{Call, Council, Move, Rest, START, Scene};
use bulwark_model::time_to_loss::Theft;
use bulwark_model::{Model, paths, proof};
use bulwark_state::{ACTION_BYTES, End, Guardian, Proposal, Protocol};
use bulwark_svm::vm::{address as raw, elf_path, pubkey, read_elf};
use bulwark_svm::world::{Outcome, SOL, World};
use bytemuck::bytes_of;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::{Count, bytes, same, times, until, venue, wallet};

/// A trace on its way through the bytecode.
struct Replay<'a> {
    council: &'a Council,
    world: World,
    /// The guardian as it was made: what the model doesn't know of it.
    made: Guardian,
    /// Membership numbers with the slot at which their members were heard of last.
    beats: Vec<(u64, u64)>,
    /// Numbers of the proposals, in the order of the model's cases.
    nonces: Vec<u64>,
    /// The parameter that decisions on parameters set.
    setting: Setting,
    /// Buffer and digest that upgrades name.
    buffer: (Pubkey, [u8; 32]),
    count: &'a mut Count,
}

/// A parameter of a bank that nothing is bound to, one up from where it stands.
fn setting(world: &World) -> Setting {
    let rows = Group::Bank.rows().iter().enumerate();
    let mut free = rows.filter_map(|(place, row)| {
        let id = Group::Bank.id(place);
        let value = world.bank(SOL).value(place)?;
        let bound = COUPLED.iter().any(|set| set.contains(&id));
        (!bound && value + 1 <= row.max && row.min < value).then_some((id, value + 1))
    });
    let (id, value) = free.next().expect("a parameter that stands alone");
    Setting { id, value }
}

impl<'a> Replay<'a> {
    fn new(council: &'a Council, base: &World, first: &Scene, count: &'a mut Count) -> Self {
        let mut world = base.fork();
        let program = read_elf(&elf_path("arithmetic")).expect("a small program");
        let buffer = world.buffer("buffer", address::guardian(), &program);
        let mut replay = Self {
            council,
            setting: setting(&world),
            made: *world.guardian(),
            world,
            beats: Vec::new(),
            nonces: Vec::new(),
            buffer: (buffer, digest(&program)),
            count,
        };
        replay.arrange(first);
        replay
    }

    /// Where a plan doesn't begin with a new guardian: a council that slept, longer delays, a mode.
    fn arrange(&mut self, first: &Scene) {
        let expected = self.guardian(first);
        if bytes_of(&expected) != bytes_of(&*self.world.guardian()) {
            let council = self.council;
            let there = council.asleep || council.long || council.sleepers > 0;
            assert!(there, "a new guardian is the model's");
            let key = raw(address::guardian());
            let written = self.world.vm.overwrite(key, &expected);
            written.expect("the guardian is there");
        }
        if self.council.plan.contains(&Kind::IncidentUpgrade) {
            self.world.hand_over_program();
            self.become_mode(first.mode);
        }
    }

    /// The mode, as the protocol's record has it.
    fn become_mode(&mut self, mode: Mode) {
        let for_ever = |runs: bool| End {
            at: if runs { i64::MAX } else { 0 },
            slot: if runs { u64::MAX } else { 0 },
        };
        let key = self.world.deployment.protocol;
        self.world.corrupt::<Protocol>(key, |protocol| {
            protocol.mode.paused = for_ever(mode == Mode::Paused);
            protocol.mode.restricted = for_ever(mode == Mode::Restricted);
        });
    }

    /// The model's guardian, of wallets.
    fn guardian(&self, scene: &Scene) -> Guardian {
        let mut guardian = scene.guardian.0;
        for member in guardian.members.iter_mut().filter(|m| m.membership != 0) {
            member.key = wallet(&member.key).pubkey().to_bytes();
            let beat = self.beats.iter().find(|beat| beat.0 == member.membership);
            let slot = beat.map_or(0, |beat| beat.1);
            // The model hears of members without noting the slot, which no rule reads.
            member.heartbeat_slot = member.heartbeat_slot.max(slot);
        }
        if guardian.veto != [0; 32] {
            guardian.veto = wallet(&guardian.veto).pubkey().to_bytes();
        }
        guardian.protocol = self.made.protocol;
        guardian.bump = self.made.bump;
        guardian.version = self.made.version;
        guardian
    }

    /// The model's action, of wallets and of what this venue has.
    fn action(&self, of: Action) -> Action {
        let named = |key: [u8; 32]| wallet(&key).pubkey().to_bytes();
        match of {
            Action::AddMember(key) => Action::AddMember(named(key)),
            Action::SetVeto(key) => Action::SetVeto(named(key)),
            Action::RemoveMembers(count, mut list) => {
                for one in &mut list[..usize::from(count)] {
                    one.key = named(one.key);
                }
                Action::RemoveMembers(count, list)
            }
            Action::SetParameters(..) => {
                let mut list = [Setting::default(); MAX_SETTINGS];
                list[0] = self.setting;
                Action::SetParameters(0, Subject::Bank(SOL as u8), 1, list)
            }
            Action::IncidentUpgrade(..) => {
                Action::IncidentUpgrade(self.buffer.0.to_bytes(), self.buffer.1)
            }
            other => other,
        }
    }

    /// The model's proposal, as the program stores it.
    fn proposal(&self, of: &Proposal, stored: &Proposal) -> Proposal {
        let mut bytes = [0; ACTION_BYTES];
        let action = self.action(action_of(of).expect("an action that was encoded"));
        let length = encode(&action, &mut bytes).expect("it fits");
        Proposal {
            guardian: address::guardian().to_bytes(),
            payer: stored.payer,
            action_hash: action_hash(of.kind, &bytes[..usize::from(length)]),
            action: bytes,
            action_len: length,
            bump: stored.bump,
            version: stored.version,
            ..*of
        }
    }

    fn compare(&self, scene: &Scene, after: &str) {
        let guardian = self.guardian(scene);
        same(
            &*self.world.guardian(),
            &guardian,
            &format!("guardian after {after}"),
        );
        assert_eq!(self.nonces.len(), scene.cases.len(), "{after}");
        for (case, nonce) in scene.cases.iter().zip(&self.nonces) {
            let stored = self.world.proposal(*nonce);
            let expected = self.proposal(&case.proposal.0, &stored);
            same(
                &*stored,
                &expected,
                &format!("proposal {nonce} after {after}"),
            );
        }
    }

    /// What exits quicken to is the model's too: noted with each act of the council.
    fn compare_exits(&self, scene: &Scene, after: &str) {
        let quick = quickening(&scene.guardian.0, scene.time());
        let protocol = self.world.protocol();
        let noted = (protocol.quick_ppm, protocol.quick_until);
        assert_eq!(noted, (quick.ppm, quick.until), "exits after {after}");
    }

    /// The accounts that a refusal must leave as they are.
    fn watched(&self) -> Vec<Pubkey> {
        let deployment = &self.world.deployment;
        let fixed = [
            address::guardian(),
            deployment.protocol,
            deployment.compartment,
            deployment.board,
            deployment.banks[SOL].bank,
        ];
        let proposals = self.nonces.iter().map(|nonce| address::proposal(*nonce));
        let next = address::proposal(self.world.guardian().nonce);
        fixed.into_iter().chain(proposals).chain([next]).collect()
    }

    fn send(&mut self, call: &Call) -> Outcome {
        let quote = self.world.quote_block();
        let ours = &self.world.deployment;
        let (sent, signer): (Instruction, Keypair) = match *call {
            Call::Propose(member, action) => {
                let wallet = wallet(&member);
                let key = pubkey(wallet.pubkey());
                let nonce = self.world.guardian().nonce;
                let action = self.action(action);
                let propose = ours.propose(key, nonce, &action, quote);
                (propose.expect("the action's list fits"), wallet)
            }
            Call::Approve(case, member) => {
                let wallet = wallet(&member);
                let key = pubkey(wallet.pubkey());
                let nonce = self.nonces[case];
                let hash = self.world.proposal(nonce).action_hash;
                let approve = ours.approve_proposal(key, nonce, hash, quote);
                (approve, wallet)
            }
            Call::Object(case, voice) => {
                let wallet = wallet(&voice);
                let key = pubkey(wallet.pubkey());
                let object = ours.object_to_proposal(key, self.nonces[case], quote);
                (object, wallet)
            }
            Call::Heartbeat(member) => {
                let wallet = wallet(&member);
                (ours.heartbeat(pubkey(wallet.pubkey())), wallet)
            }
            Call::Execute(case) => return self.execute(self.nonces[case]),
            Call::Expire(case) => return self.world.expire(self.nonces[case]),
        };
        self.world.send(&[sent], &[&signer])
    }

    fn execute(&mut self, nonce: u64) -> Outcome {
        let stored = self.world.proposal(nonce);
        let action = action_of(&stored).expect("an action that was encoded");
        match action.kind() {
            Kind::AddMember | Kind::RemoveMembers | Kind::SetDelays | Kind::SetVeto => {
                self.world.execute_with(nonce, &[])
            }
            Kind::IncidentUpgrade => {
                let caller = self.world.wallet("stranger");
                let key = pubkey(caller.pubkey());
                let payer = Pubkey::new_from_array(stored.payer);
                let ours = &self.world.deployment;
                let upgrade = ours.execute_upgrade(key, nonce, self.buffer.0, payer);
                self.world.send(&[upgrade], &[&caller])
            }
            _ => self.world.execute(nonce),
        }
    }

    /// Every voice on every proposal, of members, of the veto seat and of a stranger.
    fn voices(&self, scene: &Scene) -> Vec<Call> {
        let guardian = &scene.guardian.0;
        let members = &guardian.members[..usize::from(guardian.member_count)];
        let others = [guardian.veto, [16; 32]];
        let keys: Vec<_> = members.iter().map(|m| m.key).chain(others).collect();
        let cases = 0..scene.cases.len();
        let each = |case| {
            let both = |key: &[u8; 32]| [Call::Approve(case, *key), Call::Object(case, *key)];
            keys.iter().flat_map(both).collect::<Vec<_>>()
        };
        cases.flat_map(each).collect()
    }

    /// Everything that core refuses in this state, the program refuses alike.
    fn refusals(&mut self, scene: &Scene) {
        let mut moves = Vec::new();
        self.council.actions(scene, &mut moves);
        let calls = moves.iter().filter_map(|m| self.council.call(scene, m));
        let calls: Vec<_> = calls.chain(self.voices(scene)).collect();
        for call in calls {
            let Err(rule) = self.council.answer(scene, &call) else {
                continue;
            };
            let keys = self.watched();
            let before = bytes(&self.world, &keys);
            let outcome = self.send(&call);
            let error = BulwarkError::from(rule);
            let seen = (&self.world, &keys[..]);
            self.count.refused(error, &before, seen, outcome);
        }
    }

    /// One act. Whether the program can be called afterwards: not in the slot of its upgrade.
    fn step(&mut self, last: &Scene, step: &Move, next: &Scene) -> bool {
        if let Move::Mode(mode) = step {
            self.become_mode(*mode);
            return true;
        }
        let Some(call) = self.council.call(last, step) else {
            let heard = match step {
                Move::Slots(_) => Vec::new(),
                _ => self.council.awake(last),
            };
            let wallets: Vec<_> = heard.iter().map(wallet).collect();
            until(&mut self.world, next.now, &wallets);
            for member in &last.guardian.0.members {
                if heard.contains(&member.key) {
                    self.beats.retain(|beat| beat.0 != member.membership);
                    self.beats.push((member.membership, next.now.1));
                }
            }
            return true;
        };
        let nonce = self.world.guardian().nonce;
        if let Err(failure) = self.send(&call) {
            panic!("core permits {call:?}, the program doesn't: {failure}");
        }
        if let Call::Propose(member, _) = call {
            let payer = self.world.proposal(nonce).payer;
            assert_eq!(payer, wallet(&member).pubkey().to_bytes());
            self.nonces.push(nonce);
        }
        let Call::Execute(case) = call else {
            return true;
        };
        last.cases[case].proposal.0.kind != Kind::IncidentUpgrade as u16
    }

    /// Whoever objects for the rest does so at once, where the model's would.
    fn rest(&mut self, scene: &Scene) {
        for voice in self.council.objectors(&scene.guardian.0) {
            for (case, nonce) in self.nonces.clone().into_iter().enumerate() {
                let stored = self.world.proposal(nonce);
                let heard = stored.objections.iter().filter(|o| o.membership != 0);
                let said = scene.cases[case].proposal.0.objections;
                let meant = said.iter().filter(|o| o.membership != 0);
                if heard.count() < meant.count() {
                    // A subject has no voice; the comparison that follows sees who spoke.
                    let _ = self.send(&Call::Object(case, voice));
                }
            }
        }
    }

    fn run(mut self, path: &paths::Path<Council>) {
        let (first, steps) = path;
        self.compare(first, "the beginning");
        self.refusals(first);
        let mut last = first;
        let acts: Vec<_> = steps.iter().map(|(act, _)| act).collect();
        for (number, (act, next)) in steps.iter().enumerate() {
            let after = format!("{act:?}, act {number} of {acts:?}");
            let goes_on = self.step(last, act, next);
            self.rest(next);
            self.compare(next, &after);
            if self.council.call(last, act).is_some() {
                self.compare_exits(next, &after);
            }
            if !goes_on {
                break;
            }
            self.refusals(next);
            last = next;
        }
        self.count.add(steps.len());
    }
}

/// Whether a trace is one of the guardian alone: a second pause within the first is refused by its
/// budget, which belongs to the modes' traces.
fn of_the_council(path: &paths::Path<Council>) -> bool {
    let end = path.1.last().map_or(&path.0, |(_, scene)| scene);
    let cases = end.cases.iter();
    let pauses = cases.filter(|c| c.proposal.0.kind == Kind::Pause as u16);
    pauses.count() < 2
}

fn replay(name: &str, council: &Council, traces: &[paths::Path<Council>]) -> Count {
    let mut count = Count::default();
    let mut base = venue(usize::from(council.members), START);
    for number in 17..=250 {
        let key = wallet(&[number; 32]).pubkey();
        base.vm.fund(key, 1_000_000_000);
    }
    base.wallet("stranger");
    let ours = traces.iter().filter(|path| of_the_council(path));
    for path in ours {
        Replay::new(council, &base, &path.0, &mut count).run(path);
    }
    println!("{name}: {count:?}");
    assert!(count.traces > 0, "{name}: nothing was replayed");
    count
}

#[test]
fn the_deepest_traces_of_the_council_on_the_bytecode() {
    let mut refused = 0;
    for (name, council) in proof::plans(false) {
        let traces = paths::deepest(&council, 2 * times());
        refused += replay(name, &council, &traces).refused.len();
    }
    assert!(refused > 30, "{refused} kinds of refusals in all plans");
}

#[test]
fn walks_through_the_council_on_the_bytecode() {
    let full = times() > 1;
    for (name, council) in proof::plans(full) {
        // The longest of sixteen: most walks end soon in a proposal that is closed.
        let walks = (0..times() as u64).filter_map(|number| {
            let tries = (16 * number..16 * number + 16).map(|seed| paths::walk(&council, 40, seed));
            tries.max_by_key(|path| path.1.len())
        });
        let walks: Vec<_> = walks.collect();
        let some = walks.iter().any(of_the_council);
        if some {
            replay(name, &council, &walks);
        }
    }
}

#[test]
fn thefts_of_keys_on_the_bytecode() {
    let kinds = [
        Kind::SetParameters,
        Kind::RemoveMembers,
        Kind::AddMember,
        Kind::SetDelays,
        Kind::SetVeto,
        Kind::IncidentUpgrade,
    ];
    for (kind, rest) in kinds
        .into_iter()
        .zip([Rest::One, Rest::OneAndVeto].into_iter().cycle())
    {
        for asleep in [false, true] {
            let theft = Theft {
                members: 5,
                stolen: 4,
                rest,
                asleep,
            };
            let council = theft.council(kind);
            let traces = paths::deepest(&council, times());
            replay(&format!("{theft:?}, {kind:?}"), &council, &traces);
        }
    }
}
