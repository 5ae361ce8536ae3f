//! The order book as two sorted arrays.
