//! The closed vocabularies. Each value has a number and a name, and both are the API's (`vocabulary.proto`): a test
//! of the wire layer holds the two together.

mod anomaly;
mod audit;
mod designation;
mod docket;
mod engagement;
mod group;
mod registry;
mod relationship;
mod source;

pub use anomaly::*;
pub use audit::*;
pub use designation::*;
pub use docket::*;
pub use engagement::*;
pub use group::*;
pub use registry::*;
pub use relationship::*;
pub use source::*;

/// A closed set of named values.
pub trait Vocabulary: Copy + Eq + Sized + 'static {
    /// The name of the set, as the API has it: `SourceKind`.
    const NAME: &'static str;
    /// Every value, in the order of the numbers.
    const ALL: &'static [Self];

    /// The number of the value in the API and in the log. Never 0, which stands for "not given".
    fn number(self) -> u8;

    /// The name of the value, without the set's prefix: `LEGAL_ACT`.
    fn name(self) -> &'static str;

    /// The value with this number.
    fn from_number(number: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| i32::from(value.number()) == number)
    }
}

/// Declares an enumeration with the number and the name of each value.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $number:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$value_doc])* $value = $number,)* }

        impl $crate::domain::vocabulary::Vocabulary for $name {
            const NAME: &'static str = stringify!($name);
            const ALL: &'static [$name] = &[$($name::$value,)*];

            fn number(self) -> u8 {
                self as u8
            }

            fn name(self) -> &'static str {
                match self { $($name::$value => $text,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::domain::vocabulary::Vocabulary::name(*self))
            }
        }
    };
}
use vocabulary;
