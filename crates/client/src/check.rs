//! The self-check.

use bulwark::{accounts, instruction};

use crate::{AccountMeta, Deployment, Instruction, Pubkey, address, build};

/// What a check looks at, beside the Board and the modes' budgets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Items {
    /// The quote bank, with every market.
    pub quote: bool,
    /// Markets, where `quote` doesn't bring all of them.
    pub markets: Vec<usize>,
    /// Tokens' banks, with their vaults.
    pub banks: Vec<usize>,
    /// Margin accounts.
    pub accounts: Vec<Pubkey>,
}

impl Items {
    /// Everything of a compartment but its margin accounts.
    pub fn all(deployment: &Deployment) -> Self {
        Self {
            quote: true,
            banks: (1..deployment.banks.len()).collect(),
            ..Self::default()
        }
    }
}

impl Deployment {
    /// Checks `items`; a first latch is rewarded into `reward_to`, a margin account.
    pub fn check(&self, caller: Pubkey, items: &Items, reward_to: Option<Pubkey>) -> Instruction {
        let quote = (items.quote || reward_to.is_some()).then_some(self.banks[0]);
        let accounts = accounts::Check {
            caller,
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            insurance: self.insurance,
            quote_bank: quote.map(|bank| bank.bank),
            quote_vault: quote.map(|bank| bank.vault),
            reward_to,
            event_authority: address::event_authority(),
            program: bulwark::ID,
        };
        let mut rest = Vec::new();
        let market = |key: &crate::MarketKeys| AccountMeta::new(key.market, false);
        if items.quote {
            rest.extend(self.markets.iter().map(market));
        }
        rest.extend(items.markets.iter().map(|m| market(&self.markets[*m])));
        for bank in items.banks.iter().map(|bank| &self.banks[*bank]) {
            rest.push(AccountMeta::new_readonly(bank.bank, false));
            rest.push(AccountMeta::new_readonly(bank.vault, false));
        }
        let margins = items.accounts.iter();
        rest.extend(margins.map(|key| AccountMeta::new_readonly(*key, false)));
        build(accounts, rest, instruction::Check { quote: items.quote })
    }
}
