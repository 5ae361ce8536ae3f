//! Recovery: marks, the commitment, payments, money that came late. Freezing moves nobody's money.

use anyhow::{Context, Result};
use bulwark::event::{AccountMarked, AccountsMarkedHead, RecoveryMoneyAdded, RecoveryPaid};
use bulwark_core::assignment;
use bulwark_core::recovery::AUDIT;
use bulwark_core::residual;
use bulwark_state::{MAX_BANKS, MAX_COLLATERALS};

use super::money::{begin, own};
use crate::commitment::Commitment;
use crate::event::Event;
use crate::ledger::{Compartment, Refused, counts, same};

/// Takes an event of a Recovery. Says whether it was one.
pub(super) fn take(to: &mut Compartment, event: &Event) -> Result<bool> {
    match event {
        Event::RecoveryAnnounced(said) => {
            let made = Commitment::new(to.key, said.epoch);
            to.recoveries.insert(said.recovery, made);
        }
        Event::AuditBegun(said) => {
            let made = Commitment::new(to.key, u32::try_from(said.epoch)?);
            to.recoveries.insert(said.recovery, made);
        }
        Event::AuditClosed(said) => {
            let commitment = to.recoveries.get_mut(&said.recovery);
            commitment.context("it was never begun")?.take_audit(said)?;
        }
        Event::AccountsMarked(head, marks) => mark(to, head, marks)?,
        Event::QuotePotAssigned(said) => {
            let commitment = to.recoveries.get_mut(&said.recovery);
            commitment
                .context("it was never announced")?
                .take_root(said)?;
        }
        Event::ClaimsAssigned(said) => {
            own(to, &said.margin, said.common.sequence, |account| {
                let epoch = account.shadow.epoch;
                assignment::assign(account, said.to.as_array(), epoch)
            })?;
        }
        Event::RecoveryPaid(paid) => pay(to, paid)?,
        Event::RecoveryMoneyAdded(added) => add(to, added)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn mark(to: &mut Compartment, head: &AccountsMarkedHead, marks: &[AccountMarked]) -> Result<()> {
    let commitment = to.recoveries.get_mut(&head.recovery);
    let commitment = commitment.context("it was never announced")?;
    let first = commitment.leaves.len() as u64;
    commitment.take(head, marks)?;
    for (mark, leaf) in marks.iter().zip(first..) {
        let account = to.margins.get_mut(&mark.margin);
        let account = account.with_context(|| format!("{} was never created", mark.margin))?;
        same("owner", mark.owner.to_bytes(), account.owner)?;
        let shadow = &mut account.shadow;
        if commitment.epoch & AUDIT == 0 {
            (shadow.epoch, shadow.paid) = (commitment.epoch, 0);
            shadow.kept_paid = [0; MAX_COLLATERALS];
            account.pot_paid = [0; MAX_BANKS];
        } else {
            shadow.audit_epoch = commitment.epoch;
            shadow.changes = account.changes;
        }
        shadow.quote = mark.quote;
        (shadow.senior, shadow.junior) = (mark.senior, mark.junior);
        shadow.kept = mark.kept;
        (shadow.leaf, shadow.slot) = (leaf, head.common.slot);
    }
    let (_, quote) = to.banks.first_mut().context("no quote bank was listed")?;
    let expected = quote.expected.checked_sub(head.reward);
    quote.expected = expected.context("the reward")?;
    Ok(())
}

fn pay(to: &mut Compartment, paid: &RecoveryPaid) -> Result<()> {
    let left = paid.kept.checked_add(paid.pot).context("what was paid")?;
    let at = to.bank_at(&paid.bank)?;
    let (_, bank) = to.banks.get(at).context("no such bank")?;
    let after = bank.expected.checked_sub(left);
    let after = after.context("more was paid than the vault was expected to hold")?;
    let counted = (paid.common.sequence, paid.account_sequence);
    let vault = (after, 0, left);
    let (at, mut account) = begin(to, (&paid.bank, &paid.margin), counted, vault)?;
    let (_, bank) = to.banks.get_mut(at).context("no such bank")?;
    bank.expected = after;
    if paid.kept != 0 {
        let holds = |held: &bulwark_state::Collateral| held.active != 0 && held.bank == bank.index;
        let slot = account.collaterals.iter().position(holds);
        let slot = slot.context("it never held this token")?;
        let shadow = &mut account.shadow;
        shadow.kept_paid[slot] += paid.kept;
        let most = shadow.kept[slot];
        anyhow::ensure!(shadow.kept_paid[slot] <= most, "more is paid than was kept");
    }
    account.pot_paid[usize::from(bank.index)] += paid.pot;
    to.lay(&paid.margin, account);
    Ok(())
}

fn add(to: &mut Compartment, added: &RecoveryMoneyAdded) -> Result<()> {
    let at = to.bank_at(&added.bank)?;
    let (_, bank) = to.banks.get_mut(at).context("no such bank")?;
    let count = &mut bank.event_sequence;
    counts("event of the bank", count, added.common.sequence)?;
    let came = added.given.checked_add(added.found).context("what came")?;
    let went = added.residuals.checked_add(added.claims);
    let went = went.and_then(|went| went.checked_add(added.surplus));
    same("residuals, claims and surplus together", went, Some(came))?;
    residual::assign(&mut bank.residuals, added.residuals).refused("what is assigned")?;
    bank.expected = bank.expected.checked_add(came).context("expected")?;
    Ok(())
}
