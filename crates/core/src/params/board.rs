//! Parameters of the Board: the credit of profit, and what each origin class and each group of
//! correlated collateral may count for. Source: D12, and what a venue needs to bound the failure of
//! one bridge, one issuer or one staking pool.

use bulwark_state::Board;

use super::rows::rows;
use super::within;
use crate::Result;

rows! {
    /// Of the Board.
    BOARD of Board, bounds board_bounds, preset board_preset;
    "board.profit_credit": (.profit_credit_ppm), Ppm, [700_000], 0..=900_000, 25, SevenDays,
        "ψ: share of unrealised profit that counts for new risk";
    "collateral.native.account_cap":
        (.limits[0].account_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value at Initial of origin class native in one account";
    "collateral.native.compartment_cap":
        (.limits[0].compartment_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value of all of origin class native that a deposit reaches";
    "collateral.native.haircut":
        (.limits[0].haircut_e9), RatioE9, [0], 0..=900_000_000, 100,
        SevenDays, "smallest haircut of origin class native for new risk";
    "collateral.stable.account_cap":
        (.limits[1].account_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value at Initial of origin class stable in one account";
    "collateral.stable.compartment_cap":
        (.limits[1].compartment_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value of all of origin class stable that a deposit reaches";
    "collateral.stable.haircut":
        (.limits[1].haircut_e9), RatioE9, [0], 0..=900_000_000, 100,
        SevenDays, "smallest haircut of origin class stable for new risk";
    "collateral.liquid_stake.account_cap":
        (.limits[2].account_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value at Initial of origin class liquid stake in one account";
    "collateral.liquid_stake.compartment_cap":
        (.limits[2].compartment_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value of all of origin class liquid stake that a deposit reaches";
    "collateral.liquid_stake.haircut":
        (.limits[2].haircut_e9), RatioE9, [0], 0..=900_000_000, 100,
        SevenDays, "smallest haircut of origin class liquid stake for new risk";
    "collateral.bridged.account_cap":
        (.limits[3].account_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value at Initial of origin class bridged in one account";
    "collateral.bridged.compartment_cap":
        (.limits[3].compartment_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value of all of origin class bridged that a deposit reaches";
    "collateral.bridged.haircut":
        (.limits[3].haircut_e9), RatioE9, [0], 0..=900_000_000, 100,
        SevenDays, "smallest haircut of origin class bridged for new risk";
    "collateral.group_1.account_cap":
        (.limits[4].account_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value at Initial of group 1 in one account";
    "collateral.group_1.compartment_cap":
        (.limits[4].compartment_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value of all of group 1 that a deposit reaches";
    "collateral.group_1.haircut":
        (.limits[4].haircut_e9), RatioE9, [0], 0..=900_000_000, 100,
        SevenDays, "smallest haircut of group 1 for new risk";
    "collateral.group_2.account_cap":
        (.limits[5].account_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value at Initial of group 2 in one account";
    "collateral.group_2.compartment_cap":
        (.limits[5].compartment_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value of all of group 2 that a deposit reaches";
    "collateral.group_2.haircut":
        (.limits[5].haircut_e9), RatioE9, [0], 0..=900_000_000, 100,
        SevenDays, "smallest haircut of group 2 for new risk";
    "collateral.group_3.account_cap":
        (.limits[6].account_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value at Initial of group 3 in one account";
    "collateral.group_3.compartment_cap":
        (.limits[6].compartment_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value of all of group 3 that a deposit reaches";
    "collateral.group_3.haircut":
        (.limits[6].haircut_e9), RatioE9, [0], 0..=900_000_000, 100,
        SevenDays, "smallest haircut of group 3 for new risk";
    "collateral.group_4.account_cap":
        (.limits[7].account_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value at Initial of group 4 in one account";
    "collateral.group_4.compartment_cap":
        (.limits[7].compartment_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value of all of group 4 that a deposit reaches";
    "collateral.group_4.haircut":
        (.limits[7].haircut_e9), RatioE9, [0], 0..=900_000_000, 100,
        SevenDays, "smallest haircut of group 4 for new risk";
    "collateral.group_5.account_cap":
        (.limits[8].account_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value at Initial of group 5 in one account";
    "collateral.group_5.compartment_cap":
        (.limits[8].compartment_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value of all of group 5 that a deposit reaches";
    "collateral.group_5.haircut":
        (.limits[8].haircut_e9), RatioE9, [0], 0..=900_000_000, 100,
        SevenDays, "smallest haircut of group 5 for new risk";
    "collateral.group_6.account_cap":
        (.limits[9].account_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value at Initial of group 6 in one account";
    "collateral.group_6.compartment_cap":
        (.limits[9].compartment_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value of all of group 6 that a deposit reaches";
    "collateral.group_6.haircut":
        (.limits[9].haircut_e9), RatioE9, [0], 0..=900_000_000, 100,
        SevenDays, "smallest haircut of group 6 for new risk";
    "collateral.group_7.account_cap":
        (.limits[10].account_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value at Initial of group 7 in one account";
    "collateral.group_7.compartment_cap":
        (.limits[10].compartment_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value of all of group 7 that a deposit reaches";
    "collateral.group_7.haircut":
        (.limits[10].haircut_e9), RatioE9, [0], 0..=900_000_000, 100,
        SevenDays, "smallest haircut of group 7 for new risk";
    "collateral.group_8.account_cap":
        (.limits[11].account_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value at Initial of group 8 in one account";
    "collateral.group_8.compartment_cap":
        (.limits[11].compartment_cap), UsdE6, [9_000_000_000_000_000_000],
        0..=9_000_000_000_000_000_000, 100, SevenDays,
        "largest value of all of group 8 that a deposit reaches";
    "collateral.group_8.haircut":
        (.limits[11].haircut_e9), RatioE9, [0], 0..=900_000_000, 100,
        SevenDays, "smallest haircut of group 8 for new risk";
}

/// Bounds. [`crate::Error::ParameterOutOfBounds`].
pub fn check_board(board: &Board) -> Result<()> {
    within(board_bounds(board))
}
