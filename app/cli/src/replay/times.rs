//! Times on the command line and in files: unix seconds or RFC 3339 in UTC.

/// Unix seconds of `1584012600` or `2020-03-12T11:30:00Z`; the error says what is wrong.
pub fn parse(text: &str) -> Result<i64, String> {
    if let Ok(unix) = text.parse::<i64>() {
        return match unix {
            1_000_000_000..4_102_444_800 => Ok(unix),
            _ => Err(format!("{unix} is not a unix second of 2001 to 2100")),
        };
    }
    let moment = humantime::parse_rfc3339(text)
        .map_err(|_| format!("`{text}` is neither unix seconds nor like 2020-03-12T11:30:00Z"))?;
    let since = moment.duration_since(std::time::UNIX_EPOCH);
    let since = since.map_err(|_| format!("{text} lies before 1970"))?;
    i64::try_from(since.as_secs()).map_err(|_| format!("{text} is out of range"))
}

/// A unix second as RFC 3339 in UTC.
pub fn show(unix: i64) -> String {
    let since = std::time::Duration::from_secs(unix.max(0).unsigned_abs());
    humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + since).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_mean_the_same() {
        assert_eq!(parse("1584012600"), Ok(1_584_012_600));
        assert_eq!(parse("2020-03-12T11:30:00Z"), Ok(1_584_012_600));
        assert_eq!(show(1_584_012_600), "2020-03-12T11:30:00Z");
        for wrong in ["", "12", "yesterday", "2020-03-12", "1584012600000"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
