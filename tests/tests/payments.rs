//! Collateral bought while the quote bank is short: paid for in tokens that the same instruction
//! brings in, to the unit (D1, D3, D7); and what a loss that nobody bears does to who leaves first.

mod stage;

use bulwark::error::BulwarkError as E;
use bulwark_core::health;
use bulwark_state::{Bank, MarginAccount};
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, expect_error, usdc};
use stage::{DEBT, in_debt};

const COIN: u64 = 1_000_000_000;
/// SPL Token's own codes.
const INSUFFICIENT_FUNDS: u32 = 1;
const OWNER_MISMATCH: u32 = 4;

/// Bella owes, the buyer has 50,000 in his account and `tokens` outside; of the quote vault's money
/// a fifth is stolen.
fn short(insurance: f64, tokens: f64) -> World {
    let mut world = World::new();
    world.fund("maker", 100_000.0);
    world.fund("buyer", 50_000.0);
    if insurance > 0.0 {
        world.fund_insurance(insurance);
    }
    in_debt(&mut world);
    world.accrue().unwrap();
    let fifth = world.vault(USDC) / 5;
    world.steal(USDC, fifth);
    world.give("buyer", USDC, usdc(tokens));
    assert!(!world.coverage(USDC).is_full());
    world
}

/// Everything that a purchase may move.
struct Before {
    seller: Box<MarginAccount>,
    buyer: Box<MarginAccount>,
    quote: Box<Bank>,
    sol: Box<Bank>,
    vault: u64,
    tokens: u64,
    coverage: bulwark_core::coverage::Coverage,
}

fn look(world: &World) -> Before {
    Before {
        seller: world.account("bella"),
        buyer: world.account("buyer"),
        quote: world.bank(USDC),
        sol: world.bank(SOL),
        vault: world.vault(USDC),
        tokens: world.tokens_of("buyer", USDC),
        coverage: world.coverage(USDC),
    }
}

fn sol_of(account: &MarginAccount) -> u64 {
    let held = |c: &&bulwark_state::Collateral| c.active != 0 && usize::from(c.bank) == SOL;
    account
        .collaterals
        .iter()
        .find(held)
        .map_or(0, |c| c.amount)
}

/// The purchase of `units` moved `paid` from the buyer's tokens to the seller's debt, the units
/// from account to account, and nothing else; the hole is what it was (the audit has seen that).
#[track_caller]
fn bought(world: &World, before: &Before, units: u64, paid: u64) {
    let after = look(world);
    assert_eq!(before.tokens - after.tokens, paid, "tokens of the buyer");
    assert_eq!(after.vault - before.vault, paid, "vault");
    assert_eq!(after.quote.expected - before.quote.expected, paid);
    assert_eq!(after.buyer.quote, before.buyer.quote, "his own quote");
    assert_eq!(sol_of(&before.seller) - sol_of(&after.seller), units);
    assert_eq!(sol_of(&after.buyer) - sol_of(&before.buyer), units);
    assert_eq!(after.sol.claims, before.sol.claims);
    let credited = after.seller.quote - before.seller.quote;
    assert_eq!(credited.unsigned_abs(), paid, "debt repaid");
    // Nobody is paid more or less; a unit rounded into the seller's favour is a claim of its own.
    let (had, has) = (before.coverage.e9().unwrap(), after.coverage.e9().unwrap());
    assert!(
        after.coverage.at_least(&before.coverage) && has == had,
        "{has}"
    );
}

/// ⌈a·b/c⌉.
fn ceil(a: u64, b: u64, c: u128) -> u64 {
    let product = u128::from(a) * u128::from(b);
    u64::try_from(product.div_ceil(c)).unwrap()
}

/// Price of a coin at `price` (PriceE8) less a discount.
fn less(price: u64, discount_e9: u64) -> u64 {
    ceil(price, COIN - discount_e9, 1_000_000_000)
}

/// Proceeds of units (1e-9) at a PriceE8, UsdE6.
fn proceeds(units: u64, price: u64) -> u64 {
    ceil(units, price, 100_000_000_000)
}

#[test]
fn a_conversion_is_paid_for_in_tokens_while_quote_is_short() {
    let mut world = short(0.0, 5_000.0);
    let before = look(&world);
    // Debt over collateral is 67.4666 %: 34.9332 % of the way from half to all, of 0.5 %.
    world.convert("buyer", "bella", SOL, 10 * COIN).unwrap();
    bought(&world, &before, 10 * COIN, 998_253_340);

    // What is left of the debt, whole.
    let before = look(&world);
    let debt = DEBT - 998_253_340;
    let share = debt * 1_000_000 / 5_000_000_000;
    assert_eq!(share, 609_949);
    let price = less(100 * 100_000_000, (share - 500_000) * 2_000 * 5 / 1_000);
    let units = ceil(debt, 100_000_000_000, price.into());
    world.convert("buyer", "bella", SOL, u64::MAX).unwrap();
    let sold = sol_of(&before.seller) - sol_of(&world.account("bella"));
    assert_eq!(sold, units);
    bought(&world, &before, sold, proceeds(sold, price));
    let left = world.account("bella").quote;
    assert!((0..=1).contains(&left), "rounded up, in her favour: {left}");
    expect_error(world.convert("buyer", "bella", SOL, 1), E::NothingToTake);
}

#[test]
fn a_seizure_is_paid_for_in_tokens_while_quote_is_short() {
    let mut world = short(0.0, 5_000.0);
    world.advance(60);
    world.crash(SOL, 69.0);
    let before = look(&world);
    // No position: the discount is at its most, half of the haircut.
    let board = world.board();
    let weights = health::bank_weights(&board, &board.banks[SOL], world.now()).unwrap();
    let discount = (COIN - weights.maintenance) / 2;
    let raw = 60 * 69_000_000 - DEBT;
    assert!(
        discount < raw * COIN / (60 * 69_000_000),
        "not bound by her worth"
    );
    let price = less(69 * 100_000_000, discount);
    world.seize("buyer", "bella", SOL, 5 * COIN).unwrap();
    bought(&world, &before, 5 * COIN, proceeds(5 * COIN, price));
    assert!(world.account("bella").flagged_open != 0, "its clock runs");
    expect_error(world.convert("buyer", "bella", SOL, COIN), E::StageForbids);
}

#[test]
fn who_pays_in_tokens_pays_with_his_own_and_all_of_it() {
    let mut world = short(0.0, 998.253339);
    let ours = world.deployment.clone();
    let (buyer, key) = (world.wallet("buyer"), world.wallet("buyer"));
    let key = bulwark_svm::vm::pubkey(bulwark_svm::Signer::pubkey(&key));
    let (from, to) = (world.margin_key("bella"), world.margin_key("buyer"));
    world.give("maker", USDC, usdc(5_000.0));
    let others = bulwark_svm::vm::pubkey(world.trader("maker").tokens[USDC]);
    let sol = bulwark_svm::vm::pubkey(world.trader("buyer").tokens[SOL]);
    let own = bulwark_svm::vm::pubkey(world.trader("buyer").tokens[USDC]);
    let number = u8::try_from(SOL).unwrap();
    let before = (look(&world), world.tokens_of("maker", USDC));
    let convert = |payment| ours.convert(key, from, to, (number, 10 * COIN), payment);
    // A unit too few; somebody else's; the vault itself; another token.
    for (payment, code) in [(own, INSUFFICIENT_FUNDS), (others, OWNER_MISMATCH)] {
        let refused = world
            .send(&[convert(Some(payment))], &[&buyer])
            .unwrap_err();
        assert_eq!(refused.code(), Some(code), "{refused}");
    }
    let vault = ours.banks[USDC].vault;
    let refused = world.send(&[convert(Some(vault))], &[&buyer]);
    expect_error(refused, E::DuplicateAccount);
    assert!(world.send(&[convert(Some(sol))], &[&buyer]).is_err());
    // His quote in the account counts for nothing here: it is a claim on the short vault itself.
    expect_error(world.send(&[convert(None)], &[&buyer]), E::MissingAccount);
    let mut wrong = convert(Some(own));
    wrong.accounts[6].pubkey = ours.banks[SOL].mint;
    expect_error(world.send(&[wrong], &[&buyer]), E::WrongMint);
    let mut wrong = convert(Some(own));
    wrong.accounts[7].pubkey = bulwark_svm::vm::pubkey(bulwark_svm::tokens::TOKEN_2022);
    expect_error(world.send(&[wrong], &[&buyer]), E::WrongTokenProgram);
    assert_eq!(world.tokens_of("maker", USDC), before.1);
    bought(&world, &before.0, 0, 0);
    // One unit more and it is enough; covered again, nothing is transferred.
    world.give("buyer", USDC, 1);
    world.convert("buyer", "bella", SOL, 10 * COIN).unwrap();
    assert_eq!(world.tokens_of("buyer", USDC), 0);
    let loss = world.bank(USDC).totals.check_loss + world.bank(USDC).expected - world.vault(USDC);
    world
        .recapitalise("giver", USDC, loss + usdc(1_000.0))
        .unwrap();
    assert!(world.coverage(USDC).is_full());
    let quote = world.account("buyer").quote;
    world.convert("buyer", "bella", SOL, COIN).unwrap();
    assert_eq!(world.tokens_of("buyer", USDC), 0);
    let paid = (quote - world.account("buyer").quote).unsigned_abs();
    assert!((99_000_000..=100_000_000).contains(&paid), "{paid}");
}

#[test]
fn a_wind_up_is_paid_for_in_tokens_while_quote_is_short() {
    for fraction in [1_000_000, 500_000] {
        let mut world = short(100.0, 5_000.0);
        world.advance(60);
        world.crash(SOL, 66.0);
        world.accrue().unwrap();
        let before = look(&world);
        let insurance = world.insurance().balance;
        world.wind_up("buyer", "bella", fraction).unwrap();
        let part = |amount: u64| amount / 1_000 * u64::from(fraction) / 1_000;
        let units = part(60 * COIN);
        let paid = proceeds(units, less(66 * 100_000_000, 5_000_000));
        assert_eq!(paid, part(3_940_200_000));
        let after = look(&world);
        assert_eq!(before.tokens - after.tokens, paid);
        assert_eq!(after.vault - before.vault, paid);
        assert_eq!(after.quote.expected - before.quote.expected, paid);
        assert_eq!(after.buyer.quote, before.buyer.quote);
        assert_eq!(sol_of(&after.buyer) - sol_of(&before.buyer), units);
        assert_eq!(sol_of(&after.seller), 60 * COIN - units);
        assert_eq!(
            after.seller.quote,
            part(DEBT).cast_signed() - DEBT.cast_signed()
        );
        // Of the loss insurance pays half of what it has at most, the rest nobody.
        let loss = part(107_800_000);
        let insured = insurance - world.insurance().balance;
        let deficit = after.quote.totals.deficit - before.quote.totals.deficit;
        assert_eq!(
            (insured, deficit),
            (loss.min(50_000_000), loss.saturating_sub(50_000_000))
        );
        // Claims bear what insurance has lost and what nobody pays, from this instruction on.
        let borne = after.quote.totals.check_loss - before.quote.totals.check_loss;
        assert_eq!(borne, insured + deficit);
        assert!(before.coverage.at_least(&after.coverage) && before.coverage != after.coverage);
        world.accrue().unwrap();
        let checked = world.bank(USDC).totals;
        assert_eq!(
            checked.check_loss, after.quote.totals.check_loss,
            "a check agrees"
        );
        assert_eq!(world.coverage(USDC), after.coverage);
    }
}

/// Carol's share of a hundred, in ten-thousandths of a percent, where she leaves right after the
/// wind-up of Bella at `price`, or after a check.
fn leaves(checked: bool, insurance: f64) -> (u64, World) {
    let mut world = World::new();
    world.fund("maker", 4_500.0);
    world.fund("buyer", 6_000.0);
    if insurance > 0.0 {
        world.fund_insurance(insurance);
    }
    in_debt(&mut world);
    world.fund("carol", 3_000.0);
    world.accrue().unwrap();
    world.advance(60);
    world.crash(SOL, 40.0);
    assert!(world.coverage(USDC).is_full());
    world.wind_up("buyer", "bella", 1_000_000).unwrap();
    if checked {
        world.accrue().unwrap();
    }
    let (paid, queued) = world.withdraw_short("carol", USDC, u64::MAX);
    assert_eq!(queued, 0);
    (paid, world)
}

#[test]
fn a03_a_deficit_is_shared_from_the_instruction_that_books_it() {
    // 60 SOL at $40 less 0.5 % bring 2,388 of 4,048: 1,660 are nobody's.
    let (at_once, world) = leaves(false, 0.0);
    let (checked, _) = leaves(true, 0.0);
    assert_eq!(at_once, checked, "leaving before the check gains nothing");
    assert!(at_once < usdc(2_700.0), "{at_once}");
    let residual = world.account("carol").quote_claims.residual;
    assert_eq!(at_once + residual, usdc(3_000.0));
    // Fees stand before claims: 25 + 23 of hers, 5 + 4.6 of the maker's.
    let fees = u64::try_from(world.bank(USDC).totals.fees).unwrap();
    assert_eq!(fees, 57_600_000);
    let totals = world.bank(USDC).totals;
    assert_eq!(totals.check_loss + residual, 1_660_000_000 - fees);

    // Where insurance has enough for all of it, nobody is paid less.
    for checked in [false, true] {
        let (paid, world) = leaves(checked, 4_000.0);
        assert_eq!(paid, usdc(3_000.0));
        assert_eq!(world.insurance().balance, usdc(4_000.0) - 1_660_000_000);
    }
}

/// A wind-up takes back what waits in tickets; whoever cranks such a ticket afterwards finds
/// nothing owed, and with it the queue ends: nobody else's exit stays slow for it.
#[test]
fn a_ticket_that_a_wind_up_took_back_ends_without_a_payment() {
    let mut world = World::new();
    world.fund("maker", 50_000.0);
    world.fund("bella", 20_000.0);
    world.advance(3 * 86_400);
    world.refresh_all();
    world.trade("bella", "maker", SOL_PERP, 300.0, 100.0);
    let (_, queued) = world.withdraw("bella", USDC, usdc(8_000.0));
    assert!(queued > usdc(1_000.0), "{queued}");
    let number = world.account("bella").ticket_next - 1;
    world.advance(60);
    world.crash(SOL, 30.0);
    world.wind_up("maker", "bella", 1_000_000).unwrap();
    assert_eq!(world.account("bella").quote_claims.pending, 0);
    assert_eq!(world.bank(USDC).queue.waiting, 1);
    let paid = world.tokens_of("bella", USDC);
    world.try_crank("bella", USDC, number).unwrap();
    assert_eq!(world.tokens_of("bella", USDC), paid);
    assert_eq!(world.account("bella").ticket_count, 0);
    let queue = world.bank(USDC).queue;
    assert_eq!((queue.waiting, queue.held_base), (0, 0));
    assert_eq!(queue.q_served.get(), queue.q_in.get());
}
