//! Deposits, withdrawals, coverage and residual claims.
