//! What one action names: a list in order, and parameters that are bound to each other together.

use super::change::Group;
use crate::error::{Error, Result};
use crate::guardian::Setting;

/// Number of a parameter by its name, for the tables below; 0 names nothing.
pub(super) const fn id(group: Group, key: &str) -> u16 {
    let rows = group.rows();
    let mut place = 0;
    while place < rows.len() {
        let (a, b) = (rows[place].key.as_bytes(), key.as_bytes());
        let mut same = a.len() == b.len();
        let mut at = 0;
        while same && at < a.len() {
            same = a[at] == b[at];
            at += 1;
        }
        if same {
            return group.id(place);
        }
        place += 1;
    }
    0
}

/// Parameters that are bound to each other: an action that names one names all (i05).
pub const COUPLED: &[&[u16]] = &[
    &const {
        [
            id(Group::Feed, "feed.tau_fast"),
            id(Group::Feed, "feed.tau_middle"),
            id(Group::Feed, "feed.tau_slow"),
        ]
    },
    &const {
        [
            id(Group::Feed, "feed.age_open"),
            id(Group::Feed, "feed.age_ok"),
            id(Group::Feed, "feed.age_stale"),
            id(Group::Feed, "feed.age_old"),
            id(Group::Feed, "feed.age_pair"),
        ]
    },
    &const {
        [
            id(Group::Margin, "margin.floor"),
            id(Group::Margin, "margin.cap"),
        ]
    },
    &const {
        [
            id(Group::Market, "market.min_notional"),
            id(Group::Market, "market.dust_notional"),
        ]
    },
    &const {
        [
            id(Group::Market, "market.taker_fee"),
            id(Group::Market, "market.liquidation_fee"),
            id(Group::BoardMarket, "market.close_fee"),
        ]
    },
    &const {
        [
            id(Group::BoardMarket, "market.depth"),
            id(Group::BoardMarket, "market.size_slope"),
        ]
    },
    &const {
        [
            id(Group::Bank, "bank.hour_cap"),
            id(Group::Bank, "bank.day_cap"),
        ]
    },
    &const {
        [
            id(Group::Quote, "quote.rate_low"),
            id(Group::Quote, "quote.rate_kink"),
            id(Group::Quote, "quote.rate_high"),
            id(Group::Quote, "quote.kink_low"),
            id(Group::Quote, "quote.kink_high"),
        ]
    },
    &const {
        [
            id(Group::Quote, "quote.hour_cap"),
            id(Group::Quote, "quote.day_cap"),
        ]
    },
    &const {
        [
            id(Group::Insurance, "insurance.share_base"),
            id(Group::Insurance, "insurance.share_slope"),
            id(Group::Insurance, "insurance.share_steep"),
            id(Group::Insurance, "insurance.share_kink"),
        ]
    },
];

/// Groups' numbers, from 0.
const GROUPS: usize = Group::Switch as usize + 1;

/// The place of a parameter in its table as a bit; none behind the longest table.
const fn bit(id: u16) -> u64 {
    match 1_u64.checked_shl(id as u32 & 0xff) {
        Some(bit) => bit,
        None => 0,
    }
}

/// [`COUPLED`] as what a set names in each of at most two groups.
const BOUND: &[[(u16, u64); 2]] = &const {
    let mut all = [[(0, 0); 2]; COUPLED.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = parts(COUPLED[at]);
        at += 1;
    }
    all
};

const fn parts(set: &[u16]) -> [(u16, u64); 2] {
    let mut parts = [(set[0] >> 8, 0), (0, 0)];
    let mut at = 0;
    while at < set.len() {
        let (group, place) = (set[at] >> 8, bit(set[at]));
        assert!(place != 0);
        let part = if group == parts[0].0 { 0 } else { 1 };
        assert!(part == 0 || parts[1].0 == 0 || parts[1].0 == group);
        parts[part] = (group, parts[part].1 | place);
        at += 1;
    }
    parts
}

/// Whether a list of settings is one: not empty, in the order of their numbers, each once, coupled
/// parameters together. `BadAction`, `CoupledApart`.
pub fn is_listed(settings: &[Setting]) -> Result<()> {
    let rising = settings.iter().zip(settings.iter().skip(1));
    if settings.is_empty() || !rising.into_iter().all(|(a, b)| a.id < b.id) {
        return Err(Error::BadAction);
    }
    let mut named = [0_u64; GROUPS];
    for setting in settings {
        if let Some(places) = named.get_mut(usize::from(setting.id >> 8)) {
            *places |= bit(setting.id);
        }
    }
    for parts in BOUND {
        let (mut none, mut all) = (true, true);
        for (group, places) in parts {
            let found = named.get(usize::from(*group)).ok_or(Error::BadAction)? & places;
            none &= found == 0;
            all &= found == *places;
        }
        if !none && !all {
            return Err(Error::CoupledApart);
        }
    }
    Ok(())
}

pub(super) fn names(settings: &[Setting], id: u16) -> bool {
    settings.iter().any(|setting| setting.id == id)
}
