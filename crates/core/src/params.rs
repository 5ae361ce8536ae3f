//! Bounded parameters: default, smallest, largest, step, class.
