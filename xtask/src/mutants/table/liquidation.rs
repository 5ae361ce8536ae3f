//! Liquidation.

use crate::mutants::Mutant;

pub const MUTANTS: &[Mutant] = &[
    Mutant {
        guards: "INV-LIQ",
        file: "crates/core/src/liquidation/premium.rs",
        from: "let share = mul_pow10_div_floor::<9>(margin_e9, standing).ok_or(Error::Overflow)?;",
        to: "let share = margin_e9.max(mul_pow10_div_floor::<9>(margin_e9, \
               standing).ok_or(Error::Overflow)?);",
        core: "inv_liq inv_liq",
        elf: "",
    },
    Mutant {
        guards: "INV-LIQ",
        file: "crates/core/src/liquidation/mod.rs",
        from: "if better < worse {",
        to: "if better < worse && false {",
        core: "inv_liq inv_liq_refuses",
        elf: "",
    },
    Mutant {
        guards: "INV-LIQ",
        file: "crates/core/src/liquidation/mod.rs",
        from: "if after.surplus()? < before.surplus()? {",
        to: "if after.surplus()? < before.surplus()? && false {",
        core: "inv_liq inv_liq_refuses",
        elf: "",
    },
    Mutant {
        guards: "INV-LIQ i02",
        file: "crates/core/src/liquidation/takeover.rs",
        from: "if !health::initial_ok(board, receiver, now, around.receiver_scale_ppm)? {",
        to: "if false {",
        core: "stateful all_acts",
        elf: "",
    },
    Mutant {
        guards: "INV-LIQ",
        file: "crates/core/src/liquidation/seizure.rs",
        from: "Ok(mul_div_floor(raw, ONE_E9, whole.max(1)).map_or(wanted, |limit| \
               wanted.min(limit)))",
        to: "Ok(mul_div_floor(raw, ONE_E9, whole.max(1)).map_or(wanted, |limit| \
               wanted.max(limit)))",
        core: "seizure inv_liq",
        elf: "",
    },
    Mutant {
        guards: "i08",
        file: "crates/core/src/liquidation/takeover.rs",
        from: "size = needed.min(room);",
        to: "size = whole.min(room);",
        core: "inv_liq never_over",
        elf: "",
    },
    Mutant {
        guards: "i08",
        file: "crates/core/src/liquidation/takeover.rs",
        from: "size = needed.min(room);",
        to: "size = needed;",
        core: "liquidation",
        elf: "attacks_venue i08_four",
    },
    Mutant {
        guards: "a28",
        file: "crates/core/src/liquidation/mod.rs",
        from: "if around.grace && !critical && !was_liquidatable(board, account, now)? {",
        to: "if around.grace && !critical && false {",
        core: "liquidation a28_",
        elf: "",
    },
    Mutant {
        guards: "a28",
        file: "crates/core/src/liquidation/mod.rs",
        from: "if around.grace && !critical && !was_liquidatable(board, account, now)? {",
        to: "if around.grace && !was_liquidatable(board, account, now)? {",
        core: "liquidation a28_",
        elf: "",
    },
    Mutant {
        guards: "a28",
        file: "crates/core/src/mode/grace.rs",
        from: "compartment.grace_from = from;",
        to: "compartment.grace_from = compartment.grace_from.min(from);",
        core: "mode a28_",
        elf: "",
    },
    Mutant {
        guards: "a50",
        file: "crates/core/src/liquidation/mod.rs",
        from: ".is_none_or(|passed| passed < UNFLAG_GAP)",
        to: ".is_none_or(|passed| passed > UNFLAG_GAP)",
        core: "liquidation a50_",
        elf: "",
    },
    Mutant {
        guards: "a50",
        file: "crates/core/src/liquidation/mod.rs",
        from: "if end.surplus()? < 0 {",
        to: "if end.surplus()? < 0 && account.unflag_open != 0 {",
        core: "liquidation a50_",
        elf: "",
    },
    Mutant {
        guards: "a32",
        file: "crates/core/src/liquidation/takeover.rs",
        from: "let room = most.saturating_sub(taken) / lot;",
        // A quota of the whole market: who comes after another finds a quarter left.
        to: "let others = if market.cascade.at == self.leg.now.unix { 4 } else { 1 }; \
             let room = most.saturating_sub(taken) / others / lot;",
        core: "",
        elf: "attacks_guardian a32_",
    },
    Mutant {
        guards: "INV-LIQ",
        file: "crates/core/src/liquidation/seizure.rs",
        from: ".is_none_or(|token| token.bank != bank)",
        to: ".is_none_or(|token| token.active == 0)",
        core: "seizure worst_weight",
        elf: "attacks_liquidation a_liquidator_of",
    },
];
