//! Events of trading and liquidation, and of who may trade for an account.

use anchor_lang::Discriminator;
use anchor_lang::prelude::*;
use bulwark_core::matching::{Fill, Removed};
use bytemuck::{Pod, Zeroable};

use super::{Common, Kind};

events! {
    /// The owner of a margin account named a delegate, or (the zero key) nobody.
    DelegateNamed = 31 {
        pub margin: Pubkey,
        pub delegate_before: Pubkey,
        pub delegate_after: Pubkey,
        /// Unix second through which he may act.
        pub until: i64,
    }
    /// A margin account was taken to a newer layout version.
    AccountMigrated = 32 {
        pub margin: Pubkey,
        pub from: u64,
        pub to: u64,
    }
    /// Orders were cancelled.
    OrdersCancelled = 41 {
        pub market: Pubkey,
        pub margin: Pubkey,
        pub account_sequence: u64,
        pub cancelled: u64,
        /// Order slots of the account that are free now, one bit each.
        pub freed: u64,
    }
    /// Void orders were cleared.
    OrdersPruned = 42 {
        pub market: Pubkey,
        pub margin: Pubkey,
        pub account_sequence: u64,
        pub entries: u64,
        pub slots: u64,
    }
    /// Funding was sampled: the premium found, the one that counted since the sample before and for
    /// how many open seconds, the mean of the running 8 h, and the index, low and high words.
    FundingSampled = 43 {
        pub market: Pubkey,
        pub premium_ppm: i64,
        pub counted_ppm: i64,
        pub seconds: u64,
        pub average_ppm: i64,
        pub index_before: [u64; 2],
        pub index_after: [u64; 2],
    }
    /// An account was found in another stage than before: 1 Healthy, 2 ReduceOnly, 3 Warned,
    /// 4 Liquidatable, 5 Bankrupt; with its value and requirement at maintenance.
    StageChanged = 33 {
        pub margin: Pubkey,
        pub before: u64,
        pub after: u64,
        pub value: i64,
        pub requirement: u64,
    }
    /// An account's liquidation clock started.
    AccountFlagged = 50 {
        pub margin: Pubkey,
        pub value: i64,
        pub requirement: u64,
        /// 1 + open-second clock at which its liquidation clock started.
        pub flagged_open: u64,
    }
    /// An account was found healthy, for the first time or (cleared) the second.
    AccountUnflagged = 51 {
        pub margin: Pubkey,
        pub value: i64,
        pub requirement: u64,
        pub cleared: u64,
        /// 1 + open-second clock of the first time; 0 once cleared.
        pub unflag_open: u64,
    }
    /// A position was taken over.
    PositionTakenOver = 52 {
        pub market: Pubkey,
        pub liquidatee: Pubkey,
        pub receiver: Pubkey,
        pub liquidatee_sequence: u64,
        pub receiver_sequence: u64,
        pub size: u64,
        pub price: u64,
        pub notional: u64,
        pub premium: u64,
        pub top_up: u64,
        pub fee: u64,
        pub long: u64,
        pub liquidatee_quote_after: i64,
        pub receiver_quote_after: i64,
        pub insurance_before: u64,
        pub insurance_after: u64,
        /// 1 + open-second clock at which the liquidatee's clock started.
        pub flagged_open: u64,
    }
    /// Collateral was sold against negative quote: a seizure, or (conversion) a conversion.
    CollateralSold = 53 {
        pub seller: Pubkey,
        pub buyer: Pubkey,
        pub seller_sequence: u64,
        pub buyer_sequence: u64,
        pub units: u64,
        pub paid: u64,
        pub transferred_in: u64,
        pub discount_e9: u64,
        pub seller_quote_after: i64,
        pub buyer_quote_after: i64,
        pub bank: u64,
        pub conversion: u64,
        /// What the quote vault is expected to hold.
        pub expected_after: u64,
        /// 1 + open-second clock at which the seller's liquidation clock started, 0 if it hasn't.
        pub flagged_open: u64,
    }
    /// An unrealised loss was realised.
    LossSettled = 54 {
        pub market: Pubkey,
        pub margin: Pubkey,
        pub account_sequence: u64,
        pub loss: u64,
        pub quote_before: i64,
        pub quote_after: i64,
    }
}

list_events! {
    /// An order was placed; what it met follows, in two runs: its fills, then the orders that it
    /// removed in passing.
    OrderPlaced(OrderPlacedHead) = 40 {
        pub market: Pubkey,
        pub margin: Pubkey,
        pub account_sequence: u64,
        /// Fills of the market so far, these included.
        pub fill_sequence: u64,
        pub price: u64,
        pub size: u64,
        pub filled: u64,
        pub notional: u64,
        pub fee: u64,
        /// Size that rests, and its sequence number in the book: `u64::MAX` where the rest found no
        /// place.
        pub rests: u64,
        pub rests_sequence: u64,
        pub cancelled: u64,
        pub base_after: i64,
        pub quote_leg_after: i64,
        pub quote_after: i64,
        pub oi_after: u64,
        pub client_id: u32,
        pub side: u8,
        pub kind: u8,
        pub ended: u8,
        pub reduce_only: u8,
        /// Unix second through which it lives, 0 for ever.
        pub expires_at: u32,
        /// Order slots of the account that it replaces, one bit each.
        pub replaced: u32,
    } fills: OrderFill {
        /// Margin account of the resting order.
        pub maker: Pubkey,
        /// Number of the resting order in the book.
        pub sequence: u64,
        pub price: u64,
        pub base: u64,
        pub notional: u64,
        pub maker_fee: u64,
        pub taker_fee: u64,
        pub maker_realised: i64,
        pub taker_realised: i64,
        /// Slot of the resting order in its account.
        pub slot: u8,
        /// 0 for a fill. Otherwise the order was removed unfilled: 1 expired, 2 void, 3 of the same
        /// owner, 4 nothing to reduce, 5 its account lacked margin, 6 expired without its account:
        /// with 2 and 6 the account's slot stays as it is, with the others it is free.
        pub removed: u8,
        pub reserved: [u8; 6],
    }
    /// A bankrupt account was wound up; its legs follow.
    AccountWoundUp(AccountWoundUpHead) = 55 {
        pub liquidatee: Pubkey,
        pub receiver: Pubkey,
        pub liquidatee_sequence: u64,
        pub receiver_sequence: u64,
        pub fraction_ppm: u64,
        pub collateral_paid: u64,
        pub loss: u64,
        pub insured_without_leg: u64,
        pub deficit_without_leg: u64,
        pub deficit_after: u64,
        pub insurance_before: u64,
        pub insurance_after: u64,
        pub liquidatee_quote_after: i64,
        pub receiver_quote_after: i64,
        /// What the quote vault is expected to hold.
        pub expected_after: u64,
        /// 1 + open-second clock at which the liquidatee's clock started, 0 if it stands.
        pub flagged_open: u64,
        /// Of the proceeds, quote that the receiver transferred in.
        pub transferred_in: u64,
        /// Proceeds of each of the liquidatee's collateral slots, 0 where nothing was sold.
        pub sold: [u64; 8],
    } legs: LegWoundUp {
        pub size: u64,
        pub price: u64,
        pub notional: u64,
        pub premium: u64,
        pub insured: u64,
        pub charged: u64,
        pub deficit: u64,
        pub market_sequence: u64,
        pub market: u64,
        pub long: u64,
    }
}

impl From<&Fill> for OrderFill {
    fn from(fill: &Fill) -> Self {
        Self {
            maker: Pubkey::new_from_array(fill.maker),
            sequence: fill.sequence,
            price: fill.price,
            base: fill.base,
            notional: fill.notional,
            maker_fee: fill.maker_fee,
            taker_fee: fill.taker_fee,
            maker_realised: fill.maker_realised,
            taker_realised: fill.taker_realised,
            slot: fill.slot,
            ..Self::default()
        }
    }
}

impl From<&Removed> for OrderFill {
    fn from(removed: &Removed) -> Self {
        Self {
            maker: Pubkey::new_from_array(removed.maker),
            sequence: removed.sequence,
            slot: removed.slot,
            removed: removed.reason as u8,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_borsh() {
        let head = OrderPlacedHead {
            price: 7,
            client_id: 9,
            side: 1,
            ..Default::default()
        };
        let fills = vec![
            OrderFill {
                base: 3,
                ..Default::default()
            };
            2
        ];
        let mut listing = crate::event::Listing::new(&head, 0);
        fills.iter().for_each(|fill| listing.push(fill));
        let length = crate::event::length(&fills);
        let bytes = listing.ended::<OrderPlacedHead>(length).unwrap();
        let event = OrderPlaced { head, fills };
        let borsh = anchor_lang::Event::data(&event);
        assert_eq!(bytes[8..], borsh[..]);
    }
}
