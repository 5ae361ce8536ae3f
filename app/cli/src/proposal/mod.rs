//! `bulwark proposal show`: what a proposal does, in one plain sentence, from dumped accounts.

mod dump;

use std::path::PathBuf;

use anyhow::{Result, bail};
use bulwark_core::guardian::Subject;
use bulwark_state::Proposal;
use bulwark_words::Seen;
use clap::{Args, Subcommand};

use dump::Accounts;

/// Proposals of the guardian.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Says in one sentence what a proposal does, with the values before and after
    Show(Show),
}

#[derive(Args)]
struct Show {
    /// The proposal's account: `solana account ADDRESS --output json -o FILE`, the answer of
    /// `getAccountInfo`, or its bytes
    proposal: PathBuf,
    /// Further accounts in the same form, known by their contents: Guardian, Protocol, and what the
    /// action is about (Board and market, bank or insurance). Values before come from them
    #[arg(long = "with", value_name = "FILE")]
    with: Vec<PathBuf>,
    /// What the market, bank or feed is called, for instance SOL-PERP
    #[arg(long)]
    name: Option<String>,
}

/// Runs the command; `false` for a proposal that can't be read.
pub fn run(options: &Options) -> Result<bool> {
    let Command::Show(show) = &options.command;
    let proposal = dump::proposal(&show.proposal)?;
    let mut accounts = Accounts::default();
    for file in &show.with {
        accounts.take(file)?;
    }
    let name = show.name.as_deref();
    let said = sentence(&proposal, &accounts, name)?;
    println!("{said}");
    for missing in missing(&proposal, &accounts) {
        eprintln!("note: {missing} wasn't passed, so its values are not shown (--with FILE)");
    }
    Ok(!said.contains(bulwark_words::UNREADABLE))
}

/// The sentence. Fails if an account is another one's than the action's.
fn sentence(proposal: &Proposal, accounts: &Accounts, name: Option<&str>) -> Result<String> {
    let seen = Seen {
        protocol: accounts.protocol.as_deref(),
        guardian: accounts.guardian.as_deref(),
        board: accounts.board.as_deref(),
        insurance: accounts.insurance.as_deref(),
        market: accounts.market.as_deref(),
        bank: accounts.bank.as_deref(),
        name,
        compartment: None,
        now: None,
    };
    if let Some(foreign) = seen.foreign(proposal) {
        bail!("{foreign}");
    }
    let mut said = String::new();
    bulwark_words::write_proposal(&mut said, proposal, &seen)?;
    Ok(said)
}

/// What would have made the sentence say more.
fn missing(proposal: &Proposal, accounts: &Accounts) -> Vec<&'static str> {
    let about = bulwark_words::subject(proposal).map(|(_, subject)| subject);
    let wanted = [
        (accounts.guardian.is_none(), "the Guardian"),
        (about.is_some() && accounts.board.is_none(), "the Board"),
        (
            matches!(about, Some(Subject::Market(_))) && accounts.market.is_none(),
            "the market",
        ),
        (
            matches!(about, Some(Subject::Bank(_))) && accounts.bank.is_none(),
            "the bank",
        ),
        (
            matches!(about, Some(Subject::Compartment)) && accounts.insurance.is_none(),
            "the insurance",
        ),
    ];
    let absent = wanted.into_iter().filter(|(absent, _)| *absent);
    absent.map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulwark_core::guardian::{Action, MAX_SETTINGS, Setting, encode};
    use bulwark_core::params::{Class, Group, board_market_preset, margin_preset};
    use bulwark_state::{Board, End};
    use bytemuck::Zeroable;

    #[test]
    fn a_floor_is_said_with_its_values_and_its_date() {
        let mut list = [Setting::default(); MAX_SETTINGS];
        list[0] = Setting {
            id: Group::Margin.id(1),
            value: 25_000_000,
        };
        list[1] = Setting {
            id: Group::Margin.id(2),
            value: 300_000_000,
        };
        let action = Action::SetParameters(0, Subject::Market(0), 2, list);
        let mut proposal = Proposal::zeroed();
        proposal.action_len = encode(&action, &mut proposal.action).unwrap();
        (proposal.kind, proposal.state, proposal.nonce) = (action.kind() as u16, 2, 7);
        proposal.eta = End {
            at: 1_795_000_000,
            slot: 9,
        };
        proposal.expires_at = 1_795_606_600;
        let mut board: Box<Board> = bytemuck::allocation::zeroed_box();
        board.markets[0].margin.params = margin_preset(Class::Major);
        board_market_preset(Class::Major, &mut board.markets[0]);
        let accounts = Accounts {
            board: Some(board),
            ..Accounts::default()
        };
        let said = sentence(&proposal, &accounts, Some("SOL-PERP")).unwrap();
        assert_eq!(
            said,
            "Proposal 7: sets of SOL-PERP (market 0 of compartment 0): margin.floor from 2 % to \
             2.5 % (smallest maintenance ratio), margin.cap stays 30 % (largest maintenance ratio, at least twice the floor); \
             effective earliest 2026-11-18 11:36 UTC and not before slot 9; void from 2026-11-25 \
             11:36 UTC."
        );
        assert_eq!(
            missing(&proposal, &accounts),
            ["the Guardian", "the market"]
        );
    }
}
