//! What the TypeScript client is held against: addresses and instructions as this crate makes them,
//! and the presets that a deployment starts from. Written by
//! `BULWARK_WRITE=1 cargo test -p bulwark-client --test typescript`, read by app/client.

mod decisions;

use std::path::Path;

use anchor_lang::AnchorSerialize;
use anchor_lang::prelude::pubkey;
use bulwark::fresh::Quote;
use bulwark::instructions::{
    BankParameters, BoardBankParameters, BoardMarketParameters, CreateBankArgs, CreateBoardArgs,
    CreateFeedArgs, CreateMarketArgs, FeedParameters, InsuranceParameters, MarginParameters,
    MarketParameters, OrderKind, PlaceOrderArgs, ProofNode, QuoteParameters, RestrictArgs, Side,
    Source, StakeAct, Which,
};
use bulwark_client::{Closing, Deployment, Instruction, Items, Pubkey, address};
use bulwark_core::guardian::{
    ALL_COMPARTMENTS, Action, MAX_SETTINGS, MAX_SUBJECTS, Setting, Subject, Successor,
};
use bulwark_core::params::{self, Class};
use bulwark_core::recovery::Cause;
use serde_json::{Map, Value, json};

use decisions::{guardian, recovery};

const HINT: &str = "BULWARK_WRITE=1 cargo test -p bulwark-client --test typescript";
const TOKEN: Pubkey = pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
const TOKEN_2022: Pubkey = pubkey!("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

fn key(number: u8) -> Pubkey {
    Pubkey::new_from_array([number; 32])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file of app/client says what it should.
fn in_step(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../app/client");
    let path = path.join(file);
    if std::env::var_os("BULWARK_WRITE").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "app/client/{file} is stale: {HINT}");
}

/// Three banks, the last of Token-2022, and two markets.
fn deployment() -> Deployment {
    let mut deployment = Deployment::new(7, key(1));
    deployment.add_bank(key(2), TOKEN);
    deployment.add_bank(key(3), TOKEN);
    deployment.add_bank(key(4), TOKEN_2022);
    deployment.add_market(key(5));
    deployment.add_market(key(6));
    deployment
}

fn addresses(deployment: &Deployment) -> Value {
    let margin = deployment.margin(&key(8), 513);
    json!({
        "protocol": deployment.protocol.to_string(),
        "compartment": deployment.compartment.to_string(),
        "insurance": deployment.insurance.to_string(),
        "banks": deployment.banks.iter().map(|bank| json!({
            "bank": bank.bank.to_string(),
            "vault": bank.vault.to_string(),
        })).collect::<Vec<_>>(),
        "markets": deployment.markets.iter().map(|market| market.market.to_string())
            .collect::<Vec<_>>(),
        "margin": margin.to_string(),
        "ticket": address::ticket(&deployment.banks[0].bank, &margin, 1 << 40).to_string(),
        "guardian": address::guardian().to_string(),
        "proposal": address::proposal(1 << 40).to_string(),
        "recovery": address::recovery(&deployment.compartment, 1 << 20).to_string(),
        "vaultAuthority": address::vault_authority().to_string(),
        "eventAuthority": address::event_authority().to_string(),
        "programData": address::program_data().to_string(),
        "lookup": deployment.lookup_keys().iter().map(Pubkey::to_string).collect::<Vec<_>>(),
    })
}

fn shown(instruction: &Instruction) -> Value {
    let accounts = instruction.accounts.iter().map(|meta| {
        let signs = if meta.is_signer { "s" } else { "" };
        let writes = if meta.is_writable { "w" } else { "" };
        format!("{} {signs}{writes}", meta.pubkey)
    });
    json!({
        "program": instruction.program_id.to_string(),
        "accounts": accounts.collect::<Vec<_>>(),
        "data": hex(&instruction.data),
    })
}

fn creations(d: &Deployment) -> Vec<(&'static str, Instruction)> {
    let bank = CreateBankArgs {
        feed: 2,
        origin: 1,
        group: 3,
        native_feed: 0,
        warm_up: 86_400,
        bank: BankParameters::preset(Class::Large),
        board: BoardBankParameters::preset(Class::Large),
        haircut: MarginParameters::preset(Class::Large),
        quote: None,
    };
    let quote = CreateBankArgs {
        quote: Some(QuoteParameters::preset(Class::Stable)),
        ..bank
    };
    let feed = CreateFeedArgs {
        source: Source {
            kind: 1,
            id: [9; 32],
        },
        second: Source {
            kind: 3,
            id: [10; 32],
        },
        unit_exp: 3,
        thin: true,
        volatility_e9: params::seed_volatility(Class::Small),
        parameters: FeedParameters::preset(Class::Small),
    };
    let market = CreateMarketArgs {
        index: 2,
        feed: 1,
        market: MarketParameters::preset(Class::Major),
        board: BoardMarketParameters::preset(Class::Major),
        margin: MarginParameters::preset(Class::Major),
    };
    let board = CreateBoardArgs {
        profit_credit_ppm: 700_000,
        limits: vec![],
    };
    let insurance = InsuranceParameters::preset(Class::Major);
    vec![
        ("createProtocol", d.create_protocol(key(20), key(21))),
        ("createCompartment", d.create_compartment(key(20), 7)),
        ("createBoard", d.create_board(key(20), board)),
        ("createInsurance", d.create_insurance(key(20), insurance)),
        ("createFeed", d.create_feed(key(20), feed)),
        ("createBank", d.create_bank(key(20), key(22), TOKEN, bank)),
        ("createQuote", d.create_bank(key(20), key(22), TOKEN, quote)),
        ("createMarket", d.create_market(key(20), key(23), market)),
        ("seal", d.seal(key(20), false)),
        ("sealShown", d.seal(key(20), true)),
        (
            "createMarginAccount",
            d.create_margin_account(key(8), 513, key(24)),
        ),
        (
            "setDelegate",
            d.set_delegate(key(8), d.margin(&key(8), 513), key(24), 77),
        ),
        (
            "migrateAccount",
            d.migrate_account(key(41), d.margin(&key(8), 513)),
        ),
    ]
}

fn trading(d: &Deployment) -> Vec<(&'static str, Instruction)> {
    let margin = d.margin(&key(8), 513);
    let feeds = [(0, key(30), None), (2, key(31), Some(key(32)))];
    let order = PlaceOrderArgs {
        side: Side::Ask,
        kind: OrderKind::ImmediateOrCancel,
        reduce_only: true,
        price: 100 << 32,
        size: 7,
        client_id: 9,
        expires_at: 11,
    };
    let makers = [key(33), key(34)];
    let close = d.close_positions(
        key(8),
        margin,
        &[Closing {
            market: 0,
            side: Side::Bid,
            size: 7,
            worst: 9,
            makers: makers.to_vec(),
        }],
    );
    let cancel = |which| d.cancel_orders(key(8), margin, 1, which);
    vec![
        ("refresh", d.refresh(key(8), &feeds)),
        ("refreshCopies", d.refresh_with(key(8), &feeds, true)),
        (
            "placeOrder",
            d.place_order(key(8), margin, 1, order, &makers),
        ),
        ("cancelSlot", cancel(Which::Slot(3))),
        ("cancelSequence", cancel(Which::Sequence(1 << 40))),
        ("cancelClient", cancel(Which::Client(9))),
        ("cancelAll", cancel(Which::All)),
        (
            "replaceOrder",
            d.replace_order(key(8), margin, 1, (Which::Sequence(5), order), &makers),
        ),
        (
            "cancelBatch",
            d.cancel_batch(key(8), margin, 0, &[1, 1 << 40], &[9]),
        ),
        ("closePosition", close[0].clone()),
        ("sampleFunding", d.sample_funding(key(8), 1)),
        ("pruneOrders", d.prune_orders(key(8), margin, 0)),
        ("healthView", d.health_view(margin)),
        ("marginNotice", d.margin_notice(margin)),
    ]
}

fn money(d: &Deployment) -> Vec<(&'static str, Instruction)> {
    let margin = d.margin(&key(8), 513);
    let withdraw =
        |bank, ticket, plain| d.withdraw(key(8), margin, (bank, 77), key(40), ticket, plain);
    let stake = |caller, act, tokens| d.stake(key(caller), &key(8), act, tokens);
    vec![
        ("transfer", d.transfer(key(8), margin, key(51), (1, 77))),
        ("fold", d.fold(&[1, 0])),
        ("accrue", d.accrue(key(8))),
        ("fundInsurance", d.fund_insurance(key(8), key(40), 77)),
        (
            "stakeFirst",
            d.first_stake(key(8), StakeAct::Join(77), key(40)),
        ),
        ("stakeJoin", stake(8, StakeAct::Join(77), Some(key(40)))),
        ("stakeBuy", stake(8, StakeAct::Buy(77), Some(key(40)))),
        ("stakeEarn", stake(41, StakeAct::Earn, None)),
        ("stakeAsk", stake(8, StakeAct::Ask(77), None)),
        ("stakeAskAll", stake(8, StakeAct::Ask(u64::MAX), None)),
        ("stakeLeave", stake(8, StakeAct::Leave, Some(key(40)))),
        ("stakeClose", stake(8, StakeAct::Close, None)),
        ("stakeAssigned", d.assign_stake(key(8), key(51), 7)),
        ("stakeClaim", d.claim_stake(key(41), &key(8), 7, key(40))),
        ("stakeCloseRecovered", d.close_recovered_stake(key(8), 7)),
        ("proveStress", d.prove_stress(key(41), margin)),
        ("deposit", d.deposit(key(8), margin, 2, key(40), 77)),
        ("withdrawPlain", withdraw(0, None, true)),
        ("withdrawQuote", withdraw(0, Some(5), false)),
        ("withdrawToken", withdraw(1, Some(5), false)),
        (
            "crankTicket",
            d.crank_ticket(key(41), key(8), margin, 1, 5, key(40)),
        ),
        (
            "collectResidual",
            d.collect_residual(key(41), margin, 1, key(40)),
        ),
        ("sweepQuote", d.sweep(key(41), 0)),
        ("sweepToken", d.sweep(key(41), 1)),
        ("recapitaliseQuote", d.recapitalise(key(41), 0, key(40), 77)),
        ("recapitaliseToken", d.recapitalise(key(41), 1, key(40), 77)),
        ("valueBanks", d.value_banks(key(41))),
        (
            "closeMarginAccount",
            d.close_margin_account(key(8), margin, false),
        ),
        (
            "closeWithBooks",
            d.close_margin_account(key(8), margin, true),
        ),
    ]
}

fn liquidation(d: &Deployment) -> Vec<(&'static str, Instruction)> {
    let margin = d.margin(&key(8), 513);
    let paid = Some(key(40));
    vec![
        ("flag", d.flag(key(50), margin)),
        ("unflag", d.unflag(key(50), margin)),
        ("noteStage", d.note_stage(key(50), margin)),
        ("takeOver", d.take_over(key(50), margin, key(51), 1, 99)),
        ("seize", d.seize(key(50), margin, key(51), (1, 99), None)),
        (
            "seizePaid",
            d.seize(key(50), margin, key(51), (1, 99), paid),
        ),
        (
            "convert",
            d.convert(key(50), margin, key(51), (1, 99), None),
        ),
        (
            "convertPaid",
            d.convert(key(50), margin, key(51), (1, 99), paid),
        ),
        (
            "windUp",
            d.wind_up(key(50), margin, key(51), (&[0, 1], &[1, 2]), 500_000, None),
        ),
        (
            "windUpPaid",
            d.wind_up(key(50), margin, key(51), (&[1], &[]), 1, paid),
        ),
        ("settle", d.settle(key(50), margin, 1)),
    ]
}

fn winding(d: &Deployment) -> Vec<(&'static str, Instruction)> {
    let margin = d.margin(&key(8), 513);
    let some = Items {
        markets: vec![1],
        banks: vec![2],
        accounts: vec![margin],
        ..Items::default()
    };
    vec![
        ("check", d.check(key(41), &Items::all(d), Some(margin))),
        ("checkSome", d.check(key(41), &some, None)),
        (
            "announceSettlement",
            d.announce_settlement(key(41), 1, false),
        ),
        ("announceDecision", d.announce_settlement(key(20), 1, true)),
        ("callOffSettlement", d.call_off_settlement(key(41), 1)),
        ("settleMarket", d.settle_market(key(41), 1)),
        ("settlePosition", d.settle_position(key(41), margin, 1)),
        ("closeBank", d.close_bank(key(20), 2)),
    ]
}

#[test]
fn addresses_and_instructions_of_the_client_are_these() {
    let deployment = deployment();
    let parts = [creations, trading, money, liquidation, recovery, winding];
    let all = parts.iter().flat_map(|part| part(&deployment));
    let all = all.map(|(name, instruction)| (name.to_string(), instruction));
    let instructions: Map<String, Value> = all
        .chain(guardian(&deployment))
        .map(|(name, instruction)| (name, shown(&instruction)))
        .collect();
    let vectors = json!({
        "addresses": addresses(&deployment),
        "instructions": instructions,
    });
    in_step("test/vectors.json", &format!("{vectors:#}\n"));
}

fn borsh(arguments: &impl AnchorSerialize) -> String {
    let mut bytes = Vec::new();
    arguments.serialize(&mut bytes).unwrap();
    hex(&bytes)
}

/// One line of the file of presets: a class with the arguments of each table, as they are sent.
fn presets(name: &str, class: Class) -> String {
    let tables = [
        ("feed", borsh(&FeedParameters::preset(class))),
        ("margin", borsh(&MarginParameters::preset(class))),
        ("bank", borsh(&BankParameters::preset(class))),
        ("boardBank", borsh(&BoardBankParameters::preset(class))),
        ("quote", borsh(&QuoteParameters::preset(class))),
        ("market", borsh(&MarketParameters::preset(class))),
        ("boardMarket", borsh(&BoardMarketParameters::preset(class))),
        ("insurance", borsh(&InsuranceParameters::preset(class))),
    ];
    let mut text = format!("  {name}: {{\n");
    text += &format!("    volatilityE9: {}n,\n", params::seed_volatility(class));
    for (table, bytes) in tables {
        text += &format!("    {table}: \"{bytes}\",\n");
    }
    text + "  },\n"
}

#[test]
fn presets_of_the_client_are_those_of_the_table() {
    let classes = [
        ("major", Class::Major),
        ("large", Class::Large),
        ("small", Class::Small),
        ("stable", Class::Stable),
    ];
    let mut text = format!(
        "// Parameters by class of coin, as crates/core has them. Written by\n\
         // `{HINT}`; never edited.\n\n\
         /** Borsh bytes of each table's arguments by class, in hexadecimal. */\n\
         export const PRESET_BYTES = {{\n"
    );
    for (name, class) in classes {
        text += &presets(name, class);
    }
    in_step("src/presets.data.ts", &(text + "} as const;\n"));
}

#[test]
fn numbers_of_parameters_are_those_of_the_tables() {
    let mut text = format!(
        "// Numbers of the parameters, as actions of the guardian name them. Written by\n\
         // `{HINT}`; never edited.\n\n\
         /** Numbers by the names of docs/parameters.md: the table, and the place in it. */\n\
         export const PARAMETER_IDS = {{\n"
    );
    let rows = (0..=u16::MAX).filter_map(|id| Some((id, params::row_of(id)?.key)));
    let rows: Vec<(u16, &str)> = rows.collect();
    for (id, name) in &rows {
        text += &format!("  \"{name}\": {id:#06x},\n");
    }
    let names: std::collections::BTreeSet<_> = rows.iter().map(|(_, name)| name).collect();
    assert_eq!(names.len(), rows.len(), "a name has two numbers");
    in_step("src/parameters.data.ts", &(text + "} as const;\n"));
}
