//! Allocation of a loss.
