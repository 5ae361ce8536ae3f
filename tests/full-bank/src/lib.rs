//! Scenarios on the bytecode in a full bank.
