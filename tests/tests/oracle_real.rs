//! `refresh` on real Pyth accounts, where they are at hand.

#[path = "../../crates/core/tests/shared_data/mod.rs"]
mod shared_data;

use std::path::PathBuf;

use bulwark::error::BulwarkError;
use bulwark::instructions::Source;
use bulwark::oracle::kind;
use bulwark_core::gate::{Severity, severity};
use bulwark_core::params::Class;
use bulwark_svm::world::listing::{classic, feed_args};
use bulwark_svm::world::{World, expect_error, standard_plan};
use bulwark_svm::{Vm, launch, pyth};
use serde_json::Value;

/// The folder with accounts and what they say.
fn real_accounts() -> Option<PathBuf> {
    shared_data::shared_data("pyth-accounts")
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let kept: Vec<u8> = text.bytes().filter(|c| *c != b'=').map(digit).collect();
    let mut bytes = Vec::new();
    for group in kept.chunks(4) {
        let bits = group
            .iter()
            .fold(0_u32, |bits, d| bits << 6 | u32::from(*d));
        let bits = bits << (6 * (4 - group.len()));
        bytes.extend(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}

fn bytes_of(folder: &std::path::Path, file: &str) -> Vec<u8> {
    let raw = std::fs::read(folder.join(file)).expect("the account's file is readable");
    if !file.ends_with(".json") {
        return raw;
    }
    let dump: Value = serde_json::from_slice(&raw).expect("a dump of an account");
    base64(dump["account"]["data"][0].as_str().expect("base64"))
}

fn id_of(hex: &str) -> [u8; 32] {
    let digits: Vec<u8> = hex
        .bytes()
        .map(|c| char::from(c).to_digit(16).unwrap() as u8)
        .collect();
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect();
    bytes.try_into().expect("32 bytes")
}

/// A world whose clock begins then: the Board's time can't go back.
fn world_at(unix: i64, slot: u64) -> World {
    let mut vm = Vm::deployed(true).expect("the VM starts");
    vm.set_time(unix, slot);
    World::on(vm, standard_plan())
}

/// ⌊value·10^(expo + 8)⌋, or rounded up.
fn to_e8(value: i64, expo: i64, up: bool) -> u64 {
    let value = i128::from(value);
    let scaled = if expo >= -8 {
        value * 10_i128.pow(u32::try_from(expo + 8).unwrap())
    } else {
        let power = 10_i128.pow(u32::try_from(-8 - expo).unwrap());
        if up {
            (value + power - 1) / power
        } else {
            value / power
        }
    };
    u64::try_from(scaled).unwrap()
}

#[test]
fn real_receiver_accounts_are_read_to_the_last_digit() {
    let Some(folder) = real_accounts() else {
        return;
    };
    let decoded = std::fs::read(folder.join("decoded.json")).unwrap();
    let decoded: Vec<Value> = serde_json::from_slice(&decoded).unwrap();
    let mut seen = 0;
    for real in decoded
        .iter()
        .filter(|real| real["kind"] == "PriceUpdateV2")
    {
        let file = real["file"].as_str().unwrap();
        let number = |field: &str| real[field].as_i64().unwrap();
        let published = number("publish_time");
        let mut world = world_at(published, number("posted_slot").unsigned_abs());
        let id = id_of(real["feed_id"].as_str().unwrap());
        world
            .list_feed(feed_args(classic(id), Class::Large))
            .unwrap();
        let key = launch::oracle(file);
        let data = bytes_of(&folder, file);
        assert_eq!(data.len(), 134, "{file}");
        world.write_oracle(key, pyth::CLASSIC_RECEIVER, data.clone());
        let receipt = world
            .refresh_from(&[(3, key)])
            .unwrap_or_else(|e| panic!("{file}: {e}"));
        // Accepted, and the first print is the committed sample.
        assert_eq!(receipt.returned, [4], "{file}");
        let board = world.board();
        let last = &board.feeds[3].last;
        let expo = number("expo");
        assert_eq!(last.price, to_e8(number("price"), expo, false), "{file}");
        assert_eq!(last.conf, to_e8(number("conf"), expo, true), "{file}");
        assert_eq!(last.ema, to_e8(number("ema_price"), expo, false), "{file}");
        assert_eq!(last.publish_at, published, "{file}");
        assert_eq!(
            severity(&board.feeds[3], world.now()),
            Severity::Ok,
            "{file}"
        );
        // The same account of the other receiver is refused: the feed says which.
        let pro = Source {
            kind: kind::PRO,
            id: [9; 32],
        };
        world.list_feed(feed_args(pro, Class::Large)).unwrap();
        expect_error(world.refresh_from(&[(4, key)]), BulwarkError::OracleOwner);
        // Owned by the right program, of another feed.
        world.write_oracle(key, pyth::PRO_RECEIVER, data);
        expect_error(world.refresh_from(&[(4, key)]), BulwarkError::OracleFeed);
        seen += 1;
    }
    assert_eq!(seen, 5);
}

#[test]
fn real_legacy_accounts_are_taken_or_refused_by_what_they_say() {
    let Some(folder) = real_accounts() else {
        return;
    };
    let cases = [
        // Trading: taken.
        (
            "pyth_legacy_srm_2022-11-21.bin",
            1_669_049_331,
            177_088_061,
            kind::LEGACY_MAINNET,
            None,
        ),
        // Status Unknown, whatever price stands there.
        (
            "pyth_legacy_sol_2024-11-02_status0.json",
            1_730_534_860,
            299_058_484,
            kind::LEGACY_MAINNET,
            Some(BulwarkError::OracleStatus),
        ),
        // Written before the program kept averages and times: no average, published at 0.
        (
            "pyth_legacy_sol_devnet_2021.bin",
            1_630_000_000,
            64_338_668,
            kind::LEGACY_DEVNET,
            Some(BulwarkError::BadPrice),
        ),
    ];
    for (file, at, slot, kind, refused) in cases {
        let mut world = world_at(at, slot);
        let key = launch::oracle(file);
        let source = Source {
            kind,
            id: key.to_bytes(),
        };
        world.list_feed(feed_args(source, Class::Large)).unwrap();
        let data = bytes_of(&folder, file);
        assert_eq!(data.len(), 3_312, "{file}");
        let (own, other) = match kind {
            kind::LEGACY_MAINNET => (pyth::LEGACY_MAINNET, pyth::LEGACY_DEVNET),
            _ => (pyth::LEGACY_DEVNET, pyth::LEGACY_MAINNET),
        };
        world.write_oracle(key, other, data.clone());
        expect_error(world.refresh_from(&[(3, key)]), BulwarkError::OracleOwner);
        world.write_oracle(key, own, data.clone());
        let outcome = world.refresh_from(&[(3, key)]);
        if let Some(error) = refused {
            expect_error(outcome, error);
            assert_eq!(world.board().feeds[3].last.price, 0, "{file}");
            continue;
        }
        assert_eq!(outcome.unwrap().returned, [4], "{file}");
        let last = world.board().feeds[3].last;
        assert_eq!(
            (last.price, last.conf, last.ema),
            (27_293_073, 83_372, 27_274_933)
        );
        assert_eq!(last.publish_at, at);
        // The same bytes under another key.
        let elsewhere = launch::oracle("elsewhere");
        world.write_oracle(elsewhere, own, data);
        expect_error(
            world.refresh_from(&[(3, elsewhere)]),
            BulwarkError::OracleKey,
        );
    }
}
