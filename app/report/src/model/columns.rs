//! Rows in Rust, columns in JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A row whose series is written as columns.
pub trait Columns: Sized {
    /// All columns.
    type Split: Serialize + DeserializeOwned;

    /// Rows to columns.
    fn split(rows: &[Self]) -> Self::Split;

    /// Columns to rows; an error where they differ in length.
    fn join(split: Self::Split) -> Result<Vec<Self>, String>;
}

/// Declares a row and its columns.
macro_rules! columns {
    (
        $(#[$meta:meta])*
        pub struct $row:ident in $all:ident {
            $($(#[$doc:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        pub struct $row {
            $($(#[$doc])* pub $field: $type,)*
        }

        /// The columns of the rows.
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $all {
            $($field: Vec<$type>,)*
        }

        impl crate::model::columns::Columns for $row {
            type Split = $all;

            fn split(rows: &[Self]) -> $all {
                $all { $($field: rows.iter().map(|row| row.$field).collect(),)* }
            }

            fn join(split: $all) -> Result<Vec<Self>, String> {
                let lengths = [$(split.$field.len(),)*];
                if lengths.iter().any(|length| *length != lengths[0]) {
                    return Err(format!("columns of unequal length: {lengths:?}"));
                }
                let row = |at: usize| $row { $($field: split.$field[at],)* };
                Ok((0..lengths[0]).map(row).collect())
            }
        }
    };
}

pub(crate) use columns;
