//! A deployment in the embedded VM, made by the same instructions as on a cluster.

use anyhow::{Context, Result};
use bulwark::instructions::{
    BankParameters, BoardBankParameters, BoardMarketParameters, CreateBankArgs, CreateBoardArgs,
    CreateFeedArgs, CreateMarketArgs, FeedParameters, InsuranceParameters, LimitsArgs,
    MarginParameters, MarketParameters, QuoteParameters, Source,
};
use bulwark::state::{BoardState, BookState, Layout};
use bulwark_client::{Deployment, Pubkey};
use bulwark_core::params::{self, Class};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::keys::keypair;
use crate::pyth::{self, PriceMessage};
use crate::vm::{address, instruction, pubkey};
use crate::{Vm, tokens};

/// A price feed to list.
#[derive(Clone, Copy, Debug)]
pub struct FeedPlan {
    /// Name: its oracle account and feed id follow from it.
    pub name: &'static str,
    /// Class of coin.
    pub class: Class,
    /// First price, PriceE8 (per `10^unit_exp` tokens).
    pub price: u64,
    /// 0, 3, 6 or 9.
    pub unit_exp: u8,
}

/// A token to list. The first is quote.
#[derive(Clone, Copy, Debug)]
pub struct BankPlan {
    /// Name of the mint.
    pub name: &'static str,
    /// Number of its feed.
    pub feed: u8,
    /// Class of coin.
    pub class: Class,
    /// Decimals of the mint.
    pub decimals: u8,
    /// Token program.
    pub program: Address,
    /// Parameters.
    pub parameters: BankParameters,
}

/// A market to list.
#[derive(Clone, Copy, Debug)]
pub struct MarketPlan {
    /// Name of the book.
    pub name: &'static str,
    /// Number of its feed.
    pub feed: u8,
    /// Class of coin.
    pub class: Class,
    /// Parameters.
    pub parameters: MarketParameters,
}

/// One compartment to launch.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Number of the compartment.
    pub id: u16,
    /// Feeds by number.
    pub feeds: Vec<FeedPlan>,
    /// Banks by number.
    pub banks: Vec<BankPlan>,
    /// Markets by number.
    pub markets: Vec<MarketPlan>,
    /// Limits of origin classes and groups of collateral.
    pub limits: Vec<LimitsArgs>,
    /// Floor of fees, UsdE6; what its class has where none is given.
    pub fee_floor: Option<u32>,
}

/// Limits wide enough for tests and replays, everything else by the class's defaults.
pub fn bank_parameters(class: Class) -> BankParameters {
    BankParameters {
        deposit_cap: 1_000_000_000_000_000_000,
        account_cap: 1_000_000_000_000_000_000,
        ..BankParameters::preset(class)
    }
}

/// The same for a market.
pub fn market_parameters(class: Class) -> MarketParameters {
    MarketParameters {
        oi_cap: 1_000_000_000_000_000_000,
        slot_notional_cap: 1_000_000_000_000_000,
        ..MarketParameters::preset(class)
    }
}

/// Oracle account of a feed.
pub fn oracle(name: &str) -> Address {
    keypair(&format!("oracle {name}")).pubkey()
}

/// Pyth's id of a feed: as good as random.
pub fn feed_id(name: &str) -> [u8; 32] {
    keypair(&format!("feed id {name}")).pubkey().to_bytes()
}

/// Key of a mint.
pub fn mint(name: &str) -> Keypair {
    keypair(&format!("mint {name}"))
}

/// Price message with its exponent for a price of a feed, PriceE8 per `10^unit_exp` tokens.
pub fn message(name: &str, unit_exp: u8, price: u64, conf: u64, at: i64) -> PriceMessage {
    let price = i64::try_from(price).expect("a test's price fits");
    PriceMessage {
        feed_id: feed_id(name),
        price,
        conf,
        exponent: -8 - i32::from(unit_exp),
        publish_at: at,
        ema_price: price,
        ema_conf: conf,
    }
}

/// Creates the Protocol, signed by the upgrade authority, who is the creator from then on.
pub fn protocol(vm: &mut Vm) -> Result<()> {
    let deployment = Deployment::new(0, Pubkey::default());
    let authority = vm.authority.insecure_clone();
    let treasury = pubkey(keypair("treasury").pubkey());
    let create = deployment.create_protocol(pubkey(authority.pubkey()), treasury);
    vm.send(&[instruction(&create)], &[&authority])
        .context("create the Protocol")?;
    Ok(())
}

/// Launches a compartment: Board, insurance, feeds with a first price, banks, markets; then the
/// lookup table.
pub fn compartment(vm: &mut Vm, plan: &Plan) -> Result<Deployment> {
    let authority = vm.authority.insecure_clone();
    let creator = pubkey(authority.pubkey());
    let board = keypair(&format!("board {}", plan.id));
    let mut deployment = Deployment::new(plan.id, pubkey(board.pubkey()));
    let send = |vm: &mut Vm, what: &str, made: bulwark_client::Instruction| -> Result<()> {
        vm.send(&[instruction(&made)], &[&authority])
            .with_context(|| what.to_string())?;
        Ok(())
    };
    send(
        vm,
        "create the compartment",
        deployment.create_compartment(creator, plan.id),
    )?;
    make_zeroed(vm, &board, BoardState::SPACE)?;
    let profit_credit_ppm = 700_000;
    let made = deployment.create_board(
        creator,
        CreateBoardArgs {
            profit_credit_ppm,
            limits: plan.limits.clone(),
        },
    );
    send(vm, "create the Board", made)?;
    let insurance = InsuranceParameters::preset(Class::Major);
    send(
        vm,
        "create insurance",
        deployment.create_insurance(creator, insurance),
    )?;
    for (index, feed) in plan.feeds.iter().enumerate() {
        let args = CreateFeedArgs {
            source: Source {
                kind: bulwark::oracle::kind::CLASSIC,
                id: feed_id(feed.name),
            },
            second: Source::default(),
            unit_exp: feed.unit_exp,
            thin: false,
            volatility_e9: params::seed_volatility(feed.class),
            parameters: FeedParameters::preset(feed.class),
        };
        send(vm, feed.name, deployment.create_feed(creator, args))?;
        let at = vm.clock().unix_timestamp;
        let slot = vm.clock().slot;
        let first = message(feed.name, feed.unit_exp, feed.price, feed.price / 5_000, at);
        let data = pyth::price_update(&first, slot);
        pyth::write(&mut vm.svm, oracle(feed.name), pyth::CLASSIC_RECEIVER, data);
        let number = u8::try_from(index)?;
        let refresh = deployment.refresh(creator, &[(number, pubkey(oracle(feed.name)), None)]);
        send(vm, "the first refresh", refresh)?;
    }
    for (index, bank) in plan.banks.iter().enumerate() {
        let mint = mint(bank.name);
        if vm.data(mint.pubkey()).is_empty() {
            tokens::create_mint(vm, &mint, bank.program, bank.decimals)?;
        }
        let (mint, program) = (pubkey(mint.pubkey()), pubkey(bank.program));
        let mut args = bank_args(bank, index == 0);
        if let (Some(floor), Some(quote)) = (plan.fee_floor, &mut args.quote) {
            quote.fee_floor_e6 = floor;
        }
        send(
            vm,
            bank.name,
            deployment.create_bank(creator, mint, program, args),
        )?;
        deployment.add_bank(mint, program);
    }
    for (index, market) in plan.markets.iter().enumerate() {
        let book = keypair(&format!("book {} {}", plan.id, market.name));
        make_zeroed(vm, &book, BookState::SPACE)?;
        let args = CreateMarketArgs {
            index: u8::try_from(index)?,
            feed: market.feed,
            market: market.parameters,
            board: BoardMarketParameters::preset(market.class),
            margin: MarginParameters::preset(market.class),
        };
        let book = pubkey(book.pubkey());
        send(
            vm,
            market.name,
            deployment.create_market(creator, book, args),
        )?;
        deployment.add_market(book);
    }
    let keys: Vec<Address> = deployment.lookup_keys().into_iter().map(address).collect();
    vm.look_up(&keys)?;
    Ok(deployment)
}

/// Arguments that list a token by its class's defaults, at full weight at once.
pub fn bank_args(bank: &BankPlan, quote: bool) -> CreateBankArgs {
    CreateBankArgs {
        feed: bank.feed,
        origin: if bank.class == Class::Stable { 2 } else { 1 },
        group: 0,
        native_feed: 0,
        warm_up: 0,
        bank: bank.parameters,
        board: BoardBankParameters::preset(bank.class),
        haircut: MarginParameters::preset(bank.class),
        quote: quote.then(|| QuoteParameters::preset(bank.class)),
    }
}

/// Makes a zeroed account of the program, as a client does for Board and Book.
pub fn make_zeroed(vm: &mut Vm, key: &Keypair, space: usize) -> Result<()> {
    let create = tokens::create_account(vm, key.pubkey(), space, address(bulwark::ID));
    vm.send(&[create], &[key]).context("make an account")?;
    Ok(())
}
