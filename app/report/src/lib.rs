//! What a replay found: its data, a page and a picture of it.
//!
//! [`Report`] is filled by whoever plays; it knows no VM, no program and no rule. All figures are
//! integers whose unit is in the name: `_e6` is 1e-6 USD, `_e8` a price in 1e-8 USD per unit,
//! `_ppm` 1e-6 of notional, `_unix` seconds.
//!
//! [`render`] makes one HTML file of it that needs nothing else, [`picture`] an SVG for a README.
//! [`render_drills`] does the same with [`Drills`].

mod chart;
mod figures;
mod format;
mod model;
mod page;
mod picture;
mod view;

pub use model::*;
pub use page::drill::render as render_drills;
pub use page::render;
pub use picture::picture;
