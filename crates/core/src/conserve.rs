//! Exact recomputation of INV-LEDGER from accounts.
