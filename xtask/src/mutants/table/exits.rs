//! Permission tables, outflow, tickets.

use crate::mutants::Mutant;

pub const MUTANTS: &[Mutant] = &[
    Mutant {
        guards: "INV-MONO",
        file: "crates/core/src/permits/tables.rs",
        from: "/* OpenInterestUp        */ [Yes, No, No, No],",
        to: "/* OpenInterestUp        */ [Yes, No, Yes, No],",
        core: "permits inv_mono",
        elf: "",
    },
    Mutant {
        guards: "INV-SUBSET",
        file: "crates/core/src/permits/mod.rs",
        from: "let status = context.market.ok_or(Error::MarketForbids)?;",
        to: "let status = context.market.unwrap_or(MarketStatus::Open);",
        core: "permits inv_subset",
        elf: "",
    },
    Mutant {
        guards: "INV-EXIT",
        file: "crates/core/src/permits/tables.rs",
        from: "/* PlainExit             */ [Yes, Rate(2), Rate(4), ByRecovery],",
        to: "/* PlainExit             */ [Yes, Rate(2), No, ByRecovery],",
        core: "permits inv_exit",
        elf: "",
    },
    Mutant {
        guards: "INV-EXIT",
        file: "crates/core/src/health/mod.rs",
        from: ".all(|order| order.size == 0 || u32::from(order.epoch) != account.order_epoch & \
               0xffff)",
        to: ".all(|order| order.size == 0)",
        core: "health plain_accounts",
        elf: "",
    },
    Mutant {
        guards: "INV-TICKET",
        file: "crates/core/src/outflow/queue.rs",
        from: "let start = bank.queue.q_in;",
        to: "let start = bank.queue.q_out;",
        core: "outflow tickets_are_served",
        elf: "",
    },
    Mutant {
        guards: "INV-TICKET",
        file: "crates/core/src/outflow/queue.rs",
        from: "bank.queue.q_out = Wide::new(wanted.min(limit));",
        to: "bank.queue.q_out = Wide::new(limit);",
        core: "outflow",
        elf: "",
    },
    Mutant {
        guards: "a09",
        file: "crates/core/src/outflow/base.rs",
        from: "let base = bank.base_floor.max(claims(bank)?.min(bank.mean_claims));",
        to: "let base = bank.base_floor.max(claims(bank)?);",
        core: "outflow a09_",
        elf: "attacks_exits a09_",
    },
    Mutant {
        guards: "a10",
        file: "crates/core/src/withdrawal/exit.rs",
        from: "plan.free = fading_left(&claim.recent, now, DAY)?",
        to: "plan.free = fading_left(&claim.recent, now, 0)?",
        core: "outflow a10_",
        elf: "attacks_exits a10_",
    },
    Mutant {
        guards: "a68",
        file: "crates/core/src/outflow/base.rs",
        from: "base.max(bank.queue.held_base)",
        to: "base",
        core: "outflow a68_",
        elf: "attacks_exits a68_",
    },
];
