//! The same compartment twice: in the VM, and decoded into core's own.

use bulwark_client::Pubkey;
use bulwark_core::Now;
use bulwark_core::outflow::Flow;
use bulwark_state::{Bank, Board, Book, Compartment, MarginAccount, Market, Ticket};
use bulwark_svm::World;
use bulwark_svm::vm::{address, pubkey};
use bytemuck::{Pod, bytes_of};

use crate::exchange::{MARKETS, State, key};
use crate::play::PEOPLE;

/// A ticket that waits: whose, of which bank, its number.
#[derive(Clone, Copy)]
pub struct Waiting {
    pub who: usize,
    pub bank: usize,
    pub number: u64,
}

/// Margin accounts in the order of the people.
pub fn margins(world: &mut World) -> Vec<Pubkey> {
    PEOPLE.iter().map(|name| world.margin_key(name)).collect()
}

/// Orders name margin accounts: by address there, by number here.
fn renamed(book: &mut Book, margins: &[Pubkey]) {
    for order in book.bids.iter_mut().chain(&mut book.asks) {
        let owner = Pubkey::new_from_array(order.margin);
        if let Some(number) = margins.iter().position(|margin| *margin == owner) {
            order.margin = key(number);
        }
    }
}

fn address_of(world: &World, ticket: &Waiting, margins: &[Pubkey]) -> Pubkey {
    let bank = world.deployment.banks[ticket.bank].bank;
    bulwark_client::address::ticket(&bank, &margins[ticket.who], ticket.number)
}

/// Decodes all accounts of the VM into core's compartment.
pub fn decode(world: &mut World, waiting: &[Waiting]) -> State {
    let margins = margins(world);
    let accounts: Vec<MarginAccount> = margins.iter().map(|key| *world.read(*key)).collect();
    let mut books = std::array::from_fn::<_, MARKETS, _>(|at| world.book(at));
    for book in &mut books {
        renamed(book, &margins);
    }
    let tickets = waiting.iter().map(|one| {
        let mut ticket: Box<Ticket> = world.read(address_of(world, one, &margins));
        ticket.bank = [one.bank as u8; 32];
        (one.who, *ticket)
    });
    let compartment: Box<Compartment> = world.compartment();
    State {
        board: world.board(),
        markets: std::array::from_fn(|at| world.market(at)),
        books,
        banks: std::array::from_fn(|at| world.bank(at)),
        vaults: std::array::from_fn(|at| world.vault(at)),
        tickets: tickets.collect(),
        insurance: world.insurance(),
        clock: compartment.clock,
        compartment,
        now: now(world),
        paused_until: 0,
        short: [0; 2],
        paid_in: vec![[0; 2]; accounts.len()],
        accounts,
    }
}

fn now(world: &World) -> Now {
    world.now()
}

/// Normal, and nothing waits.
pub fn flow() -> Flow {
    Flow::of(bulwark_core::mode::Mode::Normal)
}

/// What the program counts beside the rules: its events.
fn without_events(state: &mut State) {
    for market in &mut state.markets {
        market.event_sequence = 0;
    }
    for bank in &mut state.banks {
        bank.event_sequence = 0;
    }
    for account in &mut state.accounts {
        account.event_sequence = 0;
    }
}

fn same<T: Pod>(what: &str, core: &T, elf: &T) {
    let (core, elf) = (bytes_of(core), bytes_of(elf));
    if let Some(at) = core.iter().zip(elf).position(|(a, b)| a != b) {
        let end = (at / 8 * 8 + 8).min(core.len());
        panic!(
            "{what} differs at byte {at} of {}: core {:?}, bytecode {:?}",
            core.len(),
            &core[at / 8 * 8..end],
            &elf[at / 8 * 8..end]
        );
    }
}

/// Asserts that both hold the same, byte by byte.
pub fn compare(act: &str, core: &mut State, elf: &mut State) {
    without_events(core);
    without_events(elf);
    same::<Board>(&format!("after {act} the Board"), &core.board, &elf.board);
    same(
        &format!("after {act} insurance"),
        &*core.insurance,
        &*elf.insurance,
    );
    for at in 0..MARKETS {
        same::<Market>(
            &format!("after {act} market {at}"),
            &core.markets[at],
            &elf.markets[at],
        );
        same::<Book>(
            &format!("after {act} book {at}"),
            &core.books[at],
            &elf.books[at],
        );
    }
    for at in 0..2 {
        same::<Bank>(
            &format!("after {act} bank {at}"),
            &core.banks[at],
            &elf.banks[at],
        );
    }
    assert_eq!(core.vaults, elf.vaults, "what lies in the vaults");
    for (who, (core, elf)) in core.accounts.iter().zip(&elf.accounts).enumerate() {
        same(&format!("after {act} account {who}"), core, elf);
    }
    let left = |state: &State| -> Vec<(usize, u64, u64)> {
        let tickets = state.tickets.iter();
        tickets
            .map(|(who, ticket)| (*who, ticket.amount, ticket.served))
            .collect()
    };
    assert_eq!(left(core), left(elf), "what waits");
}

/// Token account of a person for a bank.
pub fn tokens(world: &World, who: usize, bank: usize) -> Pubkey {
    pubkey(world.traders[PEOPLE[who]].tokens[bank])
}

/// Whether a ticket is still there.
pub fn waits(world: &World, one: &Waiting, margins: &[Pubkey]) -> bool {
    let key = address(address_of(world, one, margins));
    world.vm.read::<Ticket>(key).is_some()
}
