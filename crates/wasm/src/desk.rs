//! The one piece of memory, and the exports over it. The only file with `unsafe`.

use core::cell::UnsafeCell;
use core::mem::size_of;

use bulwark_core::health;
use bulwark_core::{Now, Result};
use bulwark_state::{Board, HealthView, MarginAccount, MarginNotice};

use crate::answer;

/// Figures that an answer has at most.
pub const FIGURES: usize = 16;

/// What a caller writes and reads.
#[repr(C)]
struct Desk {
    board: Board,
    account: MarginAccount,
    figures: [i64; FIGURES],
    health: HealthView,
    notice: MarginNotice,
}

struct Shared(UnsafeCell<Desk>);

// SAFETY: a WebAssembly instance without shared memory has one thread. On the host the tests of
// this crate take a lock around each use.
unsafe impl Sync for Shared {}

static DESK: Shared = Shared(UnsafeCell::new(Desk {
    // SAFETY: all are Pod: every pattern of bytes is a value, zeros among them.
    board: unsafe { core::mem::zeroed() },
    account: unsafe { core::mem::zeroed() },
    figures: [0; FIGURES],
    health: unsafe { core::mem::zeroed() },
    notice: unsafe { core::mem::zeroed() },
}));

/// Runs a rule on the desk and lays its figures out.
fn answer<const N: usize>(rule: impl FnOnce(&Board, &MarginAccount) -> Result<[i64; N]>) -> u32 {
    const { assert!(N <= FIGURES) };
    // SAFETY: one thread, and no reference into the desk outlives this function. The caller wrote
    // through the pointers below before the call, into Pod fields.
    let desk = unsafe { &mut *DESK.0.get() };
    desk.figures = [0; FIGURES];
    match rule(&desk.board, &desk.account) {
        Ok(figures) => {
            for (place, figure) in desk.figures.iter_mut().zip(figures) {
                *place = figure;
            }
            0
        }
        Err(error) => error.code(),
    }
}

/// Runs a rule that writes a view.
fn view(rule: impl FnOnce(&mut Desk) -> Result<()>) -> u32 {
    // SAFETY: as in `answer`.
    let desk = unsafe { &mut *DESK.0.get() };
    match rule(desk) {
        Ok(()) => 0,
        Err(error) => error.code(),
    }
}

fn now(unix: i64, slot: u64) -> Now {
    Now { unix, slot }
}

/// Where the Board's bytes go.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_board() -> *mut u8 {
    // SAFETY: the address of a field of a static; nothing is read.
    unsafe { (&raw mut (*DESK.0.get()).board).cast() }
}

/// How many they are.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_board_size() -> usize {
    size_of::<Board>()
}

/// Where the margin account's bytes go.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_account() -> *mut u8 {
    // SAFETY: as above.
    unsafe { (&raw mut (*DESK.0.get()).account).cast() }
}

/// How many they are.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_account_size() -> usize {
    size_of::<MarginAccount>()
}

/// Where the figures of the last answer are: sixteen signed 64-bit numbers.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_figures() -> *const i64 {
    // SAFETY: as above.
    unsafe { (&raw const (*DESK.0.get()).figures).cast() }
}

/// Where [`bulwark_health_view`] writes: a `HealthView` of `bulwark-state`.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_health_at() -> *const u8 {
    // SAFETY: as above.
    unsafe { (&raw const (*DESK.0.get()).health).cast() }
}

/// How many bytes it has.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_health_size() -> usize {
    size_of::<HealthView>()
}

/// Where [`bulwark_margin_notice`] writes: a `MarginNotice` of `bulwark-state`.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_notice_at() -> *const u8 {
    // SAFETY: as above.
    unsafe { (&raw const (*DESK.0.get()).notice).cast() }
}

/// How many bytes it has.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_notice_size() -> usize {
    size_of::<MarginNotice>()
}

/// Health as the program's own view returns it, byte for byte.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_health_view(paused: u32, unix: i64, slot: u64) -> u32 {
    view(|desk| {
        let now = now(unix, slot);
        health::view(
            &desk.board,
            &desk.account,
            now,
            paused != 0,
            &mut desk.health,
        )
    })
}

/// Margin notice as the program's own view returns it, byte for byte.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_margin_notice(paused: u32, unix: i64, slot: u64) -> u32 {
    view(|desk| {
        let now = now(unix, slot);
        health::notice(
            &desk.board,
            &desk.account,
            now,
            paused != 0,
            &mut desk.notice,
        )
    })
}

/// Value, requirement, critical level (UsdE6) at a level: 0 Initial, 1 LiquidationEnd, 2
/// Maintenance.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_health(level: u32, paused: u32, unix: i64, slot: u64) -> u32 {
    answer(|board, account| {
        let level = answer::level(level)?;
        let found = health::health(board, account, level, now(unix, slot), paused != 0)?;
        answer::health(found)
    })
}

/// The same at Maintenance, as it decides whether the account may be liquidated.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_eligibility(paused: u32, unix: i64, slot: u64) -> u32 {
    answer(|board, account| {
        let found = health::eligibility(board, account, now(unix, slot), paused != 0)?;
        answer::health(found)
    })
}

/// The one price of a market, PriceE8.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_mark(market: u32) -> u32 {
    answer(|board, _| {
        let mark = health::mark(board, answer::index(market)?)?;
        Ok([answer::signed(mark)?])
    })
}

/// Ratios of a leg, e9: initial, end of a liquidation, maintenance.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_ratios(market: u32, base: i64, unix: i64, slot: u64) -> u32 {
    answer(|board, _| answer::ratios(board, market, base, now(unix, slot)))
}

/// Weights of a bank's token, e9: initial, end of a liquidation, maintenance.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_weights(bank: u32, unix: i64, slot: u64) -> u32 {
    answer(|board, _| answer::weights(board, bank, now(unix, slot)))
}

/// Fair value of an amount of a bank's token, UsdE6.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_token_value(bank: u32, amount: u64, unix: i64, slot: u64) -> u32 {
    answer(|board, _| {
        let bank = answer::index(bank)?;
        Ok([health::token_value(board, bank, amount, now(unix, slot))?])
    })
}

/// What is wrong with a feed's price: age, severity, then seven flags.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_conditions(feed: u32, unix: i64, slot: u64) -> u32 {
    answer(|board, _| answer::conditions(board, feed, now(unix, slot)))
}

/// Interest due, then funding and loss due of each position slot, UsdE6.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_dues() -> u32 {
    answer(answer::dues)
}

/// 1 if the account leaves without any check of health.
#[unsafe(no_mangle)]
pub extern "C" fn bulwark_is_plain() -> u32 {
    answer(|_, account| Ok([i64::from(health::is_plain(account))]))
}
