//! The rules of `bulwark-core` as WebAssembly, so that a client computes health by the program's
//! own code.
//!
//! There is one desk: the caller writes the bytes of a Board and of a margin account (without
//! their discriminators) to where [`bulwark_board`] and [`bulwark_account`] point, calls a rule,
//! and reads the figures where [`bulwark_figures`] points. A rule returns 0, or the program's own
//! error code. Nothing here computes: each export hands over to core and lays the answer out.

#![cfg_attr(target_arch = "wasm32", no_std)]

mod answer;
mod desk;

pub use desk::*;

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    // Traps: JavaScript sees a RuntimeError. Core doesn't panic, so nothing gets here.
    core::arch::wasm32::unreachable()
}
