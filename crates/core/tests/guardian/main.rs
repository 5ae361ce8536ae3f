//! Guardian: quorums, delays, memberships, proposals (DESIGN section 8, D12).

mod rogues;

use bulwark_core::guardian::{
    Action, Delay, EXPIRES_AFTER, Kind, MAX_SETTINGS, MAX_SUBJECTS, OPEN_FOR, ORDINARY_DELAY,
    Quorum, RELAX_DELAY, SLACK, Setting, State, Step, Subject, Successor, approve_proposal,
    blocking, check_delays, create, execute, expire, heartbeat, object_to_proposal, propose,
    quickening, quorum,
};
use bulwark_core::mode::Mode;
use bulwark_core::{Error, Now, Result};
use bulwark_state::{Guardian, Key, Proposal};
use bytemuck::Zeroable;

const DAY: i64 = 86_400;

fn key(number: u8) -> Key {
    [number; 32]
}

/// A moment: days after the start, slots of 300 ms.
fn at(seconds: i64) -> Now {
    Now {
        unix: 1_000_000 + seconds,
        slot: 5_000 + u64::try_from(seconds * 10 / 3).unwrap(),
    }
}

/// A guardian with keys 1 to n, in Normal, and one proposal at a time.
struct Council {
    guardian: Guardian,
    mode: Mode,
}

impl Council {
    fn new(members: u8) -> Self {
        let keys: Vec<Key> = (1..=members).map(key).collect();
        let mut guardian = Guardian::zeroed();
        create(&mut guardian, &keys, key(99), at(0)).unwrap();
        let mode = Mode::Normal;
        Self { guardian, mode }
    }

    /// An act that fails changes nothing, as a transaction doesn't.
    fn act(
        &mut self,
        proposal: &mut Proposal,
        act: impl FnOnce(&mut Guardian, &mut Proposal) -> Result<Step>,
    ) -> Result<Step> {
        let (mut guardian, mut trial) = (self.guardian, *proposal);
        let step = act(&mut guardian, &mut trial)?;
        (self.guardian, *proposal) = (guardian, trial);
        Ok(step)
    }

    fn propose(&mut self, by: u8, action: &Action, now: Now) -> Result<Proposal> {
        let (mut proposal, mode) = (Proposal::zeroed(), self.mode);
        self.act(&mut proposal, |g, p| {
            propose(g, p, &key(by), action, mode, now)
        })?;
        Ok(proposal)
    }

    fn approve(&mut self, proposal: &mut Proposal, by: u8, now: Now) -> Result<Step> {
        let mode = self.mode;
        self.act(proposal, |g, p| approve_proposal(g, p, &key(by), mode, now))
    }

    fn object(&mut self, proposal: &mut Proposal, by: u8, now: Now) -> Result<Step> {
        self.act(proposal, |g, p| object_to_proposal(g, p, &key(by), now))
    }

    fn execute(&mut self, proposal: &mut Proposal, now: Now) -> Result<Step> {
        self.act(proposal, |g, p| execute(g, p, now))
    }

    /// Proposes by member 1 and approves by 2 to `last`, all at once.
    fn queued(&mut self, action: &Action, last: u8, now: Now) -> Proposal {
        let mut proposal = self.propose(1, action, now).unwrap();
        for by in 2..=last {
            self.approve(&mut proposal, by, now).unwrap();
        }
        assert_eq!(proposal.state, State::Queued as u8);
        proposal
    }

    fn membership(&self, number: u8) -> u64 {
        let mut members = self.guardian.members.iter();
        members.find(|m| m.key == key(number)).unwrap().membership
    }

    fn removal(&self, gone: &[u8], successors: &[u8]) -> Action {
        let mut list = [Successor::default(); MAX_SUBJECTS];
        for (place, (gone, next)) in list.iter_mut().zip(gone.iter().zip(successors)) {
            place.membership = self.membership(*gone);
            place.key = key(*next);
        }
        Action::RemoveMembers(u8::try_from(gone.len()).unwrap(), list)
    }
}

fn parameters() -> Action {
    let mut list = [Setting::default(); MAX_SETTINGS];
    list[0] = Setting { id: 3, value: 77 };
    Action::SetParameters(0, Subject::Market(2), 1, list)
}

#[test]
fn quorums_are_those_of_the_design() {
    // n: pair, majority, relax, blocking.
    let table = [
        (5, 2, 3, 4, 2),
        (6, 2, 4, 5, 2),
        (7, 2, 4, 6, 2),
        (8, 2, 5, 7, 2),
        (9, 2, 5, 8, 2),
        (10, 2, 6, 8, 3),
        (11, 2, 6, 9, 3),
        (15, 2, 8, 12, 4),
        (16, 2, 9, 13, 4),
    ];
    for (n, pair, majority, relax, block) in table {
        assert_eq!(quorum(Kind::Restrict, n, 0), Ok(pair));
        assert_eq!(quorum(Kind::Pause, n, 0), Ok(majority));
        assert_eq!(quorum(Kind::Relax, n, 0), Ok(relax));
        assert_eq!(quorum(Kind::RemoveMembers, n, 2), Ok(n - 2));
        assert_eq!(blocking(n), block);
        // Never both: a quorum and a blocking minority of the others.
        assert!(relax + block > n);
    }
    assert_eq!(quorum(Kind::Relax, 4, 0), Err(Error::BadValue));
    assert_eq!(quorum(Kind::Relax, 17, 0), Err(Error::BadValue));
}

#[test]
fn whatever_loosens_waits_and_needs_the_relax_quorum() {
    for kind in Kind::ALL {
        let row = kind.row();
        let tightens = matches!(
            kind,
            Kind::Restrict | Kind::Tighten | Kind::Pause | Kind::Revoke
        );
        if tightens {
            assert_eq!((row.delay, row.quickens), (Delay::None, false), "{kind:?}");
            assert!(matches!(row.quorum, Quorum::Pair | Quorum::Majority));
            continue;
        }
        let removal = *kind == Kind::RemoveMembers;
        assert_eq!(row.quorum == Quorum::AllButSubjects, removal, "{kind:?}");
        assert!(removal || row.quorum == Quorum::Relax, "{kind:?}");
        // An announcement acts at once because it enters Paused; its notice is D9's.
        let announces = *kind == Kind::AnnounceRecovery;
        assert_eq!(row.delay == Delay::None, announces, "{kind:?}");
        let exempt = matches!(
            kind,
            Kind::Relax | Kind::AnnounceRecovery | Kind::PayTreasury
        );
        assert_eq!(row.quickens, !exempt, "{kind:?}");
    }
    assert_eq!(Kind::from_u16(0), Err(Error::BadAction));
    assert_eq!(Kind::from_u16(18), Err(Error::BadAction));
}

#[test]
fn a_parameter_waits_for_both_clocks() {
    let mut council = Council::new(5);
    let mut proposal = council.queued(&parameters(), 4, at(0));
    let delay = i64::try_from(ORDINARY_DELAY).unwrap();
    assert_eq!(proposal.eta.at, at(delay).unix);
    assert_eq!(proposal.eta.slot, 5_000 + 7 * 86_400 * 10 / 3);
    let early = at(delay + SLACK - 1);
    assert_eq!(council.execute(&mut proposal, early), Err(Error::DelayRuns));
    // A clock that jumps doesn't help, nor do fast slots.
    let jumped = Now {
        slot: proposal.eta.slot - 1,
        ..at(delay + SLACK)
    };
    assert_eq!(
        council.execute(&mut proposal, jumped),
        Err(Error::DelayRuns)
    );
    let fast = Now {
        unix: at(delay + SLACK - 1).unix,
        slot: u64::MAX,
    };
    assert_eq!(council.execute(&mut proposal, fast), Err(Error::DelayRuns));
    let due = at(delay + SLACK);
    assert_eq!(council.execute(&mut proposal, due), Ok(Step::Executed));
    assert_eq!(
        council.execute(&mut proposal, due),
        Err(Error::ProposalClosed)
    );
}

#[test]
fn three_of_five_change_nothing_but_can_pause_at_once() {
    let mut council = Council::new(5);
    let mut proposal = council.propose(1, &parameters(), at(0)).unwrap();
    assert_eq!(
        council.approve(&mut proposal, 2, at(0)),
        Ok(Step::Counted(2))
    );
    assert_eq!(
        council.approve(&mut proposal, 3, at(0)),
        Ok(Step::Counted(3))
    );
    let later = at(OPEN_FOR - 1);
    assert_eq!(
        council.execute(&mut proposal, later),
        Err(Error::ProposalNotQueued)
    );
    assert_eq!(
        council.approve(&mut proposal, 3, later),
        Err(Error::AlreadyApproved)
    );
    let late = at(OPEN_FOR);
    assert_eq!(
        council.approve(&mut proposal, 4, late),
        Err(Error::ProposalClosed)
    );
    assert_eq!(
        expire(&mut council.guardian, &mut proposal, late),
        Ok(Step::Void)
    );

    let mut pause = council.queued(&Action::Pause(0, 3_600, 7), 3, at(10));
    assert_eq!(council.execute(&mut pause, at(10)), Ok(Step::Executed));
}

#[test]
fn a_later_delay_never_shortens_what_waits() {
    let mut council = Council::new(5);
    let days = |d: u64| d * 86_400;
    let mut longer = council.queued(&Action::SetDelays(days(10), days(3), 200), 4, at(0));
    let mut other = council.queued(&parameters(), 4, at(60));
    let eta = other.eta;
    let due = at(7 * DAY + SLACK);
    assert_eq!(council.execute(&mut longer, due), Ok(Step::Executed));
    assert_eq!(council.guardian.delay, days(10));
    assert_eq!(other.eta, eta);
    assert_eq!(
        council.execute(&mut other, at(60 + 7 * DAY + SLACK)),
        Ok(Step::Executed)
    );
    // Slots of 200 ms now count: more slots for the same time.
    let next = council.queued(&parameters(), 4, due);
    assert_eq!(next.eta.slot - due.slot, days(10) * 5);
    // Back to the floor: under the longer delay, and not below it.
    let mut shorter = council.queued(&Action::SetDelays(days(7), days(2), 300), 4, due);
    let before = Now {
        unix: due.unix + 10 * DAY,
        slot: u64::MAX,
    };
    assert_eq!(council.execute(&mut shorter, before), Err(Error::DelayRuns));
    for (ordinary, relax, slot_ms) in [
        (ORDINARY_DELAY - 1, RELAX_DELAY, 300),
        (ORDINARY_DELAY, RELAX_DELAY - 1, 300),
        (days(61), RELAX_DELAY, 300),
        (days(8), days(9), 300),
        (days(8), RELAX_DELAY, 199),
        (days(8), RELAX_DELAY, 401),
    ] {
        let refused = Err(Error::ParameterOutOfBounds);
        assert_eq!(check_delays(ordinary, relax, slot_ms), refused);
        let action = Action::SetDelays(ordinary, relax, slot_ms);
        assert_eq!(council.propose(1, &action, due).err(), refused.err());
    }
}

#[test]
fn a06_a_member_change_voids_nothing_of_those_who_stay() {
    let mut council = Council::new(5);
    let mut add = council.queued(&Action::AddMember(key(6)), 4, at(0));
    let mut waiting = council.queued(&parameters(), 4, at(1));
    let due = at(7 * DAY + SLACK + 1);
    assert_eq!(council.execute(&mut add, due), Ok(Step::Executed));
    // Six members need five approvals now; the four given stand, the fifth may still come.
    assert_eq!(
        council.execute(&mut waiting, due),
        Err(Error::QuorumMissing)
    );
    assert_eq!(council.approve(&mut waiting, 6, due), Ok(Step::Counted(5)));
    assert_eq!(council.execute(&mut waiting, due), Ok(Step::Executed));
}

#[test]
fn an_approval_dies_with_its_membership() {
    let mut council = Council::new(5);
    let action = council.removal(&[5], &[15]);
    let mut removal = council.queued(&action, 4, at(0));
    let month = at(30 * DAY + SLACK);
    for number in 1..=5 {
        heartbeat(&mut council.guardian, &key(number), at(20 * DAY)).unwrap();
    }
    let start = at(29 * DAY);
    let mut waiting = council.propose(5, &parameters(), start).unwrap();
    for by in 2..=4 {
        council.approve(&mut waiting, by, start).unwrap();
    }
    assert_eq!(council.execute(&mut removal, month), Ok(Step::Executed));
    assert_eq!(council.guardian.member_count, 5);
    let due = at(36 * DAY + SLACK);
    assert_eq!(
        council.execute(&mut waiting, due),
        Err(Error::QuorumMissing)
    );
    // The same key again would be another membership: its old approval stays dead.
    assert_eq!(council.approve(&mut waiting, 5, due), Err(Error::NotMember));
    assert_eq!(council.approve(&mut waiting, 15, due), Ok(Step::Counted(4)));
    assert_eq!(council.execute(&mut waiting, due), Ok(Step::Executed));
}

#[test]
fn a08_delay_means_exit_until_the_proposal_is_gone() {
    let mut council = Council::new(5);
    assert_eq!(quickening(&council.guardian, at(0)).ppm, 0);
    council.queued(&Action::Relax(0, 1), 4, at(0));
    assert_eq!(quickening(&council.guardian, at(0)).ppm, 0);
    let mut change = council.queued(&parameters(), 4, at(0));
    // All of the base in 7 − 1 days: 166,667 ppm a day, rounded up.
    let seven = quickening(&council.guardian, at(1));
    assert_eq!((seven.ppm, seven.until), (166_667, change.expires_at));
    assert_eq!(change.expires_at, at(7 * DAY + SLACK + EXPIRES_AFTER).unix);
    council.mode = Mode::Paused;
    let incident = Action::IncidentUpgrade(key(50), key(51));
    let mut incident = council.queued(&incident, 4, at(0));
    assert_eq!(quickening(&council.guardian, at(1)).ppm, 1_000_000);
    council.object(&mut incident, 5, at(2)).unwrap();
    assert_eq!(quickening(&council.guardian, at(2)).ppm, 166_667);
    council.object(&mut incident, 99, at(2)).unwrap();
    assert_eq!(quickening(&council.guardian, at(2)), seven);
    council.execute(&mut change, at(7 * DAY + SLACK)).unwrap();
    assert_eq!(quickening(&council.guardian, at(7 * DAY + SLACK)).ppm, 0);
}

#[test]
fn at_most_eight_changes_wait() {
    let mut council = Council::new(5);
    let mut all: Vec<Proposal> = Vec::new();
    for _ in 0..8 {
        all.push(council.queued(&parameters(), 4, at(0)));
    }
    let mut ninth = council.propose(1, &parameters(), at(1)).unwrap();
    council.approve(&mut ninth, 2, at(1)).unwrap();
    council.approve(&mut ninth, 3, at(1)).unwrap();
    assert_eq!(
        council.approve(&mut ninth, 4, at(1)),
        Err(Error::TooManyWaiting)
    );
    council.object(&mut all[3], 4, at(2)).unwrap();
    assert_eq!(council.object(&mut all[3], 5, at(2)), Ok(Step::Cancelled));
    let fourth = council.approve(&mut ninth, 5, at(2));
    assert!(matches!(fourth, Ok(Step::Queued(_))), "{fourth:?}");
}

#[test]
fn members_are_five_to_sixteen_distinct_keys() {
    let try_create = |keys: &[Key], veto: Key| create(&mut Guardian::zeroed(), keys, veto, at(0));
    let keys: Vec<Key> = (1..=17).map(key).collect();
    assert_eq!(try_create(&keys[..4], key(0)), Err(Error::BadMember));
    assert_eq!(try_create(&keys[..17], key(0)), Err(Error::BadMember));
    assert_eq!(try_create(&keys[..16], key(0)), Ok(()));
    assert_eq!(try_create(&keys[..5], key(3)), Err(Error::BadMember));
    let mut twice = keys[..5].to_vec();
    twice[4] = key(1);
    assert_eq!(try_create(&twice, key(0)), Err(Error::BadMember));
    twice[4] = key(0);
    assert_eq!(try_create(&twice, key(0)), Err(Error::BadMember));
    let mut council = Council::new(16);
    let full = council.propose(1, &Action::AddMember(key(40)), at(0));
    assert_eq!(full.err(), Some(Error::BadMember));
    for taken in [1, 0, 99] {
        let mut five = Council::new(5);
        let refused = five.propose(1, &Action::AddMember(key(taken)), at(0));
        assert_eq!(refused.err(), Some(Error::BadMember));
    }
}
