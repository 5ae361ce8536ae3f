//! One phrase per kind of action.

use core::fmt::{Display, Formatter, Result, Write};

use bulwark_core::guardian::{ALL_COMPARTMENTS, Action, Setting, Subject, of_membership, quorum};
use bulwark_core::mode::{self, Capability};
use bulwark_core::params::{Figure, Group, Parameters, Row, TIGHTENING, Unit, row_of};
use bulwark_state::Key;

use crate::figures::{Address, Hex, Lasting};
use crate::seen::{ModeNow, Seen};

/// A compartment, or all.
struct Scope(u16);

impl Display for Scope {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self.0 {
            ALL_COMPARTMENTS => out.write_str("all compartments"),
            one => write!(out, "compartment {one}"),
        }
    }
}

/// An item by its number, with the name that the reader gave it before that.
struct Item<'a>(u16, Subject, Option<&'a str>);

impl Display for Item<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let Item(compartment, subject, name) = self;
        if let Some(name) = name {
            let item = Item(*compartment, *subject, None);
            return write!(out, "{name} ({item})");
        }
        match subject {
            Subject::Compartment => write!(out, "compartment {compartment}"),
            Subject::Feed(index) => write!(out, "feed {index} of compartment {compartment}"),
            Subject::Bank(index) => write!(out, "bank {index} of compartment {compartment}"),
            Subject::Market(index) => write!(out, "market {index} of compartment {compartment}"),
        }
    }
}

const fn capability(of: Capability) -> &'static str {
    match of {
        Capability::NewRisk => "raising open interest",
        Capability::Deposit => "new deposits",
        Capability::Matching => "matching of orders",
        Capability::PositionWithdrawal => "withdrawals with positions, orders or debt",
        Capability::Insurance => "staking into insurance and gifts to it",
        Capability::Listing => "listing",
        Capability::Unstaking => "leaving insurance",
        Capability::Transfer => "transfers between an owner's own accounts",
        Capability::Delegation => "orders by delegates",
        Capability::Treasury => "payments of fees to the treasury",
        Capability::Auction => "buying into insurance at a discount",
        Capability::Rewards => "rewards for alarms",
    }
}

const fn source(kind: u8) -> &'static str {
    match kind {
        0 => "no source",
        1 => "classic Pyth receiver",
        2 => "Pyth receiver since August 2026",
        3 => "legacy Pyth push account on mainnet",
        4 => "legacy Pyth push account on devnet",
        _ => "unknown kind of source: do not vote for it",
    }
}

/// Value of a parameter now, if the accounts seen hold it.
fn before(seen: &Seen, subject: Subject, id: u16) -> Option<u64> {
    let place = usize::from(id & 0xff);
    let group = Group::ALL.into_iter().find(|g| *g as u16 == id >> 8)?;
    let board = seen.board;
    match (group, subject) {
        (Group::Feed, Subject::Feed(at)) => board?.feeds.get(usize::from(at))?.params.value(place),
        (Group::Margin, Subject::Market(at)) => {
            let seat = board?.markets.get(usize::from(at))?;
            seat.margin.params.value(place)
        }
        (Group::Margin, Subject::Bank(at)) => board?
            .banks
            .get(usize::from(at))?
            .haircut
            .params
            .value(place),
        (Group::BoardMarket, Subject::Market(at)) => {
            board?.markets.get(usize::from(at))?.value(place)
        }
        (Group::BoardBank, Subject::Bank(at)) => board?.banks.get(usize::from(at))?.value(place),
        (Group::Market, Subject::Market(_)) => seen.market?.value(place),
        (Group::Bank, Subject::Bank(_)) => seen.bank?.value(place),
        (Group::Quote, Subject::Bank(0)) => seen.bank?.totals.value(place),
        (Group::Insurance, Subject::Compartment) => seen.insurance?.value(place),
        (Group::Board, Subject::Compartment) => board?.value(place),
        (Group::Switch, Subject::Market(_)) => {
            seen.market.map(|m| u64::from(m.closed_until.at > 0))
        }
        (Group::Switch, Subject::Bank(_)) => {
            seen.bank.map(|b| u64::from(b.no_new_risk_until.at > 0))
        }
        _ => None,
    }
}

/// A parameter's number with its unit; units of a token in whole ones where the bank is seen.
struct Number<'a>(&'a Row, u64, &'a Seen<'a>);

impl Display for Number<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let Number(row, value, seen) = self;
        match (row.unit, seen.bank) {
            (Unit::TokenUnits, Some(bank)) => {
                let scale = 10_u64.checked_pow(u32::from(bank.decimals)).unwrap_or(1);
                let (whole, rest) = (value / scale, value % scale);
                write!(out, "{}", Figure(Unit::Count, whole))?;
                if rest != 0 {
                    write!(out, ".{rest:0width$}", width = usize::from(bank.decimals))?;
                }
                out.write_str(" tokens")
            }
            (unit, _) => write!(out, "{}", Figure(unit, *value)),
        }
    }
}

fn setting(out: &mut impl Write, subject: Subject, setting: &Setting, seen: &Seen) -> Result {
    let Some(row) = row_of(setting.id) else {
        return write!(
            out,
            "an unknown parameter {}: do not vote for it",
            setting.id
        );
    };
    let to = Number(row, setting.value, seen);
    let old = before(seen, subject, setting.id);
    if setting.id == Group::Switch.id(0) {
        return match setting.value {
            1 => out.write_str("closed for new risk until it is opened the same way"),
            _ => out.write_str("open for new risk again"),
        };
    }
    match old {
        Some(old) if old == setting.value => write!(out, "{} stays {to}", row.key),
        Some(old) => write!(out, "{} from {} to {to}", row.key, Number(row, old, seen)),
        None => write!(out, "{} from what it is to {to}", row.key),
    }?;
    // The table's own words, up to the first aside.
    let about = row.about.split([';', ':', '(']).next().unwrap_or(row.about);
    write!(out, " ({})", about.trim_end())
}

fn settings(
    out: &mut impl Write,
    (compartment, subject): (u16, Subject),
    list: &[Setting],
    seen: &Seen,
) -> Result {
    write!(out, "sets of {}: ", Item(compartment, subject, seen.name))?;
    for (at, one) in list.iter().enumerate() {
        if at > 0 {
            out.write_str(", ")?;
        }
        setting(out, subject, one, seen)?;
    }
    Ok(())
}

fn tighten(
    out: &mut impl Write,
    (compartment, subject): (u16, Subject),
    one: &Setting,
    seen: &Seen,
) -> Result {
    let (item, span) = (Item(compartment, subject, seen.name), Lasting(TIGHTENING));
    if one.id == Group::Switch.id(0) {
        return write!(out, "closes {item} for new risk for {span}");
    }
    write!(out, "lowers of {item} for {span}: ")?;
    setting(out, subject, one, seen)
}

fn added(out: &mut impl Write, key: &Key, seen: &Seen) -> Result {
    write!(out, "adds {} as a member", Address(*key))?;
    let Some(guardian) = seen.guardian else {
        return Ok(());
    };
    let (now, then) = (
        guardian.member_count,
        guardian.member_count.saturating_add(1),
    );
    write!(out, ", from {now} members to {then}")?;
    let relax = bulwark_core::guardian::Kind::Relax;
    if let (Ok(before), Ok(after)) = (quorum(relax, now, 0), quorum(relax, then, 0)) {
        write!(
            out,
            " (what loosens takes {after} of them, before {before})"
        )?;
    }
    Ok(())
}

fn removed(out: &mut impl Write, action: &Action, seen: &Seen) -> Result {
    out.write_str("replaces ")?;
    for (at, subject) in action.subjects().iter().enumerate() {
        if at > 0 {
            out.write_str(", ")?;
        }
        let member = seen
            .guardian
            .and_then(|g| of_membership(g, subject.membership));
        match member {
            Some(member) => write!(out, "member {}", Address(member.key))?,
            None => write!(out, "membership {}", subject.membership)?,
        }
        write!(out, " by {}", Address(subject.key))?;
    }
    Ok(())
}

fn delays(
    out: &mut impl Write,
    (ordinary, relax, slot_ms): (u64, u64, u32),
    seen: &Seen,
) -> Result {
    let (o, r) = (Lasting(ordinary), Lasting(relax));
    match seen.guardian {
        Some(g) => write!(
            out,
            "sets the ordinary delay from {} to {o}, that of Relax from {} to {r}, the length of a \
             slot that they are counted with from {} ms to {slot_ms} ms",
            Lasting(g.delay),
            Lasting(g.relax_delay),
            g.slot_ms
        ),
        None => write!(
            out,
            "sets the ordinary delay to {o}, that of Relax to {r}, the length of a slot that they \
             are counted with to {slot_ms} ms"
        ),
    }
}

fn oracle(
    out: &mut impl Write,
    (compartment, feed, seat): (u16, u8, u8),
    kind: u8,
    key: &Key,
    seen: &Seen,
) -> Result {
    let item = Item(compartment, Subject::Feed(feed), seen.name);
    let board = seen.board.and_then(|b| b.feeds.get(usize::from(feed)));
    let old = board.map(|feed| match seat {
        0 => feed.source,
        _ => feed.second,
    });
    let which = if seat == 0 { "first" } else { "second" };
    write!(out, "sets the {which} source of {item} from ")?;
    match old {
        Some(old) => write!(out, "{} ({})", Address(old.id), source(old.kind))?,
        None => out.write_str("what it is")?,
    }
    write!(out, " to {} ({})", Address(*key), source(kind))?;
    if seat == 0 {
        out.write_str(", if both have been within 1 % for an hour")?;
    }
    Ok(())
}

fn revoked(out: &mut impl Write, (id, number, seconds): (u16, u8, u32), seen: &Seen) -> Result {
    let known = Capability::ALL.get(usize::from(number));
    let what = known.map_or("an unknown capability", |known| capability(*known));
    write!(out, "forbids {what} in compartment {id}")?;
    if let (Some(known), Some(compartment), Some(now)) = (known, seen.compartment, seen.now) {
        let already = mode::revoked(compartment, now) & known.bit() != 0;
        out.write_str(if already {
            " (now forbidden too)"
        } else {
            " (now not forbidden by anyone)"
        })?;
    }
    write!(
        out,
        " for at most {}",
        Lasting(u64::from(seconds).min(72 * 3_600))
    )
}

fn paid(out: &mut impl Write, id: u16, amount: u64, seen: &Seen) -> Result {
    let usd = |amount| Figure(Unit::UsdE6, amount);
    write!(out, "pays {} of the fees of compartment {id}", usd(amount))?;
    let fees = seen.bank.map(|bank| bank.totals.fees);
    if let Some(fees) = fees.and_then(|fees| u64::try_from(fees).ok()) {
        write!(out, ", from {}", usd(fees))?;
        match fees.checked_sub(amount) {
            Some(left) => write!(out, " to {},", usd(left))?,
            None => out.write_str(" that are too few,")?,
        }
    }
    out.write_str(" to the treasury ")?;
    match seen.protocol {
        Some(protocol) => write!(out, "{}", Address(protocol.treasury)),
        None => out.write_str("that the Protocol names"),
    }
}

fn wind_down(out: &mut impl Write, compartment: u16, subject: Subject, seen: &Seen) -> Result {
    let item = Item(compartment, subject, seen.name);
    match subject {
        Subject::Market(_) => write!(
            out,
            "settles {item}: reduce-only from then on, closed at the median of its prices after \
             the notice"
        ),
        _ => write!(
            out,
            "closes {item}: no deposits, and its weight falls to nothing"
        ),
    }
}

/// What an action does.
pub(crate) fn write(out: &mut impl Write, action: &Action, seen: &Seen) -> Result {
    match action {
        Action::Restrict(scope, seconds, reason) => write!(
            out,
            "restricts {}{} for at most {} (reason {reason}): no new risk, exits at half their rate",
            Scope(*scope),
            ModeNow(*scope, seen),
            Lasting(u64::from(*seconds).min(72 * 3_600))
        ),
        Action::Tighten(id, subject, one) => tighten(out, (*id, *subject), one, seen),
        Action::Pause(scope, seconds, reason) => write!(
            out,
            "pauses {}{} for at most {} (reason {reason}): no trading, exits at a quarter of their \
             rate",
            Scope(*scope),
            ModeNow(*scope, seen),
            Lasting(u64::from(*seconds).min(72 * 3_600))
        ),
        Action::Revoke(id, number, seconds) => revoked(out, (*id, *number, *seconds), seen),
        Action::Relax(scope, sequence) => write!(
            out,
            "lifts restrictions, revocations and latches of {}{} up to act {sequence}",
            Scope(*scope),
            ModeNow(*scope, seen)
        ),
        Action::SetParameters(id, subject, count, list) => {
            let list = list.get(..usize::from(*count)).unwrap_or(&[]);
            settings(out, (*id, *subject), list, seen)
        }
        Action::AddMember(key) => added(out, key, seen),
        Action::RemoveMembers(..) => removed(out, action, seen),
        Action::SetDelays(ordinary, relax, slot) => delays(out, (*ordinary, *relax, *slot), seen),
        Action::SetVeto(key) => {
            out.write_str("gives the veto seat from ")?;
            match seen.guardian {
                Some(guardian) => write!(out, "{}", Address(guardian.veto))?,
                None => out.write_str("whoever has it")?,
            }
            write!(out, " to {}", Address(*key))
        }
        Action::List(id, hash) => write!(
            out,
            "lets anyone list in compartment {id} what hashes to {}: ask for its contents",
            Hex(*hash)
        ),
        Action::SetOracle(id, feed, seat, kind, key) => {
            oracle(out, (*id, *feed, *seat), *kind, key, seen)
        }
        Action::WindDown(id, subject) => wind_down(out, *id, *subject, seen),
        Action::PayTreasury(id, amount) => paid(out, *id, *amount, seen),
        Action::AnnounceRecovery(id) => write!(
            out,
            "announces the Recovery of compartment {id}{}: paused at once, closed for ever, never \
             undone",
            ModeNow(*id, seen)
        ),
        Action::Upgrade(buffer, hash) => write!(
            out,
            "replaces the whole program by buffer {}, whose bytes hash to {}",
            Address(*buffer),
            Hex(*hash)
        ),
        Action::IncidentUpgrade(buffer, hash) => write!(
            out,
            "replaces the whole program, as an incident, by buffer {}, whose bytes hash to {}; one \
             objection makes the delay the ordinary one",
            Address(*buffer),
            Hex(*hash)
        ),
    }
}
