//! The one piece of memory, and the exports over it. The only file with `unsafe`.

use core::cell::UnsafeCell;
use core::mem::{offset_of, size_of};

use bulwark_core::Now;
use bulwark_state::{
    ACTION_BYTES, Bank, Board, Compartment, Guardian, Insurance, Key, Market, Proposal, Protocol,
};

use crate::say::{self, TEXT};

/// Bytes of a name at most.
const NAME: usize = 64;

/// What a caller writes.
#[repr(C)]
pub struct Accounts {
    pub(crate) proposal: Proposal,
    pub(crate) protocol: Protocol,
    pub(crate) guardian: Guardian,
    pub(crate) compartment: Compartment,
    pub(crate) board: Board,
    pub(crate) insurance: Insurance,
    pub(crate) market: Market,
    pub(crate) bank: Bank,
    /// What the item is called.
    pub(crate) name: [u8; NAME],
    /// Who acts.
    pub(crate) key: Key,
}

/// What a caller writes and reads.
#[repr(C)]
struct Desk {
    accounts: Accounts,
    text: [u8; TEXT],
}

struct Shared(UnsafeCell<Desk>);

// SAFETY: a WebAssembly instance without shared memory has one thread. Nothing else uses it.
unsafe impl Sync for Shared {}

// SAFETY: all are Pod or bytes: every pattern of bytes is a value, zeros among them.
static DESK: Shared = Shared(UnsafeCell::new(unsafe { core::mem::zeroed() }));

macro_rules! places {
    ($($number:literal $($field:ident).+: $type:ty;)+) => {
        /// Where and how large a place of the desk is, by its number.
        const fn place(number: u32) -> Option<(usize, usize)> {
            match number {
                $($number => Some((offset_of!(Accounts, $($field).+), size_of::<$type>())),)+
                _ => None,
            }
        }
    };
}

places! {
    0 proposal: Proposal;
    1 protocol: Protocol;
    2 guardian: Guardian;
    3 compartment: Compartment;
    4 board: Board;
    5 insurance: Insurance;
    6 market: Market;
    7 bank: Bank;
    8 name: [u8; NAME];
    9 key: Key;
    // An action that is no proposal yet.
    10 proposal.kind: u16;
    11 proposal.action_len: u16;
    12 proposal.action: [u8; ACTION_BYTES];
}

/// Where the bytes of a place go; 0 for one that isn't there.
#[unsafe(no_mangle)]
pub extern "C" fn words_place(number: u32) -> *mut u8 {
    let Some((offset, _)) = place(number) else {
        return core::ptr::null_mut();
    };
    // SAFETY: the offset of a field lies within the static; nothing is read.
    unsafe { DESK.0.get().cast::<u8>().add(offset) }
}

/// How many they are.
#[unsafe(no_mangle)]
pub extern "C" fn words_size(number: u32) -> usize {
    place(number).map_or(0, |(_, size)| size)
}

/// Where the text of the last answer is.
#[unsafe(no_mangle)]
pub extern "C" fn words_text() -> *const u8 {
    // SAFETY: the address of a field of a static; nothing is read.
    unsafe { (&raw const (*DESK.0.get()).text).cast() }
}

/// Says `what` of the proposal on the desk: 0 its sentence, 1 how it stands, 2 its action alone.
/// `seen`: bits of the places that were written for it. Returns the bytes of the text; minus them
/// where the text says why it isn't to be signed; 0 where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn words_say(what: u32, seen: u32, name: u32, unix: i64, slot: u64) -> i32 {
    // SAFETY: one thread, and no reference into the desk outlives this function. The caller wrote
    // through the pointers above before the call, into Pod fields.
    let Desk { accounts, text } = unsafe { &mut *DESK.0.get() };
    say::say(what, (seen, name), Now { unix, slot }, accounts, text)
}

/// Tries an act of the member on the desk, which changes guardian and proposal there: 0 propose, 1
/// approve, 2 object, 3 carry out. Returns 0, or the program's own error code.
#[unsafe(no_mangle)]
pub extern "C" fn words_act(what: u32, unix: i64, slot: u64) -> u32 {
    // SAFETY: as above.
    let desk = unsafe { &mut *DESK.0.get() };
    match say::act(what, Now { unix, slot }, &mut desk.accounts) {
        Ok(()) => 0,
        Err(error) => error.code(),
    }
}
