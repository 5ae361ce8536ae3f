//! Bars that lie under their names: few categories, long names, any width.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Area, Drawn, Ink, Look, px, text};

/// A category with its bars.
pub struct Row {
    pub name: String,
    /// Ink, length, and how the length is written.
    pub bars: Vec<(Ink, f64, String)>,
}

/// Height of a name, a bar and the room after a row, pixels.
const NAME: i32 = 19;
const BAR: i32 = 17;
const ROOM: i32 = 9;
/// Left for the number after the longest bar, pixels.
const NUMBER: i32 = 84;

/// Pixels that rows need.
pub fn height(rows: &[Row]) -> i32 {
    rows.iter().map(tall).sum::<i32>() + 2
}

fn tall(row: &Row) -> i32 {
    NAME + BAR * row.bars.len() as i32 + ROOM
}

/// `most`: the length that takes the whole width.
pub fn draw(area: &Area, look: Look, rows: &[Row], most: f64) -> Drawn {
    let full = f64::from(look.width() - NUMBER);
    let mut top = 0;
    for row in rows {
        let head = text(Ink::Text, HPos::Left, VPos::Top);
        area.draw(&Text::new(row.name.clone(), (0, px(top + 2)), head))?;
        for (place, (ink, length, number)) in row.bars.iter().enumerate() {
            let share = if most > 0.0 {
                (length / most).max(0.0)
            } else {
                0.0
            };
            let long = (share * full).round() as i32;
            let from = top + NAME + BAR * place as i32;
            // A zero is a thin line, so that it is seen to be there.
            let (from_px, until_px) = (px(from + 2), px(from + BAR - 2));
            let corner = (px(long).max(2), until_px);
            area.draw(&Rectangle::new([(0, from_px), corner], ink.filled()))?;
            let after = text(Ink::Text, HPos::Left, VPos::Center);
            let middle = (px(long + 6), (from_px + until_px) / 2);
            area.draw(&Text::new(number.clone(), middle, after))?;
        }
        top += tall(row);
    }
    Ok(())
}
