//! What an instruction pays for asking modes, breakers and the tables of permission. With the
//! feature `heap-log` the units that are left are logged where such a question begins and where it
//! ends: for `cargo xtask cu`, never deployed. Without it nothing of this is in the bytecode.

/// A question, from here to the end of the function that it stands in. What comes before it in that
/// function proves that accounts belong together, which every program has to.
pub struct Question;

impl Question {
    /// Begins.
    #[inline(always)]
    pub fn begins() -> Self {
        #[cfg(all(feature = "heap-log", target_os = "solana"))]
        solana_program::log::sol_log_compute_units();
        Self
    }
}

#[cfg(all(feature = "heap-log", target_os = "solana"))]
impl Drop for Question {
    #[inline(always)]
    fn drop(&mut self) {
        solana_program::log::sol_log_compute_units();
    }
}
