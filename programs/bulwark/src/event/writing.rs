//! The macros that the lists of events are written with.

/// Writes the events: name, number, fields behind the common ones (no padding: groups of 8 bytes).
macro_rules! events {
    ($($(#[$doc:meta])+ $name:ident = $kind:literal { $($fields:tt)* })+) => {
        $(
            $(#[$doc])+
            #[event]
            #[derive(Clone, Copy, Debug, Pod, Zeroable)]
            #[repr(C)]
            pub struct $name {
                /// Head.
                pub common: Common,
                $($fields)*
            }

            impl Kind for $name {
                const KIND: u16 = $kind;
            }
        )+

        #[cfg(test)]
        pub(crate) const KINDS: &[(&str, u16)] = &[$((stringify!($name), $kind)),+];
    };
}

/// Writes the events that end with a list: name, name of the part before the list, number, fields,
/// then the list's name, its record and the record's fields; perhaps then the name of a second list
/// and its record, which another event describes.
macro_rules! list_events {
    ($($(#[$doc:meta])+ $name:ident($head:ident) = $kind:literal { $($fields:tt)* }
        $list:ident: $record:ident { $($of_record:tt)* } $($second:ident: $other:ident)?)+) => {
        $(
            $(#[$doc])+
            #[event]
            pub struct $name {
                /// What comes before the list.
                pub head: $head,
                /// The list.
                pub $list: Vec<$record>,
                $(
                    /// The second list.
                    pub $second: Vec<$other>,
                )?
            }

            /// What comes before the list.
            #[derive(
                AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq,
                Pod, Zeroable,
            )]
            #[repr(C)]
            pub struct $head {
                /// Head.
                pub common: Common,
                $($fields)*
            }

            /// One entry of the list.
            #[derive(
                AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq,
                Pod, Zeroable,
            )]
            #[repr(C)]
            pub struct $record {
                $($of_record)*
            }

            impl Discriminator for $head {
                const DISCRIMINATOR: &'static [u8] = $name::DISCRIMINATOR;
            }

            impl Kind for $head {
                const KIND: u16 = $kind;
            }
        )+
    };
}

/// Writes the events that end with bytes as an instruction took them: name, name of the part before
/// them, number, fields, then the name of the bytes.
macro_rules! quoting_events {
    ($($(#[$doc:meta])+ $name:ident($head:ident) = $kind:literal { $($fields:tt)* }
        $(#[$of:meta])+ $bytes:ident;)+) => {
        $(
            $(#[$doc])+
            #[event]
            pub struct $name {
                /// What comes before the bytes.
                pub head: $head,
                $(#[$of])+
                pub $bytes: Vec<u8>,
            }

            /// What comes before the bytes.
            #[derive(
                AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq,
                Pod, Zeroable,
            )]
            #[repr(C)]
            pub struct $head {
                /// Head.
                pub common: Common,
                $($fields)*
            }

            impl Discriminator for $head {
                const DISCRIMINATOR: &'static [u8] = $name::DISCRIMINATOR;
            }

            impl Kind for $head {
                const KIND: u16 = $kind;
            }
        )+
    };
}
