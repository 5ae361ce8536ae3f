//! Validation and life of orders.
