//! Views: instructions that change nothing and return what they found.

use bulwark::{accounts, instruction};

use crate::{Deployment, Instruction, Pubkey, build};

impl Deployment {
    /// Returns a `HealthView` (`bulwark-state`) of a margin account.
    pub fn health_view(&self, margin: Pubkey) -> Instruction {
        build(self.view(margin), [], instruction::HealthView {})
    }

    /// Returns a `MarginNotice` (`bulwark-state`) of a margin account.
    pub fn margin_notice(&self, margin: Pubkey) -> Instruction {
        build(self.view(margin), [], instruction::MarginNotice {})
    }

    fn view(&self, margin: Pubkey) -> accounts::View {
        accounts::View {
            protocol: self.protocol,
            compartment: self.compartment,
            board: self.board,
            margin,
        }
    }
}
