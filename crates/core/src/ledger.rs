//! The signed ledger: balances, positions, fees, funding, interest.
