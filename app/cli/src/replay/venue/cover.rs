//! Insurance: who staked in it, what a keeper does for it, and what it costs and is worth.

use anyhow::{Context, Result};
use bulwark::instructions::StakeAct;
use bulwark_core::staking::{self, stress};
use bulwark_state::{Insurance, Stake};
use bulwark_svm::vm::{address, pubkey};
use solana_signer::Signer;

use super::{Party, Venue};

/// Accounts whose stress counts at a time.
const LARGEST: usize = 4;

/// Insurance at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    /// I, UsdE6.
    pub insurance_e6: u64,
    /// S: stressed shortfall, UsdE6.
    pub stress_e6: u64,
    /// U: the second over the first, at most one, ppm.
    pub used_ppm: u64,
    /// r(U): stakers' share of fees, ppm.
    pub fee_share_ppm: u64,
    /// Price of cover at U, ppm of stress a year.
    pub premium_ppm: u64,
    /// What is left, with what was earned, of a stake made before the first print, ppm.
    pub share_ppm: u64,
    /// Premium that positions were charged so far, UsdE6.
    pub premium_e6: u64,
    /// Fees that stakers have earned so far, UsdE6.
    pub fees_e6: u64,
}

impl Venue {
    /// The staker brings his part in.
    pub(super) fn stake(&mut self, amount: u64) -> Result<()> {
        let (owner, purse) = (self.staker.key(), self.staker.purse(0));
        let join = StakeAct::Join(amount);
        let join = self.deployment.first_stake(owner, join, purse);
        let signer = self.staker.owner.insecure_clone();
        self.must(&[join], &[&signer]).context("a stake")?;
        self.staked = amount;
        Ok(())
    }

    /// What a keeper does for insurance: proves the largest stresses and shares fees.
    pub fn keep_cover(&mut self, watched: &[Party]) -> Result<()> {
        let mut lacks: Vec<(u64, Party)> = Vec::new();
        for party in watched {
            let account = &self.seat(*party).account;
            if account.version == 0 {
                continue;
            }
            // Whoever has no price now is proved later.
            let found = stress::shortfall(&self.board, account, self.now);
            lacks.extend(
                found
                    .ok()
                    .filter(|lack| *lack != 0)
                    .map(|lack| (lack, *party)),
            );
        }
        lacks.sort_unstable_by_key(|one| std::cmp::Reverse(*one));
        lacks.truncate(LARGEST);
        let payer = pubkey(self.vm.payer.pubkey());
        for (_, party) in lacks {
            let prove = self.deployment.prove_stress(payer, self.seat(party).margin);
            self.attempt(&[prove], &[])?;
            self.reload(party);
        }
        let owner = self.staker.key();
        let earn = self.deployment.stake(payer, &owner, StakeAct::Earn, None);
        self.attempt(&[earn], &[])?;
        self.reload_board()
    }

    /// Insurance now, read from the accounts by the program's rules.
    pub fn cover(&self) -> Result<Cover> {
        let refused = |error: bulwark_core::Error| anyhow::anyhow!("cover: {}", error.message());
        let key = address(self.deployment.insurance);
        let insurance = self.vm.read::<Insurance>(key).context("no insurance")?;
        let key = self.deployment.stake_key(&self.staker.key());
        let stake = self.vm.read::<Stake>(address(key)).context("no stake")?;
        let (board, now) = (&self.board, self.now);
        let used = staking::utilisation_ppm(board, &insurance, now).map_err(refused)?;
        let share = staking::mean_share_ppm(&insurance, used, used).map_err(refused)?;
        let worth = staking::worth(&insurance, &stake).map_err(refused)?;
        Ok(Cover {
            insurance_e6: insurance.balance,
            stress_e6: stress::total(board, &insurance, now).map_err(refused)?,
            used_ppm: used,
            fee_share_ppm: share.into(),
            premium_ppm: insurance.premium_ppm * used / 1_000_000,
            share_ppm: (u128::from(worth) * 1_000_000 / u128::from(self.staked.max(1)))
                .try_into()?,
            premium_e6: insurance.premium_total,
            fees_e6: insurance.earned_total,
        })
    }
}
