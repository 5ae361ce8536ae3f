//! The result in words: it says what the figures say, whichever arm lost more.

#[path = "../examples/samples/story.rs"]
mod story;

use bulwark_report::{Report, render};

/// The text of the result, without its elements.
fn verdict(report: &Report) -> String {
    let page = render(report);
    let (_, rest) = page
        .split_once("class=\"verdict\">")
        .expect("there is a result");
    let (inside, _) = rest.split_once("</p>").expect("it ends");
    let mut text = String::new();
    for part in inside.split('<') {
        text += part.split_once('>').map_or(part, |(_, words)| words);
    }
    text.replace('\u{a0}', " ")
}

/// Two arms that lost so much, of one order.
fn lost(dynamic: i64, fixed: i64) -> Report {
    let mut report = story::crash();
    report.runs.truncate(2);
    for (run, lost) in report.runs.iter_mut().zip([dynamic, fixed]) {
        run.figures.bad_debt_e6 = lost;
        run.paid.insurance_e6 = lost.min(5_000_000);
        run.paid.socialised_e6 = lost - run.paid.insurance_e6;
        run.paid.deficit_e6 = 0;
    }
    report
}

#[test]
fn the_arm_that_lost_less_is_named_as_such() {
    let text = verdict(&lost(1_000_000, 7_000_000));
    let expected =
        "Dynamic margins left $1.00 of bad debt, static margins of the same average $7.00.";
    assert!(text.starts_with(expected), "{text}");
    assert!(
        text.contains("liquidated: $1.00 was paid by insurance."),
        "{text}"
    );
    assert!(
        text.contains("$5.00 was paid by insurance, $2.00 charged to the winning side."),
        "{text}"
    );
    let text = verdict(&lost(7_000_000, 1_000_000));
    assert!(
        text.contains("more than static margins of the same average with $1.00"),
        "{text}"
    );
    let text = verdict(&lost(3_000_000, 3_000_000));
    assert!(
        text.contains("as much as static margins of the same average"),
        "{text}"
    );
}

#[test]
fn no_loss_is_said_plainly() {
    let text = verdict(&lost(0, 0));
    assert!(
        text.starts_with("Neither dynamic margins ($0) nor static margins"),
        "{text}"
    );
    assert!(
        text.ends_with("Every unit of money is accounted for: conservation error 0."),
        "{text}"
    );
    let text = verdict(&story::calm());
    assert!(
        text.starts_with("With dynamic margins alone, $0 of bad debt was left."),
        "{text}"
    );
    assert!(verdict(&story::nothing()).starts_with("Nothing was run."));
}

#[test]
fn margins_that_differ_are_not_called_equal() {
    let mut report = lost(1_000_000, 7_000_000);
    report.runs[1].markets[0].average_initial_margin_ppm *= 2;
    let text = verdict(&report);
    assert!(
        text.contains("of bad debt, static margins $7.00."),
        "{text}"
    );
}

#[test]
fn money_that_is_missing_is_an_alarm() {
    let mut report = lost(0, 0);
    report.runs[1].figures.conservation_error = 3;
    let text = verdict(&report);
    assert!(
        text.contains("the ledger was off by 3 in static/high-first"),
        "{text}"
    );
    assert!(!text.contains("is accounted for"), "{text}");
    assert!(render(&report).contains("role=\"alert\""));
}
