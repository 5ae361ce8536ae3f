//! Charts: drawn once for a phone and once for a wider page, coloured by the page's style sheet.
//!
//! The library knows colours as numbers, a page knows them as names that are others in the dark. So
//! each [`Ink`] is drawn in a number that means nothing, which is replaced by the name of a class.

pub mod arms;
pub mod axis;
pub mod bins;
pub mod held;
pub mod price;
pub mod rows;
mod sample;

use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use axis::Axis;

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub type Plot<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<Axis, Axis>>;
pub type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Everything that has a colour of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Text,
    Muted,
    Grid,
    Axis,
    Episode,
    Price,
    Initial,
    Maintenance,
    Applied,
    TakeOver,
    Seizure,
    WindUp,
    Dynamic,
    Static,
    Mean,
    Largest,
    Paper,
    Held,
}

impl Ink {
    const ALL: [(Self, &'static str); 18] = [
        (Self::Text, "text"),
        (Self::Muted, "muted"),
        (Self::Grid, "grid"),
        (Self::Axis, "axis"),
        (Self::Episode, "episode"),
        (Self::Price, "price"),
        (Self::Initial, "initial"),
        (Self::Maintenance, "maintenance"),
        (Self::Applied, "applied"),
        (Self::TakeOver, "take-over"),
        (Self::Seizure, "seizure"),
        (Self::WindUp, "wind-up"),
        (Self::Dynamic, "dynamic"),
        (Self::Static, "static"),
        (Self::Mean, "mean"),
        (Self::Largest, "largest"),
        (Self::Paper, "paper"),
        (Self::Held, "held"),
    ];

    /// Its class after `k-` (stroke) or `f-` (fill).
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(ink, _)| *ink == self);
        found.map_or("text", |(_, name)| name)
    }

    /// The number that it is drawn in.
    pub fn color(self) -> RGBColor {
        RGBColor(11, 0, self as u8)
    }

    /// A line of a width in pixels.
    pub fn line(self, width: f64) -> ShapeStyle {
        let scaled = (width * f64::from(SCALE)).round() as u32;
        self.color().stroke_width(scaled)
    }

    pub fn filled(self) -> ShapeStyle {
        self.color().filled()
    }
}

/// Units of the drawing per pixel: the library rounds to whole ones.
const SCALE: i32 = 2;

/// Pixels in units of the drawing.
pub fn px(pixels: i32) -> i32 {
    pixels * SCALE
}

/// For which page a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Phone,
    Wide,
}

impl Look {
    /// Pixels.
    pub fn width(self) -> i32 {
        match self {
            Self::Phone => 320,
            Self::Wide => 500,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Wide => "wide",
        }
    }

    pub fn time_ticks(self) -> usize {
        match self {
            Self::Phone => 4,
            Self::Wide => 7,
        }
    }
}

/// Height of text, pixels.
const TEXT: i32 = 13;

/// Width of a letter of a label, and of what is around a label, pixels.
const LETTER: i32 = 8;
const LABEL: i32 = 12;
/// Letters for which there is always room.
const LEAST: i32 = 4;

/// Text of the charts in an ink, anchored at a corner.
pub fn text(ink: Ink, across: HPos, down: VPos) -> TextStyle<'static> {
    sized(TEXT, ink, across, down)
}

/// Text of a height in pixels.
pub fn sized(pixels: i32, ink: Ink, across: HPos, down: VPos) -> TextStyle<'static> {
    // The library divides by this, as if the height were that of a line.
    let size = f64::from(px(pixels)) * 1.24;
    let style: TextStyle = ("sans-serif", size).into_font().color(&ink.color());
    style.pos(Pos::new(across, down))
}

/// A chart for both pages, of which the style sheet shows one.
pub fn both(
    id: &str,
    title: &str,
    about: &str,
    height: impl Fn(Look) -> i32,
    draw: impl Fn(&Area, Look) -> Drawn,
) -> Markup {
    html! {
        div.plot {
            @for look in [Look::Phone, Look::Wide] {
                (one(&format!("{id}-{}", look.name()), look, title, about, height(look), &draw))
            }
        }
    }
}

fn one(
    id: &str,
    look: Look,
    title: &str,
    about: &str,
    height: i32,
    draw: &dyn Fn(&Area, Look) -> Drawn,
) -> Markup {
    let size = (look.width(), height);
    let class = format!("chart {}", look.name());
    html! {
        svg class=(class) viewBox=(view_box(size)) role="img"
            aria-labelledby=(format!("{id}-t {id}-d")) {
            title id=(format!("{id}-t")) { (title) }
            desc id=(format!("{id}-d")) { (about) }
            (inner(size, |area| draw(area, look)))
        }
    }
}

/// The visible part of a drawing of a size in pixels.
pub fn view_box((width, height): (i32, i32)) -> String {
    format!("0 0 {} {}", px(width), px(height))
}

/// What is inside of the `svg` element of a drawing of a size in pixels.
pub fn inner((width, height): (i32, i32), draw: impl FnOnce(&Area) -> Drawn) -> Markup {
    let mut text = String::new();
    {
        let size = (px(width).unsigned_abs(), px(height).unsigned_abs());
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        let drawn = draw(&area).and_then(|()| area.present());
        drawn.expect("a drawing in memory has no file that could fail");
    }
    let begin = text.find('>').map_or(0, |at| at + 1);
    let end = text.rfind("</svg>").unwrap_or(text.len());
    PreEscaped(classes(&text[begin..end]))
}

/// Numbers of colours become names of classes.
fn classes(svg: &str) -> String {
    let mut svg = svg
        .replace(" opacity=\"1\"", "")
        .replace(" font-family=\"sans-serif\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(">\n", ">");
    for (ink, name) in Ink::ALL {
        let RGBColor(red, green, blue) = ink.color();
        let number = format!("#{red:02X}{green:02X}{blue:02X}");
        svg = svg
            .replace(
                &format!("stroke=\"{number}\""),
                &format!("class=\"k-{name}\""),
            )
            .replace(
                &format!("fill=\"{number}\""),
                &format!("class=\"f-{name}\""),
            );
    }
    svg
}

/// A panel with its title, grid and axes.
pub fn panel<'a>(area: &Area<'a>, x: &Axis, y: &Axis, title: &str) -> Result<Plot<'a>, Failed> {
    beside(area, x, y, title, y.longest())
}

/// A panel that has room for labels of so many letters, so that panels of one time begin alike.
pub fn beside<'a>(
    area: &Area<'a>,
    x: &Axis,
    y: &Axis,
    title: &str,
    letters: i32,
) -> Result<Plot<'a>, Failed> {
    let head = text(Ink::Muted, HPos::Left, VPos::Top);
    area.draw(&Text::new(title.to_owned(), (0, px(3)), head))?;
    let mut plot = ChartBuilder::on(area)
        .margin_top(px(24))
        .margin_right(px(24))
        .x_label_area_size(px(22))
        .y_label_area_size(px(LABEL + LETTER * letters.max(LEAST)))
        .build_cartesian_2d(x.clone(), y.clone())?;
    plot.configure_mesh()
        .disable_x_mesh()
        .bold_line_style(Ink::Grid.line(1.0))
        .axis_style(Ink::Axis.line(1.0))
        .x_labels(x.count())
        .y_labels(y.count())
        .set_all_tick_mark_size(px(3))
        .label_style(text(Ink::Muted, HPos::Left, VPos::Top))
        .draw()?;
    Ok(plot)
}

pub type Failed = DrawingAreaErrorKind<std::io::Error>;

/// A line through points that are too many for the page: no minimum and no maximum is lost.
pub fn line(plot: &mut Plot, x: &Axis, points: &[(f64, f64)], style: ShapeStyle) -> Drawn {
    let columns = plot.plotting_area().dim_in_pixel().0 / SCALE.unsigned_abs();
    let kept = sample::extremes(points, x.range_of(), columns as usize);
    plot.draw_series(LineSeries::new(kept, style)).map(drop)
}

/// The points of a value that stands until the next one.
pub fn steps(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut all: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        if let Some((_, before)) = all.last().copied().filter(|(_, before)| *before != y) {
            all.push((x, before));
        }
        all.push((x, y));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inks_are_told_apart() {
        for (place, (ink, name)) in Ink::ALL.iter().enumerate() {
            assert_eq!(*ink as usize, place, "{name}");
            assert_eq!(ink.name(), *name);
        }
        let drawn = inner((10, 10), |area| {
            let line = PathElement::new([(0, 0), (5, 5)], Ink::Initial.line(2.0));
            area.draw(&line)?;
            area.draw(&Text::new(
                "a<b",
                (1, 1),
                text(Ink::Text, HPos::Left, VPos::Top),
            ))
        });
        let drawn = drawn.into_string();
        assert!(drawn.contains("class=\"k-initial\""), "{drawn}");
        assert!(drawn.contains("class=\"f-text\""), "{drawn}");
        assert!(drawn.contains("a&lt;b"), "{drawn}");
        assert!(!drawn.contains('#'), "{drawn}");
    }

    #[test]
    fn a_value_stands_until_the_next() {
        let all = steps([(0.0, 1.0), (1.0, 1.0), (2.0, 5.0)].into_iter());
        assert_eq!(all, [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (2.0, 5.0)]);
    }
}
