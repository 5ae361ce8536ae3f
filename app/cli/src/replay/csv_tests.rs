use super::*;

const HEADER: &str = "ts_unix,open,high,low,close,volume";

fn parsed(rows: &[&str]) -> Result<Series, Malformed> {
    parse(format!("{HEADER}\n{}\n", rows.join("\n")).as_bytes())
}

/// Three good bars, the second replaced.
fn with_second(row: &str) -> Malformed {
    let (first, third) = ("1621036800,10,11,9,10.5,1", "1621036920,10.5,12,10,11,1");
    assert!(parsed(&[first, "1621036860,10.5,11,10,10.5,1", third]).is_ok());
    parsed(&[first, row, third]).expect_err(row)
}

#[test]
fn a_good_file_is_read_exactly() {
    let series = parsed(&["1621036800,49844.16,49914.53,49810.01,49892,59.241927"]).unwrap();
    let bar = Bar {
        line: 2,
        at: 1_621_036_800,
        open: 4_984_416_000_000,
        high: 4_991_453_000_000,
        low: 4_981_001_000_000,
        close: 4_989_200_000_000,
    };
    assert_eq!(
        series,
        Series {
            bars: vec![bar],
            interval: 60,
            unit_exp: 0,
            gaps: vec![]
        }
    );
    assert_eq!(series.end(), 1_621_036_860);
    let windows = format!("{}\r\n1621036800,1,1,1,1\r\n", HEADERS[0]);
    assert_eq!(parse(windows.as_bytes()).unwrap().bars[0].open, 100_000_000);
}

#[test]
fn the_unit_keeps_tiny_prices_apart() {
    let luna = ["1652402220,0.00005,0.00005,0.00004,0.00004,1"];
    let series = parsed(&luna).unwrap();
    assert_eq!(
        (series.unit_exp, series.bars[0].low, series.bars[0].open),
        (3, 4_000_000, 5_000_000)
    );
    let tiny = parsed(&["1652402220,3e-10,4e-10,2e-10,3e-10,1"]).unwrap();
    assert_eq!((tiny.unit_exp, tiny.bars[0].low), (9, 20_000_000));
    let cent = parsed(&["1652402220,0.01,0.01,0.01,0.01,1"]).unwrap();
    assert_eq!((cent.unit_exp, cent.bars[0].low), (0, PRICE_MIN));
}

#[test]
fn every_malformed_row_names_its_line() {
    for (row, why) in [
        ("", "1 columns where the header has 6"),
        (
            "1621036860,10.5,11,10,10.5",
            "5 columns where the header has 6",
        ),
        (
            "1621036860,10.5,11,10,10.5,1,1",
            "7 columns where the header has 6",
        ),
        ("1621036860,10.5,11,10,,1", "close: `` is not a number"),
        ("1621036860,NaN,11,10,10.5,1", "open: `NaN` is not a number"),
        (
            "1621036860,10.5,inf,10,10.5,1",
            "high: `inf` is not a number",
        ),
        ("1621036860,10.5,11,0,10.5,1", "low: a price of zero"),
        ("1621036860,10.5,11,-10,10.5,1", "low: `-10` is negative"),
        ("1621036860,10.5,10,11,10.5,1", "high lies below low"),
        ("1621036860,9,11,10,10.5,1", "open lies outside"),
        ("1621036860,10.5,11,10,11.1,1", "close lies outside"),
        (
            "1621036860,10.5,11,10,10.5,many",
            "volume: `many` is not a number",
        ),
        ("1621036860,10.5,11,10,10.5,-1", "volume: `-1` is negative"),
        (
            "noon,10.5,11,10,10.5,1",
            "ts_unix: `noon` is not a whole number",
        ),
        (
            "1621036860.5,10.5,11,10,10.5,1",
            "ts_unix: `1621036860.5` is not a whole number",
        ),
        (
            "1621036860000,10.5,11,10,10.5,1",
            "not a unix second of 2001 to 2100",
        ),
        (
            "1621036800,10.5,11,10,10.5,1",
            "time runs back: 1621036800 after 1621036800",
        ),
        ("1621036740,10.5,11,10,10.5,1", "time runs back"),
        (
            "1621036860,1e30,1e30,10,10.5,1",
            "open: `1e30` has an absurd size",
        ),
        (
            "1621036860,10.5,1e10,10,10.5,1",
            "high over low has an absurd size",
        ),
        (
            "1621036860,5000,5000,5000,5000,1",
            "the step from the close before has an absurd size",
        ),
        (
            "1621036860,10.5,11,10,10.50000000001,1",
            "close: more than 8 decimal places",
        ),
    ] {
        let error = with_second(row);
        assert_eq!(error.line, 3, "{row}: {error}");
        assert!(error.why.contains(why), "{row}: {error}");
        assert!(error.to_string().starts_with("line 3: "));
    }
    let long = format!("1621036860,10.5,11,10,10.5,{}", "1".repeat(600));
    assert!(with_second(&long).why.contains("absurd size"));
}

#[test]
fn malformed_files_name_a_line() {
    for (file, line, why) in [
        (&b""[..], 1, "the file is empty"),
        (b"ts_unix,open,high,low,close\n", 2, "no bar"),
        (b"ts_unix,price\n1,2\n", 1, "the header must be"),
        (b"time,open,high,low,close\n", 1, "the header must be"),
        (b"\n", 1, "the header must be"),
        (
            b"ts_unix,open,high,low,close\n1621036800,1,1,1,1\n\xff\xfe",
            3,
            "not UTF-8",
        ),
        (
            b"ts_unix,open,high,low,close\n1621036800,1,1,1,1\n1621036801,1,1,1,1",
            3,
            "1 s apart",
        ),
        (
            b"ts_unix,open,high,low,close\n1621036800,1e-15,1e-15,1e-15,1e-15",
            2,
            "too small",
        ),
    ] {
        let error = parse(file).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.why.contains(why), "{error}");
    }
}

#[test]
fn missing_bars_are_an_outage_with_its_line() {
    let row = |minute: i64| format!("{},1,1,1,1,0", 1_621_036_800 + 60 * minute);
    let rows: Vec<String> = [0, 1, 2, 5, 6, 7].into_iter().map(row).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let series = parsed(&rows).unwrap();
    assert_eq!(series.interval, 60);
    let gap = Gap {
        line: 5,
        from: 1_621_036_800 + 180,
        seconds: 120,
    };
    assert_eq!(series.gaps, vec![gap]);
}

#[test]
fn a_bar_inside_another_is_refused() {
    let row = |second: i64| format!("{},1,1,1,1,0", 1_621_036_800 + second);
    let rows: Vec<String> = [0, 300, 600, 660, 900].into_iter().map(row).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let error = parsed(&rows).unwrap_err();
    assert_eq!(
        (error.line, error.why.contains("60 s after the bar before")),
        (5, true)
    );
}
