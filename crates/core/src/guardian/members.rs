//! Members: who they are, since when, and whether they are awake.

use bulwark_state::{Guardian, Key, MAX_MEMBERS, Member};

use super::{MIN_MEMBERS, ORDINARY_DELAY, RELAX_DELAY};
use crate::error::{Error, Result};
use crate::mode::SLOT_MS;
use crate::time::Now;

/// A member without a heartbeat for so many seconds (30 d) has no powers; quorums don't shrink.
pub const SILENT_AFTER: i64 = 30 * 86_400;
/// Seconds (48 h) from the heartbeat of a silent member until his powers are back.
pub const POWERS_RETURN: i64 = 48 * 3_600;
/// Membership number that stands for the veto seat in a list of objections.
pub const VETO: u64 = u64::MAX;

/// No key: an empty seat.
const NO_KEY: Key = [0; 32];

/// Makes a guardian of `keys`: 5 to 16, distinct, none of them zero (`BadMember`).
pub fn create(guardian: &mut Guardian, keys: &[Key], veto: Key, now: Now) -> Result<()> {
    let count = u8::try_from(keys.len()).map_err(|_| Error::BadMember)?;
    if count < MIN_MEMBERS || usize::from(count) > MAX_MEMBERS {
        return Err(Error::BadMember);
    }
    guardian.member_count = 0;
    guardian.next_membership = 1;
    guardian.nonce = 1;
    guardian.slot_ms = SLOT_MS;
    guardian.delay = ORDINARY_DELAY;
    guardian.relax_delay = RELAX_DELAY;
    for key in keys {
        add(guardian, *key, now)?;
    }
    set_veto(guardian, veto, now)
}

/// Members in use.
pub(super) fn all(guardian: &Guardian) -> &[Member] {
    let count = usize::from(guardian.member_count).min(MAX_MEMBERS);
    guardian.members.get(..count).unwrap_or(&[])
}

/// Index of a key among the members. `NotMember` if it is none of them.
pub fn index_of(guardian: &Guardian, key: &Key) -> Result<usize> {
    let mut members = all(guardian).iter();
    members.position(|m| m.key == *key).ok_or(Error::NotMember)
}

/// The member whose membership has this number, if it stands without break.
pub fn of_membership(guardian: &Guardian, membership: u64) -> Option<&Member> {
    let mut members = all(guardian).iter();
    members.find(|m| m.membership == membership)
}

/// Whether a member has his powers now.
pub const fn is_live(member: &Member, now: Now) -> bool {
    awake(member, now) && member.powers_at <= now.unix
}

const fn awake(member: &Member, now: Now) -> bool {
    now.unix.saturating_sub(member.heartbeat_at) <= SILENT_AFTER
}

/// Index of a live member by his key. `NotMember`; `MemberSilent` if his powers are asleep.
pub fn live_index(guardian: &Guardian, key: &Key, now: Now) -> Result<usize> {
    let index = index_of(guardian, key)?;
    match all(guardian).get(index) {
        Some(member) if is_live(member, now) => Ok(index),
        _ => Err(Error::MemberSilent),
    }
}

/// A heartbeat. One that breaks a silence brings the powers back 48 h later, not at once: a key
/// that was stolen while it slept is seen before it acts.
pub fn heartbeat(guardian: &mut Guardian, key: &Key, now: Now) -> Result<()> {
    let index = index_of(guardian, key)?;
    let member = guardian.members.get_mut(index).ok_or(Error::NotMember)?;
    if !awake(member, now) {
        let back = now.unix.checked_add(POWERS_RETURN);
        member.powers_at = back.ok_or(Error::Overflow)?;
    }
    member.heartbeat_at = member.heartbeat_at.max(now.unix);
    member.heartbeat_slot = member.heartbeat_slot.max(now.slot);
    Ok(())
}

/// Number of the membership at an index.
pub(super) fn membership_at(guardian: &Guardian, index: usize) -> Result<u64> {
    let member = all(guardian).get(index).ok_or(Error::NotMember)?;
    Ok(member.membership)
}

/// The veto seat's heartbeat.
pub fn heartbeat_veto(guardian: &mut Guardian, key: &Key, now: Now) -> Result<()> {
    if !is_veto(guardian, key) {
        return Err(Error::NotMember);
    }
    guardian.veto_heartbeat_at = guardian.veto_heartbeat_at.max(now.unix);
    Ok(())
}

/// Whether the veto seat has been heard of: a voice that fell silent wakes by a heartbeat.
pub(super) const fn veto_awake(guardian: &Guardian, now: Now) -> bool {
    now.unix.saturating_sub(guardian.veto_heartbeat_at) <= SILENT_AFTER
}

/// Whether a key holds the veto seat.
pub(super) fn is_veto(guardian: &Guardian, key: &Key) -> bool {
    guardian.veto != NO_KEY && guardian.veto == *key
}

/// A key that may take the veto seat, or none. Not a member: one key, one voice.
pub(super) fn check_veto(guardian: &Guardian, key: &Key) -> Result<()> {
    match *key != NO_KEY && index_of(guardian, key).is_ok() {
        true => Err(Error::BadMember),
        false => Ok(()),
    }
}

/// Sets the veto seat, zero for none.
pub(super) fn set_veto(guardian: &mut Guardian, key: Key, now: Now) -> Result<()> {
    check_veto(guardian, &key)?;
    guardian.veto = key;
    guardian.veto_heartbeat_at = now.unix;
    Ok(())
}

/// A key that may become a member: not zero, not one already, not the veto seat.
pub(super) fn check_new(guardian: &Guardian, key: &Key) -> Result<()> {
    if *key == NO_KEY || index_of(guardian, key).is_ok() || is_veto(guardian, key) {
        return Err(Error::BadMember);
    }
    Ok(())
}

/// A new membership, with a number that was never used.
fn seat(guardian: &mut Guardian, key: Key, now: Now) -> Result<Member> {
    check_new(guardian, &key)?;
    let membership = guardian.next_membership;
    guardian.next_membership = membership.checked_add(1).ok_or(Error::Overflow)?;
    Ok(Member {
        key,
        membership,
        joined_at: now.unix,
        joined_slot: now.slot,
        heartbeat_at: now.unix,
        heartbeat_slot: now.slot,
        ..Member::default()
    })
}

/// Adds a member. `BadMember` for a key that may not be one, or when all sixteen seats are taken.
pub(super) fn add(guardian: &mut Guardian, key: Key, now: Now) -> Result<()> {
    let member = seat(guardian, key, now)?;
    let place = guardian.members.get_mut(usize::from(guardian.member_count));
    *place.ok_or(Error::BadMember)? = member;
    guardian.member_count = guardian
        .member_count
        .checked_add(1)
        .ok_or(Error::Overflow)?;
    Ok(())
}

/// Gives the seat of a membership to a successor. A subject who is gone already changes nothing.
pub(super) fn replace(guardian: &mut Guardian, gone: u64, key: Key, now: Now) -> Result<()> {
    let Some(index) = all(guardian).iter().position(|m| m.membership == gone) else {
        return Ok(());
    };
    let member = seat(guardian, key, now)?;
    *guardian.members.get_mut(index).ok_or(Error::BadIndex)? = member;
    Ok(())
}
