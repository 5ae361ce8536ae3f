//! The same bytecode as everywhere, in a whole bank of Agave with its own loader, fees, rent and
//! token programs: what holds in the embedded VM holds here too. Never native code.

mod bank;

use bank::FullBank;
use bulwark::error::BulwarkError;
use bulwark_core::coverage::coverage;
use bulwark_state::{Bank, Board, MarginAccount, Market};
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::world::{ask, base_e8, bid, price_e8, usdc};
use solana_instruction::error::InstructionError;
use solana_program_test::{BanksClientError, tokio};
use solana_signer::Signer;
use solana_transaction::TransactionError;

fn code(outcome: Result<(), BanksClientError>) -> Option<u32> {
    let error = match outcome.expect_err("refused") {
        BanksClientError::TransactionError(error) => error,
        BanksClientError::SimulationError { err, .. } => err,
        other => panic!("{other}"),
    };
    match error {
        TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(code),
        other => panic!("{other}"),
    }
}

fn prices(sol: f64) -> [u64; 3] {
    [price_e8(1.0), price_e8(sol), price_e8(50_000.0)]
}

#[tokio::test]
async fn everything_is_made_traded_and_paid_out() {
    let mut bank = FullBank::launched().await;
    let maker = bank.person("maker", usdc(50_000.0)).await;
    let alice = bank.person("alice", usdc(1_000.0)).await;
    bank.place(&maker, ask(5.0, 100.0).post_only().0, &[]).await;
    bank.place(&alice, bid(5.0, 100.0).ioc().0, &[maker.margin])
        .await;
    let market = bank.deployment.markets[0].market;
    let open: Box<Market> = bank.read(market).await;
    assert_eq!((open.oi_long, open.oi_short), (base_e8(5.0), base_e8(5.0)));

    bank.advance(30).await;
    bank.publish(&prices(101.0)).await;
    let board: Box<Board> = bank.read(bank.deployment.board).await;
    assert_eq!(board.feeds[1].last.price, price_e8(101.0));
    let accrue = bank.deployment.accrue(pubkey(bank.context.payer.pubkey()));
    bank.send(&accrue, &[]).await.expect("interest accrues");

    // 300 of her 1,000 may leave over an open position of 500; 990 may not.
    let withdraw = |bank: &FullBank, amount| {
        let (key, margin, to) = (alice.key, alice.margin, pubkey(alice.quote));
        bank.deployment
            .withdraw(key, margin, (0, amount), to, None, false)
    };
    let over = withdraw(&bank, usdc(990.0));
    let refused = bank.send(&over, &[&alice.owner]).await;
    assert_eq!(code(refused), Some(BulwarkError::BelowInitialMargin.into()));
    let some = withdraw(&bank, usdc(300.0));
    bank.send(&some, &[&alice.owner])
        .await
        .expect("a withdrawal");
    assert_eq!(bank.balance(alice.quote).await, usdc(300.0));
    let vault = address(bank.deployment.banks[0].vault);
    assert_eq!(bank.balance(vault).await, usdc(50_700.0));
    let booked: Box<Bank> = bank.read(bank.deployment.banks[0].bank).await;
    assert_eq!(booked.expected, usdc(50_700.0));
}

#[tokio::test]
async fn a_crash_is_taken_over_wound_up_and_left() {
    let mut bank = FullBank::launched().await;
    let maker = bank.person("maker", usdc(80_000.0)).await;
    let liquidator = bank.person("liquidator", usdc(15_000.0)).await;
    let alice = bank.person("alice", usdc(1_000.0)).await;
    bank.place(&maker, ask(100.0, 100.0).post_only().0, &[])
        .await;
    bank.place(&alice, bid(100.0, 100.0).ioc().0, &[maker.margin])
        .await;
    // A jump counts once it is confirmed.
    for _ in 0..6 {
        bank.advance(5).await;
        bank.publish(&prices(92.0)).await;
    }
    let board: Box<Board> = bank.read(bank.deployment.board).await;
    assert_eq!(board.feeds[1].last.price, price_e8(92.0));
    let take = |bank: &FullBank| {
        let (by, from, to) = (liquidator.key, alice.margin, liquidator.margin);
        bank.deployment.take_over(by, from, to, 0, base_e8(100.0))
    };
    let take_over = take(&bank);
    bank.send(&take_over, &[&liquidator.owner])
        .await
        .expect("a take-over");
    let taken: Box<MarginAccount> = bank.read(liquidator.margin).await;
    assert!(taken.positions[0].base > 0);
    for _ in 0..6 {
        bank.advance(5).await;
        bank.publish(&prices(85.0)).await;
    }
    let wind = bank.deployment.wind_up(
        liquidator.key,
        alice.margin,
        liquidator.margin,
        (&[0], &[]),
        1_000_000,
        None,
    );
    bank.send(&wind, &[&liquidator.owner])
        .await
        .expect("a wind-up");
    let gone: Box<MarginAccount> = bank.read(alice.margin).await;
    assert_eq!(gone.quote, 0);
    assert!(gone.positions.iter().all(|leg| leg.active == 0));
    let market: Box<Market> = bank.read(bank.deployment.markets[0].market).await;
    assert_eq!(market.oi_long, market.oi_short);
    // Alice leaves with nothing, her rent apart; another take-over finds nobody.
    let again = take(&bank);
    let refused = bank.send(&again, &[&liquidator.owner]).await;
    assert_eq!(code(refused), Some(BulwarkError::NotLiquidatable.into()));
    let voided = gone.order_epoch != 0;
    let close = bank
        .deployment
        .close_margin_account(alice.key, alice.margin, voided);
    bank.send(&close, &[&alice.owner])
        .await
        .expect("she closes");
    // Insurance is empty, and the winners' gain of half an hour isn't all of the loss: the rest is
    // a deficit, so the liquidator exits at the coverage that it leaves, with a claim on the rest.
    let vault = address(bank.deployment.banks[0].vault);
    let money = bank.balance(vault).await;
    let booked: Box<Bank> = bank.read(bank.deployment.banks[0].bank).await;
    assert!(booked.totals.deficit > 0);
    let due = coverage(&booked, money)
        .unwrap()
        .pay(usdc(5_000.0))
        .unwrap();
    assert!(due > usdc(4_900.0) && due < usdc(5_000.0), "{due}");
    let to = pubkey(liquidator.quote);
    let exit = bank.deployment.withdraw(
        liquidator.key,
        liquidator.margin,
        (0, usdc(5_000.0)),
        to,
        None,
        false,
    );
    bank.send(&exit, &[&liquidator.owner])
        .await
        .expect("he exits");
    assert_eq!(bank.balance(liquidator.quote).await, due);
    let left: Box<MarginAccount> = bank.read(liquidator.margin).await;
    assert_eq!(left.quote_claims.residual, usdc(5_000.0) - due);
}
