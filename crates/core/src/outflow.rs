//! Leaky buckets and the queue of withdrawals.
