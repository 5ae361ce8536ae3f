//! The oracle gate: severity of a leg, and what each action may do with it.
