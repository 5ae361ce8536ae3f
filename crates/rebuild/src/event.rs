//! Events out of the bytes of self-calls.

use anchor_lang::Discriminator;
use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::Pubkey;
use anyhow::{Result, anyhow, bail, ensure};
use bulwark::event::*;
use bulwark_core::Now;
use bytemuck::Pod;

/// An event as it was emitted, behind the tag of the self-call: discriminator, then fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw(Vec<u8>);

impl Raw {
    /// From the data of an inner instruction of the program; `None` if that is no event.
    #[must_use]
    pub fn of_call(data: &[u8]) -> Option<Self> {
        let emitted = data.strip_prefix(EVENT_IX_TAG_LE)?;
        Some(Self(emitted.to_vec()))
    }

    /// Discriminator and fields: what the chain hashes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// What every event begins with, also one that this release doesn't know.
    ///
    /// # Errors
    /// Too few bytes.
    pub fn common(&self) -> Result<Common> {
        head_of(&self.0)
    }

    /// The event.
    ///
    /// # Errors
    /// A kind that this release doesn't know, or bytes that don't fit their kind.
    pub fn decode(&self) -> Result<Event> {
        let kind = self.common()?.kind;
        decode(&self.0).and_then(|event| event.ok_or_else(|| unknown(kind)))
    }
}

fn unknown(kind: u16) -> anyhow::Error {
    anyhow!("this release knows no event of kind {kind}")
}

/// What an event begins with, behind its discriminator.
///
/// # Errors
/// Too few bytes.
pub fn head_of(bytes: &[u8]) -> Result<Common> {
    let fields = bytes.get(8..8 + size_of::<Common>());
    let fields = fields.ok_or_else(|| anyhow!("{} bytes are no event", bytes.len()))?;
    let common: Common = bytemuck::pod_read_unaligned(fields);
    ensure!(common.reserved == [0; 4], "its head isn't one of an event");
    Ok(common)
}

fn fixed<T: Pod>(fields: &[u8]) -> Result<T> {
    let (is, wanted) = (fields.len(), size_of::<T>());
    ensure!(is == wanted, "{is} bytes of fields instead of {wanted}");
    Ok(bytemuck::pod_read_unaligned(fields))
}

/// Fields, then a list: its length in four bytes, its records.
fn listed<H: Pod, R: Pod>(fields: &[u8]) -> Result<(H, Vec<R>)> {
    let (head, list) = fields
        .split_at_checked(size_of::<H>())
        .ok_or_else(|| anyhow!("{} bytes of fields are too few", fields.len()))?;
    let Some((length, records)) = list.split_first_chunk::<4>() else {
        bail!("the list has no length");
    };
    let length = usize::try_from(u32::from_le_bytes(*length))?;
    ensure!(
        length.checked_mul(size_of::<R>()) == Some(records.len()),
        "{} bytes aren't {length} records",
        records.len()
    );
    let records = records.chunks_exact(size_of::<R>().max(1));
    let records = records.map(bytemuck::pod_read_unaligned).collect();
    Ok((bytemuck::pod_read_unaligned(head), records))
}

/// Fields, then two lists.
fn listed_twice<H: Pod, R: Pod, S: Pod>(fields: &[u8]) -> Result<(H, Vec<R>, Vec<S>)> {
    let behind = fields.get(size_of::<H>()..).and_then(<[u8]>::first_chunk);
    let Some(length) = behind else {
        bail!("{} bytes of fields are too few", fields.len());
    };
    let records = usize::try_from(u32::from_le_bytes(*length))?.checked_mul(size_of::<R>());
    let first = records.and_then(|bytes| bytes.checked_add(size_of::<H>() + 4));
    let both = first.and_then(|first| fields.split_at_checked(first));
    let (first, second) = both.ok_or_else(|| anyhow!("the first list is cut off"))?;
    let (head, list) = listed(first)?;
    let (_, other): ([u8; 0], _) = listed(second)?;
    Ok((head, list, other))
}

/// An event with nothing in it but its kind, and `behind` more bytes.
fn blank<E: Kind>(behind: usize) -> Raw {
    let head = E::head(Now { unix: 0, slot: 0 }, &Pubkey::default(), 0, 0);
    let mut bytes = E::DISCRIMINATOR.to_vec();
    bytes.extend(bytemuck::bytes_of(&head));
    bytes.resize(8 + size_of::<E>() + behind, 0);
    Raw(bytes)
}

/// The enumeration of events and its decoding, from one list of their types.
macro_rules! events {
    ($($name:ident,)+ ; $($list:ident($head:ident, $record:ident),)+ ;
        $($both:ident($first:ident, $one:ident, $other:ident),)+) => {
        /// An event of the program.
        #[derive(Clone)]
        #[allow(missing_docs, clippy::large_enum_variant)]
        pub enum Event {
            $($name($name),)+
            $($list($head, Vec<$record>),)+
            $($both($first, Vec<$one>, Vec<$other>),)+
        }

        impl Event {
            /// Name, kind and an all-zero event of each type that this release knows.
            #[must_use]
            pub fn each() -> Vec<(&'static str, u16, Raw)> {
                vec![
                    $((stringify!($name), <$name>::KIND, blank::<$name>(0)),)+
                    $((stringify!($list), <$head>::KIND, blank::<$head>(4)),)+
                    $((stringify!($both), <$first>::KIND, blank::<$first>(8)),)+
                ]
            }

            /// What it begins with.
            #[must_use]
            pub fn common(&self) -> &Common {
                match self {
                    $(Self::$name(event) => &event.common,)+
                    $(Self::$list(head, _) => &head.common,)+
                    $(Self::$both(head, _, _) => &head.common,)+
                }
            }

            /// Its name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)+
                    $(Self::$list(..) => stringify!($list),)+
                    $(Self::$both(..) => stringify!($both),)+
                }
            }
        }

        fn decode(bytes: &[u8]) -> Result<Option<Event>> {
            let Some((discriminator, fields)) = bytes.split_at_checked(8) else {
                bail!("{} bytes are no event", bytes.len());
            };
            $(if discriminator == <$name>::DISCRIMINATOR {
                let event: $name = fixed(fields)?;
                ensure!(event.common.kind == <$name>::KIND, "its kind is another");
                return Ok(Some(Event::$name(event)));
            })+
            $(if discriminator == <$head>::DISCRIMINATOR {
                let (head, list): ($head, Vec<$record>) = listed(fields)?;
                ensure!(head.common.kind == <$head>::KIND, "its kind is another");
                return Ok(Some(Event::$list(head, list)));
            })+
            $(if discriminator == <$first>::DISCRIMINATOR {
                let (head, one, other): ($first, Vec<$one>, Vec<$other>) = listed_twice(fields)?;
                ensure!(head.common.kind == <$first>::KIND, "its kind is another");
                return Ok(Some(Event::$both(head, one, other)));
            })+
            Ok(None)
        }
    };
}

events! {
    ProtocolCreated, CompartmentCreated, CreatorSealed, MarginAccountCreated,
    MarginAccountClosed, Deposited,
    Withdrawn, TicketCranked, ResidualCollected, BanksValued, SurplusSwept, Recapitalised,
    InsuranceFunded, MarketsFolded, InterestAccrued, DelegateNamed, AccountMigrated,
    OrdersCancelled, OrdersPruned,
    FundingSampled, StageChanged, AccountFlagged, AccountUnflagged, PositionTakenOver,
    CollateralSold, LossSettled, ProposalAnswered, HeartbeatNoted, ProposalClosed,
    ProposalExecuted,
    ProposalExpired, TreasuryPaid, MemberRestricted, MarketWoundDown, BankClosed, PositionSettled,
    Transferred, StakeChanged, StressProved, DeficitNoted, RecoveryAnnounced, RecoveryUndone,
    RecoveryFrozen, RecoveryCounted, QuotePotAssigned, RecoveryPaid, RecoveryMoneyAdded, AuditBegun,
    AuditClosed, ClaimsAssigned,
    ;
    OrderPlaced(OrderPlacedHead, OrderFill),
    AccountWoundUp(AccountWoundUpHead, LegWoundUp),
    ItemsChecked(ItemsCheckedHead, ItemChecked),
    AccountsMarked(AccountsMarkedHead, AccountMarked),
    PricesRefreshed(PricesRefreshedHead, Read),
    BoardCreated(BoardCreatedHead, u8),
    FeedCreated(FeedCreatedHead, u8),
    BankCreated(BankCreatedHead, u8),
    MarketCreated(MarketCreatedHead, u8),
    InsuranceCreated(InsuranceCreatedHead, u8),
    ProposalOpened(ProposalOpenedHead, u8),
    GuardianCreated(GuardianCreatedHead, GuardianMember),
    ;
    Checked(CheckedHead, BreakerTripped, ItemChecked),
}
