//! What the program says of an account.

use bulwark_client::Instruction;
use bulwark_state::{HealthView, MarginNotice};
use bytemuck::Pod;

use super::World;

impl World {
    /// The program's own view of a trader's health.
    pub fn health_view(&mut self, name: &'static str) -> HealthView {
        let margin = self.margin_key(name);
        let view = self.deployment.health_view(margin);
        self.returned(&view)
    }

    /// The program's own margin notice for a trader.
    pub fn margin_notice(&mut self, name: &'static str) -> MarginNotice {
        let margin = self.margin_key(name);
        let notice = self.deployment.margin_notice(margin);
        self.returned(&notice)
    }

    /// What an instruction that nobody signs returns. The runtime cuts zeros off the end of return
    /// data, as clients must expect.
    fn returned<T: Pod>(&mut self, view: &Instruction) -> T {
        let receipt = self
            .send(std::slice::from_ref(view), &[])
            .expect("a view is given");
        let mut value = T::zeroed();
        let bytes = bytemuck::bytes_of_mut(&mut value);
        assert!(receipt.returned.len() <= bytes.len());
        bytes[..receipt.returned.len()].copy_from_slice(&receipt.returned);
        value
    }
}
