//! The first drill: nobody makes it good, and a Recovery pays everyone.

use anyhow::{Result, anyhow, ensure};
use bulwark_core::recovery::{self, JUNIOR, SENIOR, due_of_pot, due_of_token};
use bulwark_core::units;
use bulwark_state::{MarginAccount, Recovery};

use super::watch::Watch;
use super::{Drill, Progress, Rule, Venue, seconds, until_announced};
use crate::vm::pubkey;
use crate::world::{BTC, SOL, USDC, World};

/// Accounts that a transaction marks.
const MARKS: usize = 16;
/// Payments that a transaction makes.
const CLAIMS: usize = 8;

/// Hundredths of what was stolen that come back.
const BACK: u64 = 60;

/// A payment that is due: to whom, in which bank's token.
type Due = (&'static str, usize);

/// Two vaults are robbed; strangers freeze, count, mark and pay.
pub fn robbed(venue: &Venue, progress: &Progress) -> Result<Drill> {
    play(venue, progress, "robbed", 0)
}

/// The same, and when all are paid somebody brings [`BACK`] hundredths of what was stolen: everyone
/// is paid again, without a new mark.
pub fn returned(venue: &Venue, progress: &Progress) -> Result<Drill> {
    play(venue, progress, "returned", BACK)
}

fn play(venue: &Venue, progress: &Progress, name: &'static str, back: u64) -> Result<Drill> {
    let mut world = venue.fork();
    let mut watch = Watch::new(&mut world, progress);
    let stolen = until_announced(&mut world, &mut watch)?;
    let mut had: Vec<u64> = banks(&world).map(|bank| world.vault(bank)).collect();
    let held = |world: &World, bank| -> u64 {
        let names = venue.names.iter();
        names.map(|name| world.tokens_of(name, bank)).sum()
    };
    let before: Vec<u64> = banks(&world).map(|bank| held(&world, bank)).collect();
    freeze(&mut world, &mut watch)?;
    mark(&mut world, &mut watch, &venue.names)?;
    let epoch = world.epoch();
    let open = world.deployment.open_quote_pot(watch.key(), epoch);
    watch.stage(
        &mut world,
        "ratio: the quote pot opens",
        1,
        |world, watch| watch.send(world, &[open]),
    )?;
    let dues = dues(&world, &venue.names)?;
    let count = dues.len().div_ceil(CLAIMS) as u64;
    watch.stage(&mut world, "claims, pushed", count, |world, watch| {
        for some in dues.chunks(CLAIMS) {
            pay(world, watch, some)?;
        }
        Ok(())
    })?;
    if back != 0 {
        for (bank, amount) in late(&mut world, &mut watch, &stolen, back)? {
            had[bank] += amount;
        }
        pay_again(&mut world, &mut watch, &venue.names)?;
    }
    let took = seconds(watch.began);
    world.audit();
    let recovery = world.recovery();
    ensure!(
        recovery.live_count == venue.names.len() as u64 && recovery.marked == recovery.live_count,
        "{} of {} accounts were marked",
        recovery.marked,
        recovery.live_count
    );
    let (mut error, mut paid) = (0, 0);
    for bank in banks(&world) {
        let received = held(&world, bank) - before[bank];
        let left = world.vault(bank);
        let seat = &recovery.banks[bank];
        error += had[bank].abs_diff(left + received);
        error += (seat.paid + seat.seized_paid).abs_diff(received);
        paid += worth(&world, &recovery, bank, received.into());
    }
    let rules = rules(&world, &venue.names)?;
    let claims = |rule: &&Rule| rule.rule != DEBT;
    Ok(Drill {
        name,
        accounts: recovery.live_count,
        owed: rules.iter().filter(claims).map(|rule| rule.owed).sum(),
        rules,
        stages: watch.stages,
        transactions: watch.transactions,
        first_quote: watch.first_quote,
        slots: watch.slots,
        seconds: took,
        paid,
        conservation_error: error,
    })
}

/// Two days after everyone was paid this part of each theft is brought back, by a stranger.
fn late(
    world: &mut World,
    watch: &mut Watch,
    stolen: &[(usize, u64)],
    back: u64,
) -> Result<Vec<(usize, u64)>> {
    let count = stolen.len() as u64;
    watch.stage(world, "money is brought back", count, |world, watch| {
        world.advance(2 * 86_400);
        let mut brought = Vec::new();
        for (bank, amount) in stolen {
            let amount = amount / 100 * back;
            let receipt = world.add_money("donor", *bank, amount);
            let receipt = receipt.map_err(|failure| anyhow!("refused: {failure}"))?;
            watch.count(world, receipt.units);
            brought.push((*bank, amount));
        }
        Ok(brought)
    })
}

/// Everyone is paid what the late money makes due, by the marks that stand.
fn pay_again(world: &mut World, watch: &mut Watch, names: &[&'static str]) -> Result<()> {
    let dues = dues(world, names)?;
    ensure!(!dues.is_empty(), "late money pays nobody");
    let count = dues.len().div_ceil(CLAIMS) as u64;
    watch.stage(world, "everyone is paid again", count, |world, watch| {
        dues.chunks(CLAIMS)
            .try_for_each(|some| pay(world, watch, some))
    })
}

fn banks(world: &World) -> std::ops::Range<usize> {
    0..world.deployment.banks.len()
}

/// The notice passes; frozen and counted.
fn freeze(world: &mut World, watch: &mut Watch) -> Result<()> {
    let epoch = world.epoch();
    let freeze = world.deployment.freeze_recovery(watch.key(), epoch);
    watch.stage(world, "notice, freeze", 1, |world, watch| {
        world.pass_notice();
        watch.send(world, &[freeze])
    })?;
    let markets = 0..world.deployment.markets.len();
    let all = banks(world);
    let count = world
        .deployment
        .count_recovery(watch.key(), epoch, all, markets);
    watch.stage(world, "count banks and markets", 1, |world, watch| {
        watch.send(world, &[count])
    })
}

/// All are marked; who has tokens and no debt is paid at once, shown by the first few.
fn mark(world: &mut World, watch: &mut Watch, names: &[&'static str]) -> Result<()> {
    let epoch = world.epoch();
    let mut batches = names.chunks(MARKS).map(|some| {
        let margins = some.iter().map(|name| pubkey(world.traders[name].margin));
        let margins: Vec<_> = margins.collect();
        (
            some,
            world
                .deployment
                .mark_accounts(watch.key(), epoch, &margins, None),
        )
    });
    let first = batches.next();
    let rest: Vec<_> = batches.map(|(_, mark)| mark).collect();
    let Some((first, mark)) = first else {
        return Ok(());
    };
    watch.stage(world, "first marks, first payment", 2, |world, watch| {
        watch.send(world, &[mark])?;
        let due = dues(world, first)?;
        ensure!(!due.is_empty(), "nobody among the first marked has tokens");
        pay(world, watch, &due[..due.len().min(CLAIMS)])
    })?;
    let count = rest.len() as u64;
    watch.stage(world, "the other marks", count, |world, watch| {
        rest.iter()
            .try_for_each(|mark| watch.send(world, std::slice::from_ref(mark)))
    })
}

/// What is due now to these, as any keeper reads it from the accounts.
fn dues(world: &World, names: &[&'static str]) -> Result<Vec<Due>> {
    let recovery = world.recovery();
    let mut found = Vec::new();
    for name in names {
        let account = world.account(name);
        for bank in banks(world) {
            if due(&recovery, &account, bank)? != 0 {
                found.push((*name, bank));
            }
        }
    }
    Ok(found)
}

fn due(recovery: &Recovery, account: &MarginAccount, bank: usize) -> Result<u64> {
    let refused = |error: bulwark_core::Error| anyhow::anyhow!("{}", error.message());
    let mut sum = due_of_pot(recovery, account, bank).map_err(refused)?;
    for (slot, held) in account.collaterals.iter().enumerate() {
        if held.active != 0 && usize::from(held.bank) == bank {
            sum += due_of_token(recovery, account, slot).map_err(refused)?;
        }
    }
    Ok(sum)
}

/// A stranger pays these into the owners' associated token accounts.
fn pay(world: &mut World, watch: &mut Watch, dues: &[Due]) -> Result<()> {
    let epoch = world.epoch();
    let claim = |(name, bank): &Due| {
        let trader = &world.traders[name];
        let (margin, to) = (pubkey(trader.margin), pubkey(trader.tokens[*bank]));
        world
            .deployment
            .claim_recovery(watch.key(), epoch, margin, *bank, to)
    };
    let claims: Vec<_> = dues.iter().map(claim).collect();
    watch.send(world, &claims)?;
    watch.paid(world, dues.iter().any(|(_, bank)| *bank == USDC));
    Ok(())
}

/// Worth of units of a bank's token at the frozen price, UsdE6; quote at one.
fn worth(world: &World, recovery: &Recovery, bank: usize, amount: u128) -> u64 {
    let board = world.board();
    let seat = &board.banks[bank];
    let feed = usize::from(seat.feed);
    let exponent = units::value_exponent(seat.decimals, board.feeds[feed].unit_exp);
    let scale = 10u128.pow(exponent.expect("a listed token's worth fits"));
    let value = match bank {
        USDC => amount,
        _ => amount * u128::from(recovery.prices[feed]) / scale,
    };
    u64::try_from(value).expect("a drill's sums fit")
}

/// The rule of debtors, whose tokens go to the pot: no claim.
const DEBT: &str = "gives up ⌈c·debt/worth⌉ of every token";

/// Who had to come what, and got what, under which rule.
fn rules(world: &World, names: &[&'static str]) -> Result<Vec<Rule>> {
    let recovery = world.recovery();
    let accounts: Vec<_> = names.iter().map(|name| world.account(name)).collect();
    let mut rules = Vec::new();
    for (class, who, rule) in [
        (SENIOR, "quote put in", "senior share of the quote pot"),
        (
            JUNIOR,
            "profit, open or of a day",
            "junior share, after the seniors",
        ),
    ] {
        let claim = |account: &MarginAccount| match class {
            SENIOR => account.shadow.senior,
            _ => account.shadow.junior,
        };
        let claims = accounts.iter().map(|account| claim(account));
        let seat = &recovery.classes[class];
        let mut paid = 0;
        for bank in banks(world) {
            let share = |claim: u64| match seat.claims.get() {
                0 => 0,
                all => u128::from(claim) * u128::from(seat.assigned[bank]) / all,
            };
            let units = claims.clone().map(share).sum();
            paid += worth(world, &recovery, bank, units);
        }
        rules.push(Rule {
            who: who.into(),
            rule,
            accounts: claims.clone().filter(|claim| *claim != 0).count() as u64,
            owed: claims.sum(),
            paid,
        });
    }
    for (bank, token) in [(SOL, "SOL"), (BTC, "BTC")] {
        rules.push(kept(world, &recovery, &accounts, (bank, token)));
    }
    let debtors = accounts.iter().filter(|account| account.shadow.quote < 0);
    let debts = debtors
        .clone()
        .map(|debtor| debtor.shadow.quote.unsigned_abs());
    let given = |bank: usize| {
        let units = recovery.banks[bank].seized;
        let seat = &recovery.banks[bank];
        let covered = bulwark_core::coverage::Coverage::new(seat.assigned, seat.claims);
        let covered = covered.pay(units).expect("coverage is computable");
        worth(world, &recovery, bank, covered.into())
    };
    rules.push(Rule {
        who: "debtors".into(),
        rule: DEBT,
        accounts: debtors.count() as u64,
        owed: debts.sum(),
        paid: banks(world).map(given).sum(),
    });
    let stakers = &recovery.classes[recovery::STAKERS];
    if let Ok(owed @ 1..) = u64::try_from(stakers.claims.get()) {
        rules.push(Rule {
            who: "insurance's stakers".into(),
            rule: "after all quote claims",
            accounts: 1,
            owed,
            paid: stakers.assigned[USDC],
        });
    }
    Ok(rules)
}

/// Tokens that people keep, and what was paid of them.
fn kept(
    world: &World,
    recovery: &Recovery,
    accounts: &[Box<MarginAccount>],
    (bank, token): (usize, &str),
) -> Rule {
    let (mut owed, mut paid, mut count) = (0u128, 0u128, 0);
    for account in accounts {
        for (slot, held) in account.collaterals.iter().enumerate() {
            if held.active != 0 && usize::from(held.bank) == bank && account.shadow.kept[slot] != 0
            {
                owed += u128::from(account.shadow.kept[slot]);
                paid += u128::from(account.shadow.kept_paid[slot]);
                count += 1;
            }
        }
    }
    Rule {
        who: format!("{token} kept"),
        rule: "its bank's own coverage, from its mark on",
        accounts: count,
        owed: worth(world, recovery, bank, owed),
        paid: worth(world, recovery, bank, paid),
    }
}
