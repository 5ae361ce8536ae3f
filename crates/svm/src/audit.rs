//! What must hold of a compartment between any two transactions, recomputed from its accounts and
//! never believed from its counters: INV-LEDGER to the unit, counters equal to sums, INV-BOOK,
//! INV-MARGIN, INV-FUND, coverage.

use anyhow::{Context, Result, anyhow};
use bulwark_client::Deployment;
use bulwark_core::conserve::{self, Sums};
use bulwark_core::mode::Finding;
use bulwark_core::time::{open_seconds, open_seconds_of_market};
use bulwark_core::{Now, book, check, order, targets};
use bulwark_state::{
    Bank, Board, Book, Compartment, Insurance, MarginAccount, Market, Recovery, Targets,
};
use solana_address::Address;

use crate::vm::address;
use crate::{Vm, tokens};

/// All accounts of a compartment as they are now.
pub struct Audit {
    /// The present.
    pub now: Now,
    /// Board.
    pub board: Box<Board>,
    /// Insurance.
    pub insurance: Box<Insurance>,
    /// Banks with what lies in their vaults.
    pub banks: Vec<(Box<Bank>, u64)>,
    /// Markets with their books.
    pub markets: Vec<(Box<Market>, Box<Book>)>,
    /// Margin accounts by address.
    pub margins: Vec<(Address, Box<MarginAccount>)>,
    /// The Recovery that is running, from its announcement on.
    pub recovery: Option<Box<Recovery>>,
}

/// Holes that no booked loss explains, and surpluses, token units, bank by bank: what a thief or a
/// donor has left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// M_j; for quote M less the deficit.
    pub missing: Vec<u128>,
    /// Surplus.
    pub surplus: Vec<u128>,
}

/// The compartment's Recovery, if one is announced or runs.
fn running(vm: &Vm, deployment: &Deployment) -> Result<Option<Box<Recovery>>> {
    let compartment = vm.read::<Compartment>(address(deployment.compartment));
    let compartment = compartment.context("no compartment")?;
    if compartment.recovery_phase == 0 {
        return Ok(None);
    }
    let key = deployment.recovery(compartment.recovery_epoch);
    let recovery = vm.read(address(key)).context("no Recovery")?;
    Ok(Some(recovery))
}

impl Audit {
    /// Reads everything. `margins` must be all margin accounts of the compartment; closed ones are
    /// left out.
    pub fn read(vm: &Vm, deployment: &Deployment, margins: &[Address]) -> Result<Self> {
        let clock = vm.clock();
        let read = |key: Address| vm.svm.get_account(&key).map(|_| key);
        let mut banks = Vec::new();
        for keys in &deployment.banks {
            let bank = vm
                .read::<Bank>(address(keys.bank))
                .context("a bank is gone")?;
            banks.push((bank, tokens::balance(vm, address(keys.vault))));
        }
        let mut markets = Vec::new();
        for keys in &deployment.markets {
            let market = vm
                .read::<Market>(address(keys.market))
                .context("a market is gone")?;
            let book = vm
                .read::<Book>(address(keys.book))
                .context("a book is gone")?;
            markets.push((market, book));
        }
        let mut found = Vec::new();
        for key in margins.iter().copied().filter_map(read) {
            if let Some(account) = vm.read::<MarginAccount>(key) {
                found.push((key, account));
            }
        }
        Ok(Self {
            now: Now {
                unix: clock.unix_timestamp,
                slot: clock.slot,
            },
            board: vm.read(address(deployment.board)).context("no Board")?,
            insurance: vm
                .read(address(deployment.insurance))
                .context("no insurance")?,
            banks,
            markets,
            margins: found,
            recovery: running(vm, deployment)?,
        })
    }

    /// What a Recovery has paid out of a bank: its marks are shadows, so the ledger doesn't move.
    fn paid_in_recovery(&self, bank: &Bank) -> u64 {
        self.recovery.as_ref().map_or(0, |recovery| {
            let seat = &recovery.banks[usize::from(bank.index)];
            let markers = if bank.index == 0 {
                recovery.rewarded
            } else {
                0
            };
            seat.paid + seat.seized_paid + markers
        })
    }

    /// Hole and surplus of every bank (D1).
    pub fn stock(&self) -> Result<Stock> {
        let mut stock = Stock::default();
        for (bank, vault) in &self.banks {
            let vault = vault + self.paid_in_recovery(bank);
            let balance = if bank.index == 0 {
                let markets = self.markets.iter().map(|(market, _)| &**market);
                conserve::quote_balance(bank, vault, self.insurance.balance, markets)
            } else {
                conserve::token_balance(bank, vault)
            };
            let balance = balance.map_err(|e| anyhow!("{}", e.message()))?;
            let deficit = if bank.index == 0 {
                bank.totals.deficit.into()
            } else {
                0
            };
            stock
                .missing
                .push(balance.missing().saturating_sub(deficit));
            stock.surplus.push(balance.surplus());
        }
        Ok(stock)
    }

    /// Everything that doesn't hold, in words; empty if all does. Holes and surpluses are compared
    /// by the caller, who knows what was stolen and given.
    pub fn problems(&self) -> Result<Vec<String>> {
        let mut problems = Vec::new();
        self.counters(&mut problems)?;
        self.checks(&mut problems);
        self.books(&mut problems);
        self.margins_of_markets(&mut problems);
        Ok(problems)
    }

    fn counters(&self, problems: &mut Vec<String>) -> Result<()> {
        let mut sums = Box::new(Sums::ZERO);
        for (key, account) in &self.margins {
            sums.add(&self.board, account)
                .map_err(|e| anyhow!("{key}: {}", e.message()))?;
        }
        let banks = self.banks.iter().map(|(bank, _)| &**bank);
        let markets = self.markets.iter().map(|(market, _)| &**market);
        conserve::compare(&sums, banks, markets, |mismatch| {
            problems.push(format!("counter {mismatch:?}"));
        })
        .map_err(|e| anyhow!("{}", e.message()))
    }

    /// What `check` would find of markets and accounts: a false alarm restricts a venue.
    fn checks(&self, problems: &mut Vec<String>) {
        for (market, _) in &self.markets {
            let mut seen = **market;
            let found = check::market(&self.board, &mut seen, true);
            if found != Ok(Finding::Sound) {
                problems.push(format!("check of market {}: {found:?}", market.index));
            }
        }
        for (key, account) in &self.margins {
            let found = check::account(&self.board, account, true);
            if found != Finding::Sound {
                problems.push(format!("check of account {key}: {found:?}"));
            }
        }
    }

    fn books(&self, problems: &mut Vec<String>) {
        for (market, book) in &self.markets {
            if let Err(error) = book::invariant(book) {
                problems.push(format!(
                    "INV-BOOK market {}: {}",
                    market.index,
                    error.message()
                ));
            }
            for (key, account) in &self.margins {
                let key = key.to_bytes();
                let held = order::consistent(book, account, &key, market.index, self.now);
                if let Err(error) = held {
                    let index = market.index;
                    problems.push(format!("INV-BOOK orders in {index}: {}", error.message()));
                }
            }
        }
    }

    fn margins_of_markets(&self, problems: &mut Vec<String>) {
        let clock = &self.board.clock;
        let unix = self.now.unix;
        for (place, market) in self.board.markets.iter().enumerate() {
            if market.status != 0 {
                let open = open_seconds_of_market(clock, &market.clock, unix);
                in_range(&market.margin, open, &format!("market {place}"), problems);
            }
        }
        for (place, bank) in self.board.banks.iter().enumerate().skip(1) {
            if bank.status != 0 {
                let open = open_seconds(clock, unix);
                in_range(&bank.haircut, open, &format!("bank {place}"), problems);
            }
        }
    }
}

/// INV-MARGIN: floor ≤ A ≤ cap, T in [floor, cap], A ≤ T_M or still coming down from above. A
/// floor that was raised is walked to.
fn in_range(targets: &Targets, open: u64, whose: &str, problems: &mut Vec<String>) {
    let range = u64::from(targets.params.floor_e9)..=u64::from(targets.params.cap_e9);
    let applied = targets::maintenance(targets, open);
    let walks = open.saturating_sub(targets.m0_open) < u64::from(targets.params.ramp);
    let applied = if walks && applied < *range.start() {
        *range.start()
    } else {
        applied
    };
    for (name, value) in [("T_I", targets.im), ("T_M", targets.mm), ("A", applied)] {
        if !range.contains(&value) {
            problems.push(format!(
                "INV-MARGIN {whose}: {name} = {value} outside {range:?}"
            ));
        }
    }
    if applied > targets.mm {
        problems.push(format!(
            "INV-MARGIN {whose}: A = {applied} above T_M = {}",
            targets.mm
        ));
    }
}
