use super::*;
use crate::replay::csv::{Bar, Series};
use crate::replay::instrument::{Instrument, class_of};

const START: i64 = 1_700_000_040;

const GOOD: &str = r#"{"version": 1, "actors": {"mallory": {"quote_usd": "1000.5"}}, "acts": [
    {"at": "1700000040", "actor": "mallory", "do": {"deposit": {"amount": "all"}}},
    {"at": "2023-11-14T22:14:10Z", "actor": "mallory", "do": {"post_price": {"wick_ppm": 0}}},
    {"at": "1700000100", "actor": "mallory", "do": {"take_over": {"of": "weakest"}}},
    {"at": "1700000100", "actor": "mallory", "do": "accrue"}]}"#;

fn instruments() -> Vec<Instrument> {
    let bar = |n: i64| Bar {
        line: 2,
        at: START + 60 * n,
        open: 10_000_000_000,
        high: 10_100_000_000,
        low: 9_900_000_000,
        close: 10_000_000_000,
    };
    vec![Instrument {
        symbol: "SMALL".into(),
        class: class_of("SMALL"),
        prices: "made up".into(),
        series: Series {
            bars: (0..10).map(bar).collect(),
            interval: 60,
            unit_exp: 0,
            gaps: vec![],
        },
        market: true,
        collateral: false,
        quote: false,
    }]
}

fn script(text: &str) -> Result<Script, String> {
    let file = parse(text)?;
    let span = (START, START + 600);
    Script::new(&file, &instruments(), span).map_err(|error| error.to_string())
}

#[test]
fn a_good_file_is_resolved() {
    let script = script(GOOD).unwrap();
    assert_eq!(script.actors, [("mallory".to_string(), 1_000_500_000)]);
    let deeds: Vec<&Deed> = script.acts.iter().map(|act| &act.deed).collect();
    assert_eq!(
        deeds,
        [
            &Deed::Deposit(0, None),
            &Deed::PostPrice(0, 9_900_000_000),
            &Deed::TakeOver(Target::Weakest, 0),
            &Deed::Accrue,
        ]
    );
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    for (good, bad, why) in [
        (r#""version": 1"#, r#""version": 2"#, "version: 2"),
        (
            r#""version": 1"#,
            r#""version": 1, "x": 1"#,
            "x: unknown field `x`",
        ),
        (
            r#""1000.5""#,
            "1000.5",
            "actors.mallory.quote_usd: invalid type",
        ),
        (
            r#""1000.5""#,
            r#""-1""#,
            "actors.mallory.quote_usd: not an amount",
        ),
        (
            r#""wick_ppm": 0"#,
            r#""wick": 0"#,
            "acts[1].do.post_price.wick: unknown field",
        ),
        (
            r#""wick_ppm": 0"#,
            r#""wick_ppm": 1000001"#,
            "acts[1].do.post_price.wick_ppm: not",
        ),
        (
            r#""wick_ppm": 0"#,
            r#""price": "98.9""#,
            "acts[1].do.post_price.price: 98.9 lies outside",
        ),
        (
            r#""of": "weakest""#,
            r#""of": "eve""#,
            "acts[2].do.take_over.of: `eve` is nobody",
        ),
        (
            r#""do": "accrue""#,
            r#""do": "steal""#,
            "acts[3].do: unknown variant `steal`",
        ),
        (
            r#""actor": "mallory", "do": "acc"#,
            r#""actor": "eve", "do": "acc"#,
            "acts[3].actor",
        ),
        (
            r#""at": "1700000040""#,
            r#""at": "1700000099""#,
            "acts[1].at: before the act",
        ),
        (
            r#""at": "1700000040""#,
            r#""at": "1699999999""#,
            "acts[0].at: 1699999999 lies outside",
        ),
        (
            r#""amount": "all""#,
            r#""amount": "much""#,
            "acts[0].do.deposit.amount: `much`",
        ),
        ("]}", "]} x", "after the file's end"),
    ] {
        assert!(GOOD.contains(good), "{good}");
        let error = script(&GOOD.replacen(good, bad, 1)).unwrap_err();
        assert!(error.contains(why), "{bad}: {error}");
    }
}

#[test]
fn the_schema_is_the_one_in_docs() {
    let schema = schemars::schema_for!(File);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/attack.schema.json");
    if std::env::var_os("BULWARK_WRITE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "docs/attack.schema.json is out of date: BULWARK_WRITE=1 cargo test -p bulwark-cli schema"
    );
}

#[test]
fn the_example_in_docs_is_a_good_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/attack.example.json");
    assert!(read(&path).unwrap().acts.len() > 3);
}
