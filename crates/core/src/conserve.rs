//! Recomputation of the ledger from accounts: INV-LEDGER and its parts.
