//! How fast a replay is: two hours of made-up minutes, 50 traders, through the bytecode.
//!
//! `cargo xtask bench` runs it. The throughput is transactions, all of them real.

use std::path::PathBuf;

use bulwark_cli::replay::{self, Options};
use clap::Parser;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

/// A price file that falls by a tenth in its second half.
fn prices() -> PathBuf {
    let path = std::env::temp_dir().join(format!("btc-bench-{}.csv", std::process::id()));
    let mut text = String::from("ts_unix,open,high,low,close\n");
    let mut price = 4_000_000_u64;
    for minute in 0..120_u64 {
        let open = price;
        price = match (minute / 60, minute % 2) {
            (0, 0) => price + price / 2_000,
            (0, _) => price - price / 2_000,
            _ => price - price / 500,
        };
        let (high, low) = (open.max(price), open.min(price));
        let dollars = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        let row = [open, high, low, price].map(dollars).join(",");
        text += &format!("{},{row}\n", 1_700_000_040 + 60 * minute);
    }
    std::fs::write(&path, text).expect("the folder for temporary files is writable");
    path
}

fn options(prices: &str, margins: &str) -> Options {
    let line = [
        "bench",
        "--prices",
        prices,
        "--accounts",
        "50",
        "--order",
        "low-first",
        "--margins",
        margins,
    ];
    Line::parse_from(line).options
}

fn bench(criterion: &mut Criterion) {
    let file = prices();
    let shown = file.to_str().expect("a path in ASCII").to_string();
    let mut group = criterion.benchmark_group("replay");
    group.sample_size(10);
    for margins in ["dynamic", "static"] {
        let options = options(&shown, margins);
        let (outcome, _) = replay::play(&options, false).expect("cargo xtask build");
        let sent: u64 = outcome.runs.iter().map(|run| run.transactions).sum();
        group.throughput(Throughput::Elements(sent));
        group.bench_function(BenchmarkId::new("two hours", margins), |bencher| {
            bencher.iter(|| replay::play(&options, false).expect("it played before"));
        });
    }
    group.finish();
    std::fs::remove_file(file).expect("it was written above");
}

criterion_group!(benches, bench);
criterion_main!(benches);
