//! 128-bit multiplication and division for SBF programs built by the upstream compiler.
//!
//! A processor of 64 bits has no instruction for these, so the code generator calls a library
//! function for each. The compiler's own library returns a 128-bit value through a pointer where
//! LLVM expects it in two registers, so a program without this crate reads the result from the
//! wrong place. The official tools bring a library that fits; there this crate is not linked.
//!
//! Inside, everything is done on 64-bit halves: a 128-bit `*`, `/` or `%` would call itself. Every
//! operation wraps, because programs are compiled with overflow checks. On the host the crate is
//! ordinary Rust, compared with the host's own arithmetic in `tests/against_native.rs`.

#![cfg_attr(
    target_arch = "bpf",
    no_std,
    allow(internal_features),
    feature(abi_unadjusted)
)]

mod divide;
mod halves;
mod multiply;

pub use divide::{divide_signed, divide_unsigned};
pub use multiply::multiply;

// Memory functions and floats, as weak symbols: the five below win over the ones in there.
#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;

/// The symbols that the code generator calls. Nothing else may call them: only the code generator
/// knows this calling convention on both sides.
#[cfg(target_arch = "bpf")]
mod symbols {
    use crate::{divide_signed, divide_unsigned, multiply};

    #[unsafe(no_mangle)]
    pub extern "unadjusted" fn __multi3(a: i128, b: i128) -> i128 {
        multiply(a as u128, b as u128) as i128
    }

    #[unsafe(no_mangle)]
    pub extern "unadjusted" fn __udivti3(n: u128, d: u128) -> u128 {
        divide_unsigned(n, d).0
    }

    #[unsafe(no_mangle)]
    pub extern "unadjusted" fn __umodti3(n: u128, d: u128) -> u128 {
        divide_unsigned(n, d).1
    }

    /// Rounds toward zero.
    #[unsafe(no_mangle)]
    pub extern "unadjusted" fn __divti3(n: i128, d: i128) -> i128 {
        divide_signed(n, d).0
    }

    /// Has the sign of the dividend.
    #[unsafe(no_mangle)]
    pub extern "unadjusted" fn __modti3(n: i128, d: i128) -> i128 {
        divide_signed(n, d).1
    }
}
