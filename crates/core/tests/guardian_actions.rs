//! Bytes of the guardian's actions: an action is exactly its bytes, and nothing else is one.

use bulwark_core::Error;
use bulwark_core::guardian::{
    Action, Kind, MAX_SETTINGS, MAX_SUBJECTS, Setting, Subject, Successor, decode, encode,
};
use bulwark_state::{ACTION_BYTES, Key};
use proptest::prelude::*;

fn actions() -> impl Strategy<Value = Action> {
    let subject = prop_oneof![
        Just(Subject::Compartment),
        any::<u8>().prop_map(Subject::Feed),
        any::<u8>().prop_map(Subject::Bank),
        any::<u8>().prop_map(Subject::Market),
    ];
    let setting = (any::<u16>(), any::<u64>()).prop_map(|(id, value)| Setting { id, value });
    let settings = proptest::collection::vec(setting, 1..=MAX_SETTINGS);
    let subjects = proptest::collection::vec((any::<u64>(), any::<Key>()), 1..=MAX_SUBJECTS);
    prop_oneof![
        any::<(u16, u32, u16)>().prop_map(|(a, b, c)| Action::Restrict(a, b, c)),
        any::<(u16, u32, u16)>().prop_map(|(a, b, c)| Action::Pause(a, b, c)),
        any::<(u16, u8, u32)>().prop_map(|(a, b, c)| Action::Revoke(a, b, c)),
        any::<(u16, u64)>().prop_map(|(a, b)| Action::Relax(a, b)),
        (any::<u16>(), subject, settings).prop_map(|(compartment, subject, given)| {
            let mut list = [Setting::default(); MAX_SETTINGS];
            list[..given.len()].copy_from_slice(&given);
            Action::SetParameters(compartment, subject, given.len() as u8, list)
        }),
        subjects.prop_map(|given| {
            let mut list = [Successor::default(); MAX_SUBJECTS];
            for (place, (membership, key)) in list.iter_mut().zip(&given) {
                (place.membership, place.key) = (*membership, *key);
            }
            Action::RemoveMembers(given.len() as u8, list)
        }),
        any::<Key>().prop_map(Action::AddMember),
        any::<Key>().prop_map(Action::SetVeto),
        any::<(u64, u64, u32)>().prop_map(|(a, b, c)| Action::SetDelays(a, b, c)),
        any::<(u16, u8, u8, u8, Key)>()
            .prop_map(|(a, b, c, d, e)| Action::SetOracle(a, b, c, d, e)),
        any::<(Key, Key)>().prop_map(|(a, b)| Action::Upgrade(a, b)),
        any::<(u16, u64)>().prop_map(|(a, b)| Action::PayTreasury(a, b)),
    ]
}

proptest! {
    /// An action's bytes are its own alone: they decode to it, and no byte more or less does.
    #[test]
    fn an_action_is_its_bytes(action in actions(), extra in any::<u8>()) {
        let mut bytes = [0; ACTION_BYTES];
        let length = usize::from(encode(&action, &mut bytes).unwrap());
        prop_assert_eq!(decode(action.kind(), &bytes[..length]), Ok(action));
        prop_assert_eq!(decode(action.kind(), &bytes[..length - 1]), Err(Error::BadAction));
        let mut longer = bytes[..length].to_vec();
        longer.push(extra);
        prop_assert_eq!(decode(action.kind(), &longer), Err(Error::BadAction));
    }

    /// No bytes make a decoder panic, and what decodes encodes to the same bytes.
    #[test]
    fn hostile_bytes_are_no_action(
        kind in 0u16..20,
        bytes in proptest::collection::vec(any::<u8>(), 0..520),
    ) {
        let Ok(kind) = Kind::from_u16(kind) else { return Ok(()) };
        if let Ok(action) = decode(kind, &bytes) {
            let mut again = [0; ACTION_BYTES];
            let length = usize::from(encode(&action, &mut again).unwrap());
            prop_assert_eq!(&again[..length], &bytes[..]);
        }
    }
}
