//! Variance trackers of committed samples.
