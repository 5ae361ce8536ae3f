//! The page as text: complete, escaped, the same at every run.

#[path = "../examples/samples/story.rs"]
mod story;

use bulwark_report::{Report, picture, render};

fn embedded(page: &str) -> Report {
    let (_, rest) = page
        .split_once("id=\"report-data\">")
        .expect("the data is in the page");
    let (data, _) = rest.split_once("</script>").expect("the data ends");
    serde_json::from_str(data).expect("the data is JSON")
}

#[test]
fn a_report_goes_to_json_and_back() {
    for report in [story::crash(), story::calm(), story::nothing()] {
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
}

#[test]
fn the_data_is_in_the_page() {
    let calm = story::calm();
    assert_eq!(embedded(&render(&calm)), calm);
    let crash = story::crash();
    let found = embedded(&render(&crash));
    assert_eq!(found, crash.thinned());
    assert_eq!(found.runs[0].equity, crash.runs[0].equity);
}

#[test]
fn thinning_keeps_what_is_least_and_greatest() {
    let crash = story::crash();
    let thin = crash.thinned();
    for (run, thinned) in crash.runs.iter().zip(&thin.runs) {
        for (market, thinned) in run.markets.iter().zip(&thinned.markets) {
            assert!(thinned.trace.len() < market.trace.len());
            assert!(thinned.trace.is_sorted_by_key(|point| point.at_unix));
            let ends = |all: &[bulwark_report::Point]| {
                let prices = all.iter().map(|point| point.price_e8);
                let applied = all.iter().map(|point| point.applied_ppm);
                let (from, until) = (all.first().copied(), all.last().copied());
                (
                    prices.clone().min(),
                    prices.max(),
                    applied.max(),
                    from,
                    until,
                )
            };
            assert_eq!(ends(&market.trace), ends(&thinned.trace));
        }
    }
}

#[test]
fn hostile_text_stays_text() {
    let crash = story::crash();
    for text in [render(&crash), picture(&crash)] {
        assert!(!text.contains("<img"), "a name became an element");
        assert!(text.contains("&lt;img"), "the name is missing");
    }
    assert_eq!(render(&crash).matches("</script>").count(), 1);
}

#[test]
fn nothing_is_ever_not_a_number() {
    for report in [story::crash(), story::calm(), story::nothing()] {
        for text in [render(&report), picture(&report)] {
            for word in ["NaN", ">inf", "-inf", "undefined"] {
                assert!(!text.contains(word), "{word} in {}", report.scenario.name);
            }
        }
    }
}

#[test]
fn the_same_report_is_the_same_page() {
    assert_eq!(render(&story::crash()), render(&story::crash()));
}

#[test]
fn numbers_of_colours_became_names() {
    let page = render(&story::crash());
    assert!(!page.contains("\"#0B00"), "an ink without a class");
}

/// Replaces every integer by the first of `numbers` that its field can hold.
fn fill(value: &mut serde_json::Value, numbers: &[serde_json::Number]) {
    use serde_json::Value;
    match value {
        Value::Number(number) => *number = numbers[0].clone(),
        Value::Array(all) => all.iter_mut().for_each(|one| fill(one, numbers)),
        Value::Object(all) => {
            for (key, one) in all {
                let narrow = matches!(key.as_str(), "unit_exp" | "market" | "format");
                let signed = ["_unix", "_e6", "_seconds"]
                    .iter()
                    .any(|end| key.ends_with(end));
                match (narrow, signed || key == "seconds") {
                    (true, _) => {}
                    (_, true) => fill(one, &numbers[1..]),
                    _ => fill(one, numbers),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_largest_numbers_break_nothing() {
    let limits = [
        [u64::MAX.into(), i64::MAX.into()],
        [u64::MAX.into(), i64::MIN.into()],
        [0.into(), 0.into()],
    ];
    let mut crash = story::crash().thinned();
    crash.runs.truncate(2);
    for numbers in limits {
        let mut value = serde_json::to_value(&crash).unwrap();
        fill(&mut value, &numbers);
        let report: Report = serde_json::from_value(value).unwrap();
        for text in [render(&report), picture(&report)] {
            assert!(
                !text.contains("NaN") && !text.contains("inf\""),
                "{numbers:?}"
            );
        }
    }
}
