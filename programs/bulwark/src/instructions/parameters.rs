//! Bounded parameters as instruction arguments: the fields of core's tables, by the same names.
//! Their defaults, bounds and delays stand in `bulwark_core::params` and in docs/parameters.md.

use anchor_lang::prelude::*;
use bulwark_core::params::{self, Class};
use bulwark_state::{
    Bank, BoardBank, BoardMarket, FeedParams, Insurance, MarginParams, Market, QuoteTotals,
};
use bytemuck::Zeroable;

/// One argument type per layout: `field: type = path in the layout;`.
macro_rules! parameters {
    ($($(#[$doc:meta])+ $name:ident of $layout:ident by $preset:path {
        $($field:ident: $type:tt = $($path:tt).+;)+
    })+) => {$(
        $(#[$doc])+
        #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            $(pub $field: $type,)+
        }

        impl $name {
            /// Writes the parameters into a layout, unchecked.
            pub fn write(&self, layout: &mut $layout) {
                $(layout.$($path).+ = self.$field;)+
            }

            /// The parameters of a layout.
            pub fn of(layout: &$layout) -> Self {
                Self { $($field: layout.$($path).+,)+ }
            }

            /// The defaults of a class of coin.
            pub fn preset(class: Class) -> Self {
                let mut layout = $layout::zeroed();
                $preset(class, &mut layout);
                Self::of(&layout)
            }
        }
    )+};
}

fn feed_preset(class: Class, layout: &mut FeedParams) {
    *layout = params::feed_preset(class);
}

fn margin_preset(class: Class, layout: &mut MarginParams) {
    *layout = params::margin_preset(class);
}

parameters! {
    /// Of a feed.
    FeedParameters of FeedParams by feed_preset {
        tau: [u32; 3] = tau;
        grid: u32 = grid;
        clamp_e9: u32 = clamp_e9;
        jump_floor_e9: u32 = jump_floor_e9;
        jump_k: u32 = jump_k;
        conf_max_ppm: u32 = conf_max_ppm;
        diverged_ppm: u32 = diverged_ppm;
        age_open: u32 = age_open;
        age_ok: u32 = age_ok;
        age_stale: u32 = age_stale;
        age_old: u32 = age_old;
        age_pair: u32 = age_pair;
    }

    /// Of a margin rule: a market's margins or a bank's haircuts.
    MarginParameters of MarginParams by margin_preset {
        k: u32 = k;
        floor_e9: u32 = floor_e9;
        cap_e9: u32 = cap_e9;
        initial_floor_e9: u32 = initial_floor_e9;
        im_ratio: u32 = im_ratio;
        gap_w: u32 = gap_w;
        horizon: u32 = horizon;
        ramp: u32 = ramp;
        calm: u32 = calm;
        loosen_tau: u32 = loosen_tau;
    }

    /// Of a bank.
    BankParameters of Bank by params::bank_preset {
        deposit_cap: u64 = deposit_cap;
        account_cap: u64 = account_cap;
        deposit_min: u64 = deposit_min;
        base_floor: u64 = base_floor;
        small_exit: u64 = small_exit;
        hour_cap_ppm: u32 = hour.cap_ppm;
        hour_period: u32 = hour.period;
        day_cap_ppm: u32 = day.cap_ppm;
        day_period: u32 = day.period;
        small_cap_ppm: u32 = small.cap_ppm;
        small_period: u32 = small.period;
        restricted_in_cap_ppm: u32 = restricted_in.cap_ppm;
        restricted_in_period: u32 = restricted_in.period;
    }

    /// Of a bank, on the Board.
    BoardBankParameters of BoardBank by params::board_bank_preset {
        price_cap: u64 = price_cap;
        closing_ramp: u64 = closing_ramp;
    }

    /// Of the quote bank alone.
    QuoteParameters of QuoteTotals by params::quote_preset {
        rate_low_ppm: u32 = rate_low_ppm;
        rate_kink_ppm: u32 = rate_kink_ppm;
        rate_high_ppm: u32 = rate_high_ppm;
        kink_low_ppm: u32 = kink_low_ppm;
        kink_high_ppm: u32 = kink_high_ppm;
        convert_age: u32 = convert_age;
        convert_share_ppm: u32 = convert_share_ppm;
        convert_discount_ppm: u32 = convert_discount_ppm;
        wind_up_premium_ppm: u32 = wind_up_premium_ppm;
        wind_up_discount_ppm: u32 = wind_up_discount_ppm;
        fee_floor_e6: u32 = fee_floor_e6;
        hour_cap_ppm: u32 = hour.cap_ppm;
        hour_period: u32 = hour.period;
        day_cap_ppm: u32 = day.cap_ppm;
        day_period: u32 = day.period;
    }

    /// Of a market.
    MarketParameters of Market by params::market_preset {
        oi_cap: u64 = oi_cap;
        slot_notional_cap: u64 = slot_notional_cap;
        tick: u64 = tick;
        lot: u64 = lot;
        min_notional: u64 = min_notional;
        dust_notional: u64 = dust_notional;
        funding_impact_usd: u64 = funding.impact_usd;
        leverage_cap: u32 = leverage_cap;
        maker_fee_ppm: u32 = maker_fee_ppm;
        taker_fee_ppm: u32 = taker_fee_ppm;
        liquidation_fee_ppm: u32 = liquidation_fee_ppm;
        distance_ppm: u32 = distance_ppm;
        slot_share_ppm: u32 = slot_share_ppm;
        premium_cap_ppm: u32 = premium_cap_ppm;
        premium_min_ppm: u32 = premium_min_ppm;
        premium_ramp: u32 = premium_ramp;
        premium_kappa_ppm: u32 = premium_kappa_ppm;
        draws_cap_ppm: u32 = draws.cap_ppm;
        draws_period: u32 = draws.period;
        cascade_cap_ppm: u32 = cascade.cap_ppm;
        cascade_window: u32 = cascade.period;
        band_k: u32 = band.k;
        band_min_ppm: u32 = band.min_ppm;
        funding_clamp_ppm: u32 = funding.clamp_ppm;
        funding_rested: u32 = funding.rested;
    }

    /// Of a market, on the Board.
    BoardMarketParameters of BoardMarket by params::board_market_preset {
        depth_usd: u64 = depth_usd;
        size_slope_e9: u64 = size_slope_e9;
        concentration_e9: u64 = concentration_e9;
        close_fee_ppm: u32 = close_fee_ppm;
    }

    /// Of insurance.
    InsuranceParameters of Insurance by params::insurance_preset {
        cooldown: u64 = cooldown;
        window: u64 = window;
        draws_cap_ppm: u32 = draws.cap_ppm;
        draws_period: u32 = draws.period;
        share_base_ppm: u32 = share_base_ppm;
        share_slope_ppm: u32 = share_slope_ppm;
        share_steep_ppm: u32 = share_steep_ppm;
        share_kink_ppm: u32 = share_kink_ppm;
        premium_ppm: u64 = premium_ppm;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::{Pod, bytes_of};

    /// What the arguments write is all that core's table writes: a row without an argument would
    /// list with a zero.
    fn same_as<T: Pod>(preset: impl Fn(&mut T), written: &T) {
        let mut expected = T::zeroed();
        preset(&mut expected);
        assert_eq!(bytes_of(&expected), bytes_of(written));
    }

    #[test]
    fn every_row_has_its_argument_and_every_preset_passes() {
        for class in Class::ALL {
            let mut feed = FeedParams::zeroed();
            FeedParameters::preset(class).write(&mut feed);
            same_as(|layout| feed_preset(class, layout), &feed);
            params::check_feed(&feed).unwrap();
            let mut margin = MarginParams::zeroed();
            MarginParameters::preset(class).write(&mut margin);
            same_as(|layout| margin_preset(class, layout), &margin);
            params::check_margin_on(&margin, &feed).unwrap();
            let mut bank = Bank::zeroed();
            BankParameters::preset(class).write(&mut bank);
            same_as(|layout| params::bank_preset(class, layout), &bank);
            params::check_bank(&bank).unwrap();
            let mut seat = BoardBank::zeroed();
            BoardBankParameters::preset(class).write(&mut seat);
            same_as(|layout| params::board_bank_preset(class, layout), &seat);
            params::check_board_bank(&seat).unwrap();
            let mut quote = QuoteTotals::zeroed();
            QuoteParameters::preset(class).write(&mut quote);
            same_as(|layout| params::quote_preset(class, layout), &quote);
            params::check_quote(&quote).unwrap();
            let mut market = Market::zeroed();
            MarketParameters::preset(class).write(&mut market);
            same_as(|layout| params::market_preset(class, layout), &market);
            params::check_market(&market).unwrap();
            let mut seat = BoardMarket::zeroed();
            BoardMarketParameters::preset(class).write(&mut seat);
            same_as(|layout| params::board_market_preset(class, layout), &seat);
            params::check_board_market(&seat, &market).unwrap();
            let mut insurance = Insurance::zeroed();
            InsuranceParameters::preset(class).write(&mut insurance);
            same_as(|layout| params::insurance_preset(class, layout), &insurance);
            params::check_insurance(&insurance).unwrap();
        }
    }
}
