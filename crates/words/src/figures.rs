//! Keys, dates and spans of time as people write them.

use core::fmt::{Display, Formatter, Result};

use bulwark_state::Key;

/// A key in base 58; "nobody" for none.
pub struct Address(pub Key);

impl Display for Address {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        if self.0 == [0; 32] {
            return out.write_str("nobody");
        }
        let mut text = [0; 44];
        let length = usize::from(five8::encode_32(&self.0, &mut text));
        let text = text.get(..length).unwrap_or(&[]);
        out.write_str(core::str::from_utf8(text).unwrap_or("?"))
    }
}

/// Bytes in hexadecimal.
pub struct Hex(pub [u8; 32]);

impl Display for Hex {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// A unix second as a date in UTC.
pub struct Date(pub i64);

impl Display for Date {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let (days, second) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        // Days of an era of 400 years that begins on a 1 March (Howard Hinnant's civil_from_days).
        let shifted = days.saturating_add(719_468);
        let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let date = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        let (hour, minute) = (second / 3_600, second / 60 % 60);
        write!(
            out,
            "{year:04}-{month:02}-{date:02} {hour:02}:{minute:02} UTC"
        )
    }
}

/// A span of time: whole days or hours where it is some.
pub struct Lasting(pub u64);

impl Display for Lasting {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self.0 {
            seconds if seconds >= 96 * 3_600 && seconds % 86_400 == 0 => {
                write!(out, "{} d", seconds / 86_400)
            }
            seconds if seconds >= 3_600 && seconds % 3_600 == 0 => {
                write!(out, "{} h", seconds / 3_600)
            }
            seconds if seconds >= 60 && seconds % 60 == 0 => write!(out, "{} min", seconds / 60),
            seconds => write!(out, "{seconds} s"),
        }
    }
}
