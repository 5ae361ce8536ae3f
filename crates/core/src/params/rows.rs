//! The macro behind every table: rows to read, a bounds check and a preset to compute with. The
//! check holds the bounds as constants, so that the program carries no table.

/// A field that holds a parameter.
pub(super) trait Field: Copy {
    fn wide(self) -> u64;
    fn of(value: u64) -> Self;
}

impl Field for u64 {
    fn wide(self) -> u64 {
        self
    }
    fn of(value: u64) -> Self {
        value
    }
}

impl Field for u32 {
    fn wide(self) -> u64 {
        u64::from(self)
    }
    fn of(value: u64) -> Self {
        // No bound is wider than its field: a test sets every bound and reads it back.
        u32::try_from(value).unwrap_or(u32::MAX)
    }
}

/// `key: field path, unit, [presets], min..=max, step, delay, "about";`
macro_rules! rows {
    (
        $(#[$meta:meta])* $name:ident of $layout:ty, bounds $bounds:ident, preset $preset:ident;
        $($key:literal: ($($field:tt)+), $unit:ident, [$($value:expr),+],
            $min:literal..=$max:literal,
            $step:literal, $delay:ident, $about:literal;)+
    ) => {
        $(#[$meta])*
        pub const $name: &[$crate::params::Row] = &[$($crate::params::Row {
            key: $key,
            unit: $crate::params::Unit::$unit,
            presets: $crate::params::rows::by_class([$($value),+]),
            min: $min,
            max: $max,
            step_ppm: $step * 10_000,
            delay: $crate::params::Delay::$delay,
            about: $about,
        }),+];

        impl $crate::params::Parameters for $layout {
            const LIMITS: &'static [$crate::params::Limit] = &[$($crate::params::Limit {
                min: $min,
                max: $max,
                step_ppm: $step * 10_000,
                instant: matches!(
                    $crate::params::Delay::$delay,
                    $crate::params::Delay::InstantDown
                ),
            }),+];

            fn value(&self, place: usize) -> Option<u64> {
                let mut left = place;
                $(
                    if left == 0 {
                        return Some($crate::params::rows::Field::wide(self$($field)+));
                    }
                    left = left.wrapping_sub(1);
                )+
                let _ = left;
                None
            }

            fn put(&mut self, place: usize, value: u64) {
                let mut left = place;
                $(
                    if left == 0 {
                        self$($field)+ = $crate::params::rows::Field::of(value);
                        return;
                    }
                    left = left.wrapping_sub(1);
                )+
                let _ = left;
            }
        }

        /// Whether every parameter lies within its own bounds.
        fn $bounds(layout: &$layout) -> bool {
            $(($min..=$max).contains(&$crate::params::rows::Field::wide(layout$($field)+)))&&+
        }

        /// Writes the preset of a class into a layout; other fields stay as they are.
        pub fn $preset(class: $crate::params::Class, layout: &mut $layout) {
            $({
                let presets = const { $crate::params::rows::by_class([$($value),+]) };
                let value = $crate::params::rows::of_class(presets, class);
                layout$($field)+ = $crate::params::rows::Field::of(value);
            })+
        }
    };
}
pub(super) use rows;

/// One value for all classes, or one for each.
pub(super) const fn by_class<const N: usize>(values: [u64; N]) -> [u64; 4] {
    const { assert!(N == 1 || N == 4) };
    [values[0], values[N / 3], values[N / 2], values[N - 1]]
}

pub(super) const fn of_class(presets: [u64; 4], class: super::Class) -> u64 {
    let [major, large, small, stable] = presets;
    match class {
        super::Class::Major => major,
        super::Class::Large => large,
        super::Class::Small => small,
        super::Class::Stable => stable,
    }
}
