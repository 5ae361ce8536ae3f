//! Flagging and take-over of liquidatable accounts.
