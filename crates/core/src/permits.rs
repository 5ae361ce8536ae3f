//! Permission as a conjunction of tables.
