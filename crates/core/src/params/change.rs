//! Changes of parameters that were decided (D12): all settings of an action or none, each within
//! its bounds and its step, all relations between them held after. Nothing is clamped: a value that
//! doesn't fit refuses the whole action.
//!
//! INV-NOFLIP: no change here makes an account liquidatable in its own instruction. Margin rules
//! and the size curve walk ([`targets::set_params`], `BoardMarket::depth_before`); a price cap
//! isn't set below the price; ages and limits of a feed change only while they judge its price
//! alike.

use bulwark_state::{Bank, Board, BoardBank, BoardMarket, End, Feed, Insurance, Market};

use super::coupled::{id, is_listed, names};
use super::{
    BANK, BOARD, BOARD_BANK, BOARD_MARKET, Delay, FEED, INSURANCE, Limit, MARGIN, MARKET,
    Parameters, QUOTE, Row, Unit, check_bank, check_board_bank, check_board_market, check_feed,
    check_insurance, check_listing, check_margin_on, check_market, check_quote, within,
};
use crate::contagion;
use crate::error::{Error, Result};
use crate::gate;
use crate::guardian::Setting;
use crate::mode::running;
use crate::targets;
use crate::time::Now;

/// Status of a bank that is closing.
const CLOSING: u8 = 3;

/// Tables of parameters. A parameter's number is its group's times 256 plus its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Group {
    /// [`FEED`].
    Feed = 1,
    /// [`MARGIN`].
    Margin = 2,
    /// [`MARKET`].
    Market = 3,
    /// [`BOARD_MARKET`].
    BoardMarket = 4,
    /// [`BANK`].
    Bank = 5,
    /// [`BOARD_BANK`].
    BoardBank = 6,
    /// [`QUOTE`].
    Quote = 7,
    /// [`INSURANCE`].
    Insurance = 8,
    /// [`BOARD`].
    Board = 9,
    /// [`SWITCH`].
    Switch = 10,
}

impl Group {
    /// All groups.
    pub const ALL: [Group; 10] = [
        Group::Feed,
        Group::Margin,
        Group::Market,
        Group::BoardMarket,
        Group::Bank,
        Group::BoardBank,
        Group::Quote,
        Group::Insurance,
        Group::Board,
        Group::Switch,
    ];

    /// The group's table.
    pub const fn rows(self) -> &'static [Row] {
        match self {
            Group::Feed => FEED,
            Group::Margin => MARGIN,
            Group::Market => MARKET,
            Group::BoardMarket => BOARD_MARKET,
            Group::Bank => BANK,
            Group::BoardBank => BOARD_BANK,
            Group::Quote => QUOTE,
            Group::Insurance => INSURANCE,
            Group::Board => BOARD,
            Group::Switch => SWITCH,
        }
    }

    /// Number of the parameter at a place.
    pub const fn id(self, place: usize) -> u16 {
        // Tables have a few dozen rows.
        ((self as u16) << 8) | place as u16
    }
}

/// Switches of a market or a bank.
pub const SWITCH: &[Row] = &[Row {
    key: "closed",
    unit: Unit::Count,
    presets: [0; 4],
    min: 0,
    max: 1,
    step_ppm: 1_000_000,
    delay: Delay::SevenDays,
    about: "1: closed for new risk until it is set to 0; two guardians may close for 72 hours",
}];
const SWITCH_LIMIT: Limit = SWITCH[0].limit();
/// Number of the one switch.
pub(super) const CLOSED: u16 = Group::Switch.id(0);
/// End of what was closed until further notice.
pub(super) const NEVER: End = End {
    at: i64::MAX,
    slot: u64::MAX,
};

/// The row of a parameter's number.
pub fn row_of(id: u16) -> Option<&'static Row> {
    let group = Group::ALL.into_iter().find(|g| *g as u16 == id >> 8)?;
    group.rows().get(usize::from(id & 0xff))
}

const LOT: u16 = id(Group::Market, "market.lot");
const TICK: u16 = id(Group::Market, "market.tick");
const MIN_NOTIONAL: u16 = id(Group::Market, "market.min_notional");
const DEPTH: u16 = id(Group::BoardMarket, "market.depth");

/// Checks the settings of one group against its layout, and counts them. `BadAction` for a place
/// behind the table's end, `ParameterOutOfBounds`.
fn fits<T: Parameters>(group: Group, layout: &T, settings: &[Setting]) -> Result<usize> {
    let mut count = 0_usize;
    for setting in of_group(group, settings) {
        let place = usize::from(setting.id & 0xff);
        let old = layout.value(place).ok_or(Error::BadAction)?;
        let limit = T::LIMITS.get(place).ok_or(Error::BadAction)?;
        limit.step(old, setting.value)?;
        count = count.checked_add(1).ok_or(Error::Overflow)?;
    }
    Ok(count)
}

/// Settings of one group: they follow each other, since a list is in the order of its numbers.
fn of_group(group: Group, settings: &[Setting]) -> impl Iterator<Item = &Setting> {
    let number = group as u16;
    let behind = settings.iter().skip_while(move |s| s.id >> 8 < number);
    behind.take_while(move |s| s.id >> 8 == number)
}

/// The same, and puts them.
fn put<T: Parameters>(group: Group, layout: &mut T, settings: &[Setting]) -> Result<usize> {
    let count = fits(group, layout, settings)?;
    for setting in of_group(group, settings) {
        layout.put(usize::from(setting.id & 0xff), setting.value);
    }
    Ok(count)
}

/// The switch of a market or a bank; lifts what two guardians closed for hours, too.
fn switch(until: &mut End, settings: &[Setting], now: Now) -> Result<usize> {
    let Some(setting) = settings.iter().find(|s| s.id == CLOSED) else {
        return Ok(0);
    };
    SWITCH_LIMIT.step(u64::from(running(until, now)), setting.value)?;
    *until = if setting.value == 1 {
        NEVER
    } else {
        End::default()
    };
    Ok(1)
}

/// Every setting belonged to the subject.
fn all_of(settings: &[Setting], counts: &[usize]) -> Result<()> {
    if counts.iter().sum::<usize>() == settings.len() {
        Ok(())
    } else {
        Err(Error::BadAction)
    }
}

/// Changes parameters of a market: its own, its seat's on the Board, its margins', its switch.
/// `open` is the market's open-second clock.
///
/// # Errors
/// `BadAction` for a list that isn't one or names what isn't a market's, `CoupledApart`,
/// `ParameterOutOfBounds`, `TooEarly` while an earlier size curve still walks.
pub fn change_market(
    market: &mut Market,
    seat: &mut BoardMarket,
    feed: &Feed,
    settings: &[Setting],
    open: u64,
    now: Now,
) -> Result<()> {
    is_listed(settings)?;
    let (lot, tick) = (market.lot, market.tick);
    let curve = (seat.depth_usd, seat.size_slope_e9);
    let mut margin = seat.margin.params;
    let own = put(Group::Market, market, settings)?;
    let seats = put(Group::BoardMarket, seat, settings)?;
    let margins = put(Group::Margin, &mut margin, settings)?;
    let switched = switch(&mut market.closed_until, settings, now)?;
    all_of(settings, &[own, seats, margins, switched])?;
    check_market(market)?;
    check_board_market(seat, market)?;
    check_margin_on(&margin, &feed.params)?;
    // Positions and orders stand in multiples of the old steps: new ones divide them.
    within(lot.checked_rem(market.lot) == Some(0) && tick.checked_rem(market.tick) == Some(0))?;
    if [LOT, TICK, MIN_NOTIONAL]
        .iter()
        .any(|id| names(settings, *id))
    {
        check_listing(market, feed.last.price)?;
    }
    let curves = names(settings, DEPTH);
    if (margins > 0 || curves) && targets::curve_walks(seat, open) {
        return Err(Error::TooEarly);
    }
    if curves {
        (seat.depth_before, seat.size_slope_before_e9) = curve;
        seat.curve_open = open;
    }
    if margins > 0 {
        targets::set_params(&mut seat.margin, margin, open);
    }
    for bucket in [&mut market.draws, &mut market.cascade] {
        // Less than a unit, counted in the old period.
        bucket.remainder = 0;
    }
    Ok(())
}

/// Changes parameters of a bank: its own, its seat's on the Board, its haircut's, its switch; of
/// the quote bank also those of quote. `open` is the compartment's open-second clock.
///
/// # Errors
/// As [`change_market`]; `BankForbids` for the ramp of a bank that is closing.
pub fn change_bank(
    bank: &mut Bank,
    seat: &mut BoardBank,
    feed: &Feed,
    settings: &[Setting],
    open: u64,
    now: Now,
) -> Result<()> {
    is_listed(settings)?;
    let (cap, ramp) = (seat.price_cap, seat.closing_ramp);
    let mut counts = [0_usize; 5];
    let [own, seats, margins, quotes, switched] = &mut counts;
    *own = put(Group::Bank, bank, settings)?;
    *seats = put(Group::BoardBank, seat, settings)?;
    *switched = switch(&mut bank.no_new_risk_until, settings, now)?;
    seat.no_new_risk_until = bank.no_new_risk_until;
    if bank.index == 0 {
        *quotes = put(Group::Quote, &mut bank.totals, settings)?;
        check_quote(&bank.totals)?;
    } else {
        let mut haircut = seat.haircut.params;
        *margins = put(Group::Margin, &mut haircut, settings)?;
        if *margins > 0 {
            check_margin_on(&haircut, &feed.params)?;
            targets::set_params(&mut seat.haircut, haircut, open);
        }
    }
    all_of(settings, &counts)?;
    check_bank(bank)?;
    check_board_bank(seat)?;
    if seat.closing_ramp != ramp && seat.status == CLOSING {
        return Err(Error::BankForbids);
    }
    let highest = feed.last.price.max(feed.previous.price).max(feed.slow);
    let lowered = seat.price_cap != 0 && (cap == 0 || seat.price_cap < cap);
    within(!lowered || seat.price_cap >= highest)?;
    let Bank {
        hour,
        day,
        small,
        restricted_in,
        ..
    } = bank;
    for bucket in [hour, day, small, restricted_in] {
        bucket.remainder = 0;
    }
    Ok(())
}

/// Changes parameters of a feed. `shortest` is the shortest horizon of the margin rules that follow
/// it, [`u32::MAX`] for none.
///
/// # Errors
/// `BadAction`, `CoupledApart`, `ParameterOutOfBounds`; `OracleGate` while its price would be
/// judged otherwise after the change than before.
pub fn change_feed(feed: &mut Feed, shortest: u32, settings: &[Setting], now: Now) -> Result<()> {
    is_listed(settings)?;
    let judged = judge(feed, now);
    let count = put(Group::Feed, &mut feed.params, settings)?;
    all_of(settings, &[count])?;
    check_feed(&feed.params)?;
    within(shortest >= feed.params.age_stale.saturating_add(super::margin::HALTS))?;
    let (conditions, ..) = judged;
    // How far a dead leg is favoured depends on these ages.
    if conditions.dead || judge(feed, now) != judged {
        return Err(Error::OracleGate);
    }
    Ok(())
}

/// What the gate says of a feed now: its faults, whether it is fresh enough to open, and whether
/// the print before still counts.
fn judge(feed: &Feed, now: Now) -> (gate::Conditions, bool, bool) {
    let before = gate::age(feed, &feed.previous, now);
    let conditions = gate::conditions(feed, now);
    let opens = conditions.age <= u64::from(feed.params.age_open);
    (conditions, opens, before <= u64::from(feed.params.age_pair))
}

/// Shortest horizon of the margin rules that follow a feed, [`u32::MAX`] if none does.
pub fn shortest_horizon(board: &Board, feed: u8) -> u32 {
    let markets = board.markets.iter().take(usize::from(board.market_count));
    let markets = markets.map(|seat| (seat.feed, &seat.margin.params));
    // Quote has no haircut.
    let banks = board
        .banks
        .iter()
        .take(usize::from(board.bank_count))
        .skip(1);
    let banks = banks.map(|seat| (seat.feed, &seat.haircut.params));
    let rules = markets.chain(banks).filter(|(of, _)| *of == feed);
    rules
        .map(|(_, rule)| rule.horizon)
        .min()
        .unwrap_or(u32::MAX)
}

/// Checks settings of a compartment (its Board's and its insurance's), and changes the insurance.
/// The Board's are put by [`change_compartment`].
///
/// # Errors
/// `BadAction`, `CoupledApart`, `ParameterOutOfBounds`.
pub fn change_insurance(
    board: &Board,
    insurance: &mut Insurance,
    settings: &[Setting],
) -> Result<()> {
    is_listed(settings)?;
    let seats = fits(Group::Board, board, settings)?;
    let own = put(Group::Insurance, insurance, settings)?;
    all_of(settings, &[seats, own])?;
    check_insurance(insurance)
}

/// Changes parameters of a compartment: its Board's and its insurance's.
///
/// # Errors
/// As [`change_insurance`].
pub fn change_compartment(
    board: &mut Board,
    insurance: &mut Insurance,
    settings: &[Setting],
) -> Result<()> {
    change_insurance(board, insurance, settings)?;
    put(Group::Board, board, settings)?;
    contagion::note(board);
    Ok(())
}
