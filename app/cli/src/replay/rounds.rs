//! Rounds of a price feed, `ts_unix,close`: answers at uneven times, each of which stands until the
//! next. As minutes: each has the answer that stood when it began, so that nobody sees one early.

use super::csv::{MINUTE, Malformed, malformed};
use super::row::Row;

/// The header of such a file.
pub const HEADER: &str = "ts_unix,close";

/// The minutes from the first answer on, at most `most`; the last answer has one.
pub fn minutes(answers: Vec<Row>, most: usize) -> Result<Vec<Row>, Malformed> {
    let Some(first) = answers.first().map(|answer| up(answer.at)) else {
        return Ok(answers);
    };
    let until = answers.last().map_or(first, |answer| up(answer.at)) + MINUTE;
    if usize::try_from((until - first) / MINUTE).is_ok_and(|count| count > most) {
        let line = answers.last().map_or(2, |answer| answer.line);
        return malformed(line, format!("more than {most} minutes: an absurd size"));
    }
    let mut minutes = Vec::new();
    let mut next = answers.into_iter().peekable();
    let mut stands = next.next();
    for at in (first..until).step_by(MINUTE as usize) {
        while let Some(newer) = next.next_if(|answer| answer.at <= at) {
            stands = Some(newer);
        }
        minutes.extend(stands.map(|answer| Row { at, ..answer }));
    }
    Ok(minutes)
}

/// The first whole minute from a second on.
fn up(unix: i64) -> i64 {
    (unix + MINUTE - 1).div_euclid(MINUTE) * MINUTE
}

#[cfg(test)]
mod tests {
    use super::super::csv;

    #[test]
    fn an_answer_stands_from_the_next_minute_until_there_is_another() {
        let text = "ts_unix,close\n1652060394,1\n1652060461,0.98\n1652060462,0.99\n\
                    1652060640,0.95\n1652060700,0.97\n";
        let series = csv::parse(text.as_bytes()).unwrap();
        let found: Vec<(i64, u64)> = series
            .bars
            .iter()
            .map(|b| (b.at - 1_652_060_400, b.close))
            .collect();
        let (one, late) = (100_000_000, 99_000_000);
        let wanted = [
            (0, one),
            (60, one),
            (120, late),
            (180, late),
            (240, 95_000_000),
            (300, 97_000_000),
        ];
        assert_eq!(found, wanted);
        assert_eq!((series.interval, series.unit_exp), (60, 0));
        assert!(series.gaps.is_empty());
        let bar = series.bars[2];
        assert_eq!((bar.open, bar.high, bar.low), (late, late, late));
        assert_eq!(bar.line, 4);
    }

    #[test]
    fn what_is_no_round_is_an_error_of_its_line() {
        for (text, why) in [
            ("ts_unix,close\n", "line 2: no bar"),
            (
                "ts_unix,close\n1652060394,0\n",
                "line 2: close: a price of zero",
            ),
            (
                "ts_unix,close\n1652060394,1\n1652060394,1\n",
                "line 3: time runs back",
            ),
            (
                "ts_unix,close\n1652060394,1\n4102444799,1\n",
                "line 3: more than",
            ),
            ("ts_unix,close\n1652060394,1,2\n", "line 2: 3 columns"),
        ] {
            let error = csv::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(why), "{error}");
        }
    }
}
