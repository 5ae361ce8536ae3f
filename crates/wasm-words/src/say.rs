//! What is said and tried, as safe functions over the desk.

use core::fmt::{self, Write};

use bulwark_core::guardian::{self, Kind, decode};
use bulwark_core::mode::effective_record;
use bulwark_core::{Error, Now, Result};
use bulwark_words::{Seen, UNREADABLE, write_action, write_proposal, write_standing};

use crate::desk::Accounts;

/// Bytes of text at most: the longest action sets 24 parameters in some 150 bytes each.
pub const TEXT: usize = 16_384;

/// Text in a piece of memory.
pub struct Page<'a> {
    room: &'a mut [u8],
    length: usize,
}

impl<'a> Page<'a> {
    pub const fn new(room: &'a mut [u8]) -> Self {
        Self { room, length: 0 }
    }

    fn text(&self) -> &str {
        let written = self.room.get(..self.length).unwrap_or(&[]);
        core::str::from_utf8(written).unwrap_or("")
    }
}

impl Write for Page<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length.checked_add(text.len()).ok_or(fmt::Error)?;
        let place = self.room.get_mut(self.length..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// What to say: 0 the proposal's sentence, 1 how it stands, 2 its action alone.
/// `seen`: bits of the accounts that are known; `name`: bytes of the name.
pub fn say(
    what: u32,
    (seen, name): (u32, u32),
    now: Now,
    accounts: &Accounts,
    text: &mut [u8],
) -> i32 {
    let known = |bit: u32| seen & (1 << bit) != 0;
    let name = accounts.name.get(..name as usize).unwrap_or(&[]);
    let seen = Seen {
        protocol: known(1).then_some(&accounts.protocol),
        guardian: known(2).then_some(&accounts.guardian),
        compartment: known(3).then_some(&accounts.compartment),
        board: known(4).then_some(&accounts.board),
        insurance: known(5).then_some(&accounts.insurance),
        market: known(6).then_some(&accounts.market),
        bank: known(7).then_some(&accounts.bank),
        name: core::str::from_utf8(name)
            .ok()
            .filter(|name| !name.is_empty()),
        now: Some(now),
    };
    let mut page = Page::new(text);
    let proposal = &accounts.proposal;
    if let Some(foreign) = seen.foreign(proposal) {
        let _ = write!(page, "{foreign}");
        return refused(&page);
    }
    let bytes = proposal.action.get(..usize::from(proposal.action_len));
    let said = match what {
        0 => write_proposal(&mut page, proposal, &seen),
        1 => write_standing(&mut page, proposal, &seen),
        _ => write_action(&mut page, proposal.kind, bytes.unwrap_or(&[]), &seen),
    };
    // Half a sentence is none.
    if said.is_err() || page.text().contains(UNREADABLE) {
        return refused(&page);
    }
    length(&page)
}

fn length(page: &Page) -> i32 {
    i32::try_from(page.length).unwrap_or(0)
}

fn refused(page: &Page) -> i32 {
    length(page).checked_neg().unwrap_or(0)
}

/// Tries a member's act on the desk's guardian and proposal: 0 propose (the proposal's kind and
/// bytes are on the desk), 1 approve, 2 object, 3 carry out.
pub fn act(what: u32, now: Now, desk: &mut Accounts) -> Result<()> {
    let (guardian, proposal) = (&mut desk.guardian, &mut desk.proposal);
    let mode = effective_record(&desk.protocol.mode, now);
    let step = match what {
        0 => {
            let bytes = proposal.action;
            let bytes = bytes.get(..usize::from(proposal.action_len));
            let kind = Kind::from_u16(proposal.kind)?;
            let action = decode(kind, bytes.ok_or(Error::BadAction)?)?;
            guardian::propose(guardian, proposal, &desk.key, &action, mode, now)
        }
        1 => guardian::approve_proposal(guardian, proposal, &desk.key, mode, now),
        2 => guardian::object_to_proposal(guardian, proposal, &desk.key, now),
        3 => guardian::execute(guardian, proposal, now),
        _ => Err(Error::BadIndex),
    };
    step.map(drop)
}
