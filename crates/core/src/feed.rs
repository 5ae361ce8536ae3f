//! Acceptance of oracle prints into a feed.
