//! Typed actions and their bytes. An action that can't be decoded whole, to the last byte, is none.

use bulwark_state::{ACTION_BYTES, Key};

use super::{Kind, MIN_MEMBERS};
use crate::error::{Error, Result};

/// Compartment number that means all of them.
pub const ALL_COMPARTMENTS: u16 = u16::MAX;
/// Parameters that one action sets together.
pub const MAX_SETTINGS: usize = 24;
/// Members that one removal can name: a blocking minority of sixteen.
pub const MAX_SUBJECTS: usize = 4;
const _: () = assert!(super::blocking(16) as usize == MAX_SUBJECTS && MIN_MEMBERS == 5);

/// What an action is about inside a compartment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The compartment itself.
    Compartment,
    /// A feed of the Board.
    Feed(u8),
    /// A bank.
    Bank(u8),
    /// A market.
    Market(u8),
}

/// One parameter and its new value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Setting {
    /// Number of the parameter in its subject's table.
    pub id: u16,
    /// New value, in the parameter's unit.
    pub value: u64,
}

/// A member to be removed, and who takes the seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Successor {
    /// Membership that ends.
    pub membership: u64,
    /// Key of the successor.
    pub key: Key,
}

/// What a proposal does.
#[expect(
    clippy::large_enum_variant,
    reason = "there is no heap here, and one action at a time"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Restrict: compartment or [`ALL_COMPARTMENTS`], seconds, reason code.
    Restrict(u16, u32, u16),
    /// Tighten new risk: compartment, subject, one setting.
    Tighten(u16, Subject, Setting),
    /// Pause: compartment or [`ALL_COMPARTMENTS`], seconds, reason code.
    Pause(u16, u32, u16),
    /// Revoke: compartment, capability, seconds.
    Revoke(u16, u8, u32),
    /// Relax: compartment or [`ALL_COMPARTMENTS`], sequence number.
    Relax(u16, u64),
    /// Set parameters: compartment, subject, count of settings, settings.
    SetParameters(u16, Subject, u8, [Setting; MAX_SETTINGS]),
    /// Add a member.
    AddMember(Key),
    /// Replace members: count, who by whom.
    RemoveMembers(u8, [Successor; MAX_SUBJECTS]),
    /// Set delays, seconds: ordinary, Relax; slot length, milliseconds.
    SetDelays(u64, u64, u32),
    /// Set the veto seat, zero for none.
    SetVeto(Key),
    /// List: compartment, hash of the creation's arguments and accounts.
    List(u16, [u8; 32]),
    /// Give a feed a source: compartment, feed, seat (0 first, 1 second), kind, account or feed id.
    SetOracle(u16, u8, u8, u8, Key),
    /// Settle a market or close a bank: compartment, subject.
    WindDown(u16, Subject),
    /// Pay fees to the treasury: compartment, amount UsdE6.
    PayTreasury(u16, u64),
    /// Announce Recovery: compartment.
    AnnounceRecovery(u16),
    /// Upgrade: buffer, hash of its bytes.
    Upgrade(Key, [u8; 32]),
    /// Upgrade in an incident: buffer, hash of its bytes.
    IncidentUpgrade(Key, [u8; 32]),
}

impl Action {
    /// The action's kind, which fixes quorum and delay.
    pub const fn kind(&self) -> Kind {
        match self {
            Action::Restrict(..) => Kind::Restrict,
            Action::Tighten(..) => Kind::Tighten,
            Action::Pause(..) => Kind::Pause,
            Action::Revoke(..) => Kind::Revoke,
            Action::Relax(..) => Kind::Relax,
            Action::SetParameters(..) => Kind::SetParameters,
            Action::AddMember(..) => Kind::AddMember,
            Action::RemoveMembers(..) => Kind::RemoveMembers,
            Action::SetDelays(..) => Kind::SetDelays,
            Action::SetVeto(..) => Kind::SetVeto,
            Action::List(..) => Kind::List,
            Action::SetOracle(..) => Kind::SetOracle,
            Action::WindDown(..) => Kind::WindDown,
            Action::PayTreasury(..) => Kind::PayTreasury,
            Action::AnnounceRecovery(..) => Kind::AnnounceRecovery,
            Action::Upgrade(..) => Kind::Upgrade,
            Action::IncidentUpgrade(..) => Kind::IncidentUpgrade,
        }
    }

    /// Whom a removal names; empty for every other action.
    pub fn subjects(&self) -> &[Successor] {
        match self {
            Action::RemoveMembers(count, list) => list.get(..usize::from(*count)).unwrap_or(&[]),
            _ => &[],
        }
    }
}

/// Bytes of a setting.
const SETTING_BYTES: usize = size_of::<u16>() + size_of::<u64>();

/// Writes little-endian fields one behind the other.
struct Writer<'a> {
    bytes: &'a mut [u8; ACTION_BYTES],
    at: usize,
}

impl Writer<'_> {
    fn put(&mut self, field: &[u8]) -> Result<()> {
        let end = self.at.checked_add(field.len()).ok_or(Error::Overflow)?;
        let place = self.bytes.get_mut(self.at..end).ok_or(Error::BadAction)?;
        place.copy_from_slice(field);
        self.at = end;
        Ok(())
    }

    fn u8(&mut self, value: u8) -> Result<()> {
        self.put(&[value])
    }

    fn u16(&mut self, value: u16) -> Result<()> {
        self.put(&value.to_le_bytes())
    }

    fn u32(&mut self, value: u32) -> Result<()> {
        self.put(&value.to_le_bytes())
    }

    fn u64(&mut self, value: u64) -> Result<()> {
        self.put(&value.to_le_bytes())
    }

    fn subject(&mut self, subject: Subject) -> Result<()> {
        let (kind, index) = match subject {
            Subject::Compartment => (0, 0),
            Subject::Feed(index) => (1, index),
            Subject::Bank(index) => (2, index),
            Subject::Market(index) => (3, index),
        };
        self.put(&[kind, index])
    }

    fn setting(&mut self, setting: Setting) -> Result<()> {
        let mut field = [0; SETTING_BYTES];
        let (id, value) = field.split_at_mut(size_of::<u16>());
        id.copy_from_slice(&setting.id.to_le_bytes());
        value.copy_from_slice(&setting.value.to_le_bytes());
        self.put(&field)
    }
}

/// Writes an action's bytes and returns their number. `BadAction` for a count above its list's
/// length; nothing else fails.
pub fn encode(action: &Action, bytes: &mut [u8; ACTION_BYTES]) -> Result<u16> {
    bytes.fill(0);
    let mut w = Writer { bytes, at: 0 };
    match action {
        Action::Restrict(scope, seconds, reason) | Action::Pause(scope, seconds, reason) => {
            w.u16(*scope)?;
            w.u32(*seconds)?;
            w.u16(*reason)?;
        }
        Action::Tighten(compartment, subject, setting) => {
            w.u16(*compartment)?;
            w.subject(*subject)?;
            w.setting(*setting)?;
        }
        Action::Revoke(compartment, capability, seconds) => {
            w.u16(*compartment)?;
            w.u8(*capability)?;
            w.u32(*seconds)?;
        }
        Action::Relax(scope, sequence) => {
            w.u16(*scope)?;
            w.u64(*sequence)?;
        }
        Action::SetParameters(compartment, subject, count, list) => {
            w.u16(*compartment)?;
            w.subject(*subject)?;
            w.u8(*count)?;
            for setting in list.get(..usize::from(*count)).ok_or(Error::BadAction)? {
                w.setting(*setting)?;
            }
        }
        Action::AddMember(key) | Action::SetVeto(key) => w.put(key)?,
        Action::RemoveMembers(count, list) => {
            w.u8(*count)?;
            for subject in list.get(..usize::from(*count)).ok_or(Error::BadAction)? {
                w.u64(subject.membership)?;
                w.put(&subject.key)?;
            }
        }
        Action::SetDelays(ordinary, relax, slot_ms) => {
            w.u64(*ordinary)?;
            w.u64(*relax)?;
            w.u32(*slot_ms)?;
        }
        Action::List(compartment, hash) => {
            w.u16(*compartment)?;
            w.put(hash)?;
        }
        Action::SetOracle(compartment, feed, seat, kind, source) => {
            w.u16(*compartment)?;
            w.put(&[*feed, *seat, *kind])?;
            w.put(source)?;
        }
        Action::WindDown(compartment, subject) => {
            w.u16(*compartment)?;
            w.subject(*subject)?;
        }
        Action::PayTreasury(compartment, amount) => {
            w.u16(*compartment)?;
            w.u64(*amount)?;
        }
        Action::AnnounceRecovery(compartment) => w.u16(*compartment)?,
        Action::Upgrade(buffer, hash) | Action::IncidentUpgrade(buffer, hash) => {
            w.put(buffer)?;
            w.put(hash)?;
        }
    }
    u16::try_from(w.at).map_err(|_| Error::BadAction)
}

/// Reads little-endian fields one behind the other.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>().ok_or(Error::BadAction)?;
        let field = *field;
        self.0 = rest;
        Ok(field)
    }

    fn u8(&mut self) -> Result<u8> {
        self.take::<1>().map(|[value]| value)
    }

    fn u16(&mut self) -> Result<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn subject(&mut self) -> Result<Subject> {
        match self.take()? {
            [0, 0] => Ok(Subject::Compartment),
            [1, index] => Ok(Subject::Feed(index)),
            [2, index] => Ok(Subject::Bank(index)),
            [3, index] => Ok(Subject::Market(index)),
            _ => Err(Error::BadAction),
        }
    }

    fn setting(&mut self) -> Result<Setting> {
        Ok(Setting {
            id: self.u16()?,
            value: self.u64()?,
        })
    }

    /// A count of at least one and at most `N`, then so many items.
    fn list<T: Copy + Default, const N: usize>(
        &mut self,
        item: fn(&mut Self) -> Result<T>,
    ) -> Result<(u8, [T; N])> {
        let count = self.u8()?;
        let mut list = [T::default(); N];
        let places = list.get_mut(..usize::from(count)).ok_or(Error::BadAction)?;
        if count == 0 {
            return Err(Error::BadAction);
        }
        for place in places {
            *place = item(self)?;
        }
        Ok((count, list))
    }
}

/// Reads an action of a kind out of exactly its bytes. `BadAction` for an unknown kind, too few
/// bytes, bytes left over, an unknown subject, an empty or too long list.
pub fn decode(kind: Kind, bytes: &[u8]) -> Result<Action> {
    let mut r = Reader(bytes);
    let action = match kind {
        Kind::Restrict => Action::Restrict(r.u16()?, r.u32()?, r.u16()?),
        Kind::Tighten => Action::Tighten(r.u16()?, r.subject()?, r.setting()?),
        Kind::Pause => Action::Pause(r.u16()?, r.u32()?, r.u16()?),
        Kind::Revoke => Action::Revoke(r.u16()?, r.u8()?, r.u32()?),
        Kind::Relax => Action::Relax(r.u16()?, r.u64()?),
        Kind::SetParameters => {
            let (compartment, subject) = (r.u16()?, r.subject()?);
            let (count, list) = r.list(Reader::setting)?;
            Action::SetParameters(compartment, subject, count, list)
        }
        Kind::AddMember => Action::AddMember(r.take()?),
        Kind::RemoveMembers => {
            let (count, list) = r.list(|r| {
                Ok(Successor {
                    membership: r.u64()?,
                    key: r.take()?,
                })
            })?;
            Action::RemoveMembers(count, list)
        }
        Kind::SetDelays => Action::SetDelays(r.u64()?, r.u64()?, r.u32()?),
        Kind::SetVeto => Action::SetVeto(r.take()?),
        Kind::List => Action::List(r.u16()?, r.take()?),
        Kind::SetOracle => Action::SetOracle(r.u16()?, r.u8()?, r.u8()?, r.u8()?, r.take()?),
        Kind::WindDown => Action::WindDown(r.u16()?, r.subject()?),
        Kind::PayTreasury => Action::PayTreasury(r.u16()?, r.u64()?),
        Kind::AnnounceRecovery => Action::AnnounceRecovery(r.u16()?),
        Kind::Upgrade => Action::Upgrade(r.take()?, r.take()?),
        Kind::IncidentUpgrade => Action::IncidentUpgrade(r.take()?, r.take()?),
    };
    if !r.0.is_empty() {
        return Err(Error::BadAction);
    }
    Ok(action)
}
