//! Closed lists of names: an enum, all of it, and the names that events and answers write, from one table.

/// A value of a closed list, known to the outside by its name.
pub trait Named: Copy + Eq + 'static {
    /// All of them, in the order of the list.
    const ALL: &'static [Self];

    /// The name as events and answers write it; never changes once published.
    fn name(self) -> &'static str;
}

/// Defines an enum as a table of variants and their names.
macro_rules! names {
    (
        $(#[$about:meta])*
        pub enum $list:ident {
            $($(#[$meaning:meta])+ $variant:ident $name:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $list {
            $($(#[$meaning])+ $variant,)+
        }

        impl $list {
            /// All of them, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name as events and answers write it; never changes once published.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The one with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl $crate::names::Named for $list {
            const ALL: &'static [Self] = Self::ALL;

            fn name(self) -> &'static str {
                self.name()
            }
        }
    };
}
pub(crate) use names;
