//! Decimal text to exact integers: prices never pass through a float.

/// Decimal places that a parsed number keeps.
pub const PLACES: u32 = 17;

/// A number above zero or zero, in 1e-17.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(pub u128);

/// Whole part beyond which a number is absurd: no price or volume has thirteen digits.
const MOST: u128 = 1_000_000_000_000;

impl Decimal {
    /// Reads `digits[.digits][e±digits]`. The error says what is wrong, not where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown = shorten(text);
        let lower = text.to_ascii_lowercase();
        if matches!(
            lower.trim_start_matches(['+', '-']),
            "nan" | "inf" | "infinity"
        ) {
            return Err(format!("{shown} is not a number"));
        }
        if text.starts_with('-') {
            return Err(format!("{shown} is negative"));
        }
        let (mantissa, exponent) = match lower.split_once('e') {
            Some((mantissa, exponent)) => {
                let exponent: i32 = exponent
                    .parse()
                    .map_err(|_| format!("{shown} is not a number"))?;
                (mantissa, exponent)
            }
            None => (lower.as_str(), 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) {
            return Err(format!("{shown} is not a number"));
        }
        if mantissa.len() > 40 || exponent.abs() > 40 {
            return Err(format!("{shown} has an absurd size"));
        }
        let mut places = PLACES as i32 + exponent - fraction.len() as i32;
        let mut value: u128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            let next = value
                .checked_mul(10)
                .and_then(|v| v.checked_add(u128::from(digit - b'0')));
            value = next.ok_or_else(|| format!("{shown} has an absurd size"))?;
        }
        while places > 0 && value != 0 {
            value = value
                .checked_mul(10)
                .ok_or_else(|| format!("{shown} has an absurd size"))?;
            places -= 1;
        }
        while places < 0 && value != 0 {
            if !value.is_multiple_of(10) {
                return Err(format!("{shown} has more than {PLACES} decimal places"));
            }
            value /= 10;
            places += 1;
        }
        if value >= MOST * 10u128.pow(PLACES) {
            return Err(format!("{shown} has an absurd size"));
        }
        Ok(Self(value))
    }

    /// The number in units of `10^-places`, `None` where digits would be lost.
    pub fn scaled(self, places: u32) -> Option<u64> {
        let divisor = 10u128.checked_pow(PLACES.checked_sub(places)?)?;
        self.0
            .is_multiple_of(divisor)
            .then(|| u64::try_from(self.0 / divisor).ok())?
    }
}

/// Text as an error message shows it.
pub fn shorten(text: &str) -> String {
    let mut shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().count() > 40 {
        shown.push('…');
    }
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let e17 = 10u128.pow(17);
        for (text, value) in [
            ("49844.16", 4_984_416 * e17 / 100),
            ("0.00004", 4 * e17 / 100_000),
            ("4e-05", 4 * e17 / 100_000),
            ("1.5E3", 1_500 * e17),
            ("87", 87 * e17),
            (".5", e17 / 2),
            ("0", 0),
            ("0e39", 0),
            ("0.12345678901234567", 12_345_678_901_234_567),
        ] {
            assert_eq!(Decimal::parse(text), Ok(Decimal(value)), "{text}");
        }
        assert_eq!(Decimal::parse("0.00004").unwrap().scaled(8), Some(4_000));
        assert_eq!(Decimal::parse("0.123456789").unwrap().scaled(8), None);
        assert_eq!(
            Decimal::parse("0.123456789").unwrap().scaled(11),
            Some(12_345_678_900)
        );
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for (text, why) in [
            ("", "not a number"),
            (".", "not a number"),
            ("NaN", "not a number"),
            ("-inf", "not a number"),
            ("1,5", "not a number"),
            ("0x10", "not a number"),
            ("1e", "not a number"),
            ("１", "not a number"),
            ("-1", "negative"),
            ("1e30", "absurd size"),
            ("1e99", "absurd size"),
            (
                "99999999999999999999999999999999999999999999999",
                "absurd size",
            ),
            ("1000000000000", "absurd size"),
            ("0.123456789012345678", "decimal places"),
        ] {
            let error = Decimal::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
