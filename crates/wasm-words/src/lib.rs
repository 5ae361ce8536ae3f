//! The words of `bulwark-words` as WebAssembly, so that whoever signs in JavaScript reads the same
//! sentence as on the command line.
//!
//! There is one desk: the caller writes the bytes of accounts (without their discriminators) to
//! where [`words_place`] points, calls a function, and reads the text where [`words_text`] points.
//! Acts of members can be tried on the desk by the program's own rules, so that what comes of a
//! signature is known before it is given. A module of its own: pages that show health alone don't
//! load it.

#![cfg_attr(target_arch = "wasm32", no_std)]

mod desk;
mod say;

pub use desk::*;

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    // Traps: JavaScript sees a RuntimeError.
    core::arch::wasm32::unreachable()
}
