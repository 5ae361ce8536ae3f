//! Modes, their records and budgets.
