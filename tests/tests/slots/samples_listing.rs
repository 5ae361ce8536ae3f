//! Known-good transactions of those who make things: the creator, and owners of accounts. In the
//! second compartment, where deposits haven't ended the creator's powers.

use bulwark::instructions::{
    BoardMarketParameters, CreateBoardArgs, CreateFeedArgs, CreateMarketArgs, FeedParameters,
    InsuranceParameters, MarginParameters, Source,
};
use bulwark::state::{BoardState, BookState, Layout};
use bulwark_client::{Deployment, Pubkey};
use bulwark_core::params::{self, Class};
use bulwark_svm::launch::{self, make_zeroed};
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::standard_plan;
use bulwark_svm::{keys, tokens};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::samples::by;
use super::samples_guardian::gone;
use super::{Act, Make};
use crate::stage::Stage;

/// The creator, as signer and as key.
fn creator(stage: &Stage) -> (Keypair, Pubkey) {
    let creator = stage.world.vm.authority.insecure_clone();
    let key = pubkey(creator.pubkey());
    (creator, key)
}

/// The third compartment, with its number.
fn third(stage: &mut Stage, board: bool) -> Deployment {
    let key = keys::keypair("a third board");
    let third = Deployment::new(2, pubkey(key.pubkey()));
    if board {
        let (signer, creator) = creator(stage);
        let create = third.create_compartment(creator, 2);
        stage
            .send(&[create], &[&signer])
            .expect("a third compartment");
        make_zeroed(&mut stage.world.vm, &key, BoardState::SPACE).expect("made");
    }
    third
}

pub const SAMPLES: &[(&str, Make)] = &[
    ("create_bank", |stage| {
        let (signer, key) = creator(stage);
        let mint = launch::mint("JUP");
        tokens::create_mint(&mut stage.world.vm, &mint, tokens::TOKEN, 6).expect("made");
        let args = launch::bank_args(&standard_plan().banks[1], false);
        let (mint, program) = (pubkey(mint.pubkey()), pubkey(tokens::TOKEN));
        by(stage.other.create_bank(key, mint, program, args), signer)
    }),
    ("create_board", |stage| {
        let (signer, key) = creator(stage);
        let third = third(stage, true);
        let profit_credit_ppm = 700_000;
        by(
            third.create_board(
                key,
                CreateBoardArgs {
                    profit_credit_ppm,
                    limits: vec![],
                },
            ),
            signer,
        )
    }),
    ("create_compartment", |stage| {
        let (signer, key) = creator(stage);
        by(third(stage, false).create_compartment(key, 2), signer)
    }),
    ("create_feed", |stage| {
        let (signer, key) = creator(stage);
        let args = CreateFeedArgs {
            source: Source {
                kind: bulwark::oracle::kind::CLASSIC,
                id: launch::feed_id("JUP"),
            },
            second: Source::default(),
            unit_exp: 0,
            thin: false,
            volatility_e9: params::seed_volatility(Class::Large),
            parameters: FeedParameters::preset(Class::Large),
        };
        by(stage.other.create_feed(key, args), signer)
    }),
    ("create_insurance", |stage| {
        let (signer, key) = creator(stage);
        let third = third(stage, true);
        let create = third.create_board(
            key,
            CreateBoardArgs {
                profit_credit_ppm: 700_000,
                limits: vec![],
            },
        );
        stage.send(&[create], &[&signer]).expect("a third Board");
        by(
            third.create_insurance(key, InsuranceParameters::preset(Class::Major)),
            signer,
        )
    }),
    ("create_margin_account", |stage| {
        let (alice, key) = stage.wallet("alice");
        let ours = &stage.world.deployment;
        by(ours.create_margin_account(key, 5, Pubkey::default()), alice)
    }),
    ("create_market", |stage| {
        let (signer, key) = creator(stage);
        let book = keys::keypair("a third book");
        make_zeroed(&mut stage.world.vm, &book, BookState::SPACE).expect("made");
        let args = CreateMarketArgs {
            index: 2,
            feed: 1,
            market: launch::market_parameters(Class::Large),
            board: BoardMarketParameters::preset(Class::Large),
            margin: MarginParameters::preset(Class::Large),
        };
        by(
            stage.other.create_market(key, pubkey(book.pubkey()), args),
            signer,
        )
    }),
    ("create_protocol", |stage| {
        let (signer, key) = creator(stage);
        gone(stage, stage.world.deployment.protocol);
        let treasury = Pubkey::new_from_array([7; 32]);
        by(
            stage.world.deployment.create_protocol(key, treasury),
            signer,
        )
    }),
    ("seal", |stage| sealed_by(stage, "mallory")),
    ("seal", |stage| {
        let (signer, key) = creator(stage);
        by(stage.world.deployment.seal(key, false), signer)
    }),
];

/// Anybody seals against the sum of deposits.
fn sealed_by(stage: &mut Stage, name: &'static str) -> Act {
    let (signer, key) = stage.wallet(name);
    by(stage.world.deployment.seal(key, true), signer)
}
