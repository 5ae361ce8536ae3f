//! Members against each other: objections, removals, silence, incidents.

use super::{Council, DAY, at, key, parameters};
use bulwark_core::guardian::{
    Action, INCIDENT_DELAY, POWERS_RETURN, REMOVAL_DELAY, SILENT_AFTER, SLACK, Step, heartbeat,
    heartbeat_veto,
};
use bulwark_core::mode::Mode;
use bulwark_core::{Error, Now};

#[test]
fn no_single_voice_cancels_or_postpones() {
    let mut council = Council::new(5);
    for voice in [1, 5, 99] {
        let mut proposal = council.queued(&parameters(), 4, at(0));
        let (eta, expires) = (proposal.eta, proposal.expires_at);
        assert_eq!(
            council.object(&mut proposal, voice, at(5)),
            Ok(Step::Counted(1))
        );
        let again = council.object(&mut proposal, voice, at(6));
        assert_eq!(again, Err(Error::AlreadyApproved));
        assert_eq!((proposal.eta, proposal.expires_at), (eta, expires));
        let due = at(7 * DAY + SLACK);
        assert_eq!(council.execute(&mut proposal, due), Ok(Step::Executed));
    }
    for pair in [[4, 5], [5, 99]] {
        let mut proposal = council.queued(&parameters(), 4, at(0));
        council.object(&mut proposal, pair[0], at(5)).unwrap();
        assert_eq!(
            council.object(&mut proposal, pair[1], at(6)),
            Ok(Step::Cancelled)
        );
        assert_eq!(
            council.execute(&mut proposal, at(8 * DAY)),
            Err(Error::ProposalClosed)
        );
    }
    let mut proposal = council.queued(&parameters(), 4, at(0));
    assert_eq!(
        council.object(&mut proposal, 77, at(5)),
        Err(Error::NotMember)
    );
}

#[test]
fn two_rogues_forbid_no_pause() {
    let mut council = Council::new(5);
    let mut pause = council
        .propose(1, &Action::Pause(0, 3_600, 7), at(0))
        .unwrap();
    assert_eq!(council.object(&mut pause, 4, at(0)), Ok(Step::Counted(1)));
    assert_eq!(council.object(&mut pause, 5, at(0)), Ok(Step::Counted(2)));
    council.approve(&mut pause, 2, at(0)).unwrap();
    assert!(matches!(
        council.approve(&mut pause, 3, at(0)),
        Ok(Step::Queued(_))
    ));
    assert_eq!(council.execute(&mut pause, at(0)), Ok(Step::Executed));
}

#[test]
fn an_objection_withdraws_the_own_approval_only_while_open() {
    let mut council = Council::new(5);
    let mut open = council.propose(1, &parameters(), at(0)).unwrap();
    assert_eq!(council.object(&mut open, 1, at(1)), Ok(Step::Counted(1)));
    assert_eq!(council.approve(&mut open, 2, at(2)), Ok(Step::Counted(1)));
    let mut queued = council.queued(&parameters(), 4, at(3));
    council.object(&mut queued, 1, at(4)).unwrap();
    assert_eq!(
        council.execute(&mut queued, at(8 * DAY)),
        Ok(Step::Executed)
    );
}

#[test]
fn a17_removal_needs_all_others_and_thirty_days() {
    let mut council = Council::new(5);
    // Two rogues can't block it: they are its subjects.
    let action = council.removal(&[4, 5], &[14, 15]);
    let mut removal = council.propose(1, &action, at(0)).unwrap();
    assert_eq!(
        council.object(&mut removal, 4, at(1)),
        Err(Error::SubjectOfProposal)
    );
    assert_eq!(
        council.approve(&mut removal, 5, at(1)),
        Err(Error::SubjectOfProposal)
    );
    assert_eq!(
        council.approve(&mut removal, 2, at(1)),
        Ok(Step::Counted(2))
    );
    assert!(matches!(
        council.approve(&mut removal, 3, at(1)),
        Ok(Step::Queued(_))
    ));
    let delay = i64::try_from(REMOVAL_DELAY).unwrap();
    let early = at(1 + delay + SLACK - 1);
    assert_eq!(council.execute(&mut removal, early), Err(Error::DelayRuns));
    let due = at(1 + delay + SLACK);
    assert_eq!(council.execute(&mut removal, due), Ok(Step::Executed));
    assert_eq!(council.guardian.member_count, 5);
    assert_eq!(
        council.approve(&mut removal, 14, due),
        Err(Error::ProposalClosed)
    );
    // Three members at once are more than a blocking minority of five.
    let three = council.removal(&[1, 2, 3], &[21, 22, 23]);
    assert_eq!(
        council.propose(14, &three, due).err(),
        Some(Error::BadAction)
    );
    // The subject himself can't propose it; a successor is a new key; each is named once.
    for (gone, next, error) in [
        (vec![14], vec![2], Error::BadMember),
        (vec![14], vec![99], Error::BadMember),
        (vec![14], vec![0], Error::BadMember),
        (vec![14, 14], vec![31, 32], Error::BadMember),
        (vec![14, 15], vec![31, 31], Error::BadMember),
    ] {
        let action = council.removal(&gone, &next);
        heartbeat(&mut council.guardian, &key(1), due).unwrap();
        let later = Now {
            unix: due.unix + POWERS_RETURN,
            ..due
        };
        assert_eq!(
            council.propose(1, &action, later).err(),
            Some(error),
            "{gone:?} {next:?}"
        );
    }
    let own = council.removal(&[14], &[31]);
    assert_eq!(
        council.propose(14, &own, due).err(),
        Some(Error::SubjectOfProposal)
    );
}

#[test]
fn silence_takes_powers_and_never_shrinks_a_quorum() {
    let mut council = Council::new(5);
    let quiet = at(SILENT_AFTER + 1);
    for number in 1..=3 {
        heartbeat(&mut council.guardian, &key(number), at(SILENT_AFTER)).unwrap();
    }
    assert_eq!(
        council.propose(4, &parameters(), quiet).err(),
        Some(Error::MemberSilent)
    );
    let mut proposal = council.propose(1, &parameters(), quiet).unwrap();
    council.approve(&mut proposal, 2, quiet).unwrap();
    assert_eq!(
        council.approve(&mut proposal, 3, quiet),
        Ok(Step::Counted(3))
    );
    assert_eq!(
        council.approve(&mut proposal, 4, quiet),
        Err(Error::MemberSilent)
    );
    // A heartbeat brings the powers back after 48 h, and another in between changes nothing.
    heartbeat(&mut council.guardian, &key(4), quiet).unwrap();
    let half = Now {
        unix: quiet.unix + POWERS_RETURN / 2,
        ..quiet
    };
    heartbeat(&mut council.guardian, &key(4), half).unwrap();
    let almost = Now {
        unix: quiet.unix + POWERS_RETURN - 1,
        ..quiet
    };
    assert_eq!(
        council.approve(&mut proposal, 4, almost),
        Err(Error::MemberSilent)
    );
    let back = Now {
        unix: quiet.unix + POWERS_RETURN,
        ..quiet
    };
    assert!(matches!(
        council.approve(&mut proposal, 4, back),
        Ok(Step::Queued(_))
    ));
    // The veto seat too has to be heard of.
    assert_eq!(
        council.object(&mut proposal, 99, back),
        Err(Error::MemberSilent)
    );
    let veto = heartbeat_veto(&mut council.guardian, &key(99), back);
    assert_eq!(veto, Ok(()));
    assert_eq!(
        council.object(&mut proposal, 99, back),
        Ok(Step::Counted(1))
    );
}

#[test]
fn a27_an_incident_upgrade_needs_paused_all_and_no_objection() {
    let upgrade = Action::IncidentUpgrade(key(50), key(51));
    let mut council = Council::new(5);
    council.mode = Mode::Restricted;
    let mut proposal = council.propose(1, &upgrade, at(0)).unwrap();
    council.approve(&mut proposal, 2, at(0)).unwrap();
    council.approve(&mut proposal, 3, at(0)).unwrap();
    let restricted = council.approve(&mut proposal, 4, at(0));
    assert_eq!(restricted, Err(Error::ModeForbids));
    council.mode = Mode::Paused;
    let mut quiet = council.queued(&upgrade, 4, at(10));
    let delay = i64::try_from(INCIDENT_DELAY).unwrap();
    let due = at(10 + delay + SLACK);
    let early = at(10 + delay + SLACK - 1);
    assert_eq!(council.execute(&mut quiet, early), Err(Error::DelayRuns));
    assert_eq!(council.execute(&mut quiet, due), Ok(Step::Executed));

    // The veto seat doesn't lengthen; a member does, from the same start; a second one cancels.
    let mut opposed = council.queued(&upgrade, 4, at(10));
    assert_eq!(
        council.object(&mut opposed, 99, at(20)),
        Ok(Step::Counted(1))
    );
    let mut opposed = council.queued(&upgrade, 4, at(10));
    let lengthened = council.object(&mut opposed, 5, at(10 + DAY));
    let week = at(10 + 7 * DAY);
    assert_eq!(lengthened, Ok(Step::Lengthened(opposed.eta)));
    assert_eq!(opposed.eta.at, week.unix);
    assert_eq!(council.execute(&mut opposed, due), Err(Error::DelayRuns));
    assert_eq!(
        council.execute(&mut opposed, at(10 + 7 * DAY + SLACK)),
        Ok(Step::Executed)
    );
}
