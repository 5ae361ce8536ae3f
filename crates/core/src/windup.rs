//! Winding up of bankrupt accounts.
