//! Names of things: slugs of actors, groups, regimes and decisions, and ids of events.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use smol_str::SmolStr;
use uuid::Uuid;

/// The longest slug, in bytes.
pub const SLUG_BYTES_MAX: usize = 64;

/// The fewest characters that an id may be named by.
const BEGINNING_BYTES_MIN: usize = 8;

/// Why a text is not a slug or an event id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a slug.
    #[error("a slug has 1 to {SLUG_BYTES_MAX} of a–z, 0–9 and -, and does not begin with -")]
    Slug,
    /// Not an event id.
    #[error(
        "an event id is a UUID in lower case with hyphens, such as 0197f0a2-6c1d-7b5e-9a6b-2d8f4f0c1e11, and not nil"
    )]
    Event,
    /// Not the beginning of one.
    #[error(
        "the beginning of an event id has 8 to 36 of its characters, in lower case with hyphens, such as 0197f0a2"
    )]
    Beginning,
}

/// Declares the slug of one kind of thing.
macro_rules! slug {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(SmolStr);

        impl $name {
            /// The slug as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Stands in for a slug that could not be read, while the rest of its message is checked. It equals no
            /// slug, and no other of another number.
            pub(crate) fn unreadable(number: usize) -> $name {
                $name(SmolStr::new(format!("?{number}")))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<$name, IdError> {
                let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                let fits = !text.is_empty() && text.len() <= SLUG_BYTES_MAX;
                if fits && !text.starts_with('-') && text.bytes().all(known) {
                    Ok($name(SmolStr::new(text)))
                } else {
                    Err(IdError::Slug)
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

slug! {
    /// The slug of an actor: a state by its ISO 3166-1 alpha-2 code in lower case, `un`, `eu`, or a name of its own.
    ActorId
}
slug! {
    /// The slug of a group.
    GroupId
}
slug! {
    /// The slug of a regime: one legal basis on which one authority lists.
    RegimeId
}

slug! {
    /// The slug of a decision.
    DecisionId
}

/// The id of an event: a UUID of any version, not nil. Ordered by its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(Uuid);

impl EventId {
    /// The id with this UUID; the nil UUID is none.
    pub fn new(uuid: Uuid) -> Result<EventId, IdError> {
        if uuid.is_nil() { Err(IdError::Event) } else { Ok(EventId(uuid)) }
    }

    /// The UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

/// The ids that begin with some digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventIdBeginning(RangeInclusive<u128>);

impl EventIdBeginning {
    /// The ids, as numbers.
    pub const fn range(&self) -> &RangeInclusive<u128> {
        &self.0
    }
}

impl FromStr for EventIdBeginning {
    type Err = IdError;

    /// Reads 8 to 36 characters of the usual form of an id, from its first on.
    fn from_str(text: &str) -> Result<EventIdBeginning, IdError> {
        let zeros = "00000000-0000-0000-0000-000000000000";
        let known = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte) || byte == b'-';
        let rest = zeros.get(text.len()..).filter(|_| BEGINNING_BYTES_MIN <= text.len());
        let rest = rest.filter(|_| text.bytes().all(known)).ok_or(IdError::Beginning)?;
        let bound = |rest: &str| Uuid::try_parse(&format!("{text}{rest}")).map_err(|_| IdError::Beginning);
        let (first, last) = (bound(rest)?, bound(&rest.replace('0', "f"))?);
        Ok(EventIdBeginning(first.as_u128()..=last.as_u128()))
    }
}

impl FromStr for EventId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<EventId, IdError> {
        let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
        if text.len() != 36 || upper {
            return Err(IdError::Event);
        }
        EventId::new(Uuid::try_parse(text).map_err(|_| IdError::Event)?)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        for good in ["hts", "us", "2", "us-fto219", &"a".repeat(64)] {
            assert_eq!(good.parse::<GroupId>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "HTS", "a/b", "a b", "ü", "a_b", "a.b", &"a".repeat(65)] {
            assert_eq!(bad.parse::<GroupId>(), Err(IdError::Slug), "{bad:?}");
        }
    }

    #[test]
    fn beginnings() {
        let text = "0197f0a2-6c1d-7b5e-9a6b-2d8f4f0c1e11";
        let id: EventId = text.parse().unwrap();
        for length in 8..=36 {
            let beginning: EventIdBeginning = text[..length].parse().unwrap();
            assert!(beginning.range().contains(&id.uuid().as_u128()), "{length}");
            let (first, last) = (beginning.range().start(), beginning.range().end());
            let of = |number: u128| Uuid::from_u128(number).to_string();
            assert_eq!((&of(*first)[..length], &of(*last)[..length]), (&text[..length], &text[..length]));
            // One less and one more begin otherwise.
            assert_ne!(&of(first - 1)[..length], &text[..length]);
            assert_ne!(&of(last + 1)[..length], &text[..length]);
        }
        for bad in
            ["", "0197f0a", "0197F0A2", "0197f0a2_", "0197-0a2", "0197f0a26", &format!("{text}0"), "ü197f0a2"]
        {
            assert_eq!(bad.parse::<EventIdBeginning>(), Err(IdError::Beginning), "{bad:?}");
        }
    }

    #[test]
    fn event_ids() {
        let text = "0197f0a2-6c1d-7b5e-9a6b-2d8f4f0c1e11";
        assert_eq!(text.parse::<EventId>().unwrap().to_string(), text);
        for bad in [
            "",
            "0197f0a26c1d7b5e9a6b2d8f4f0c1e11",
            "00000000-0000-0000-0000-000000000000",
            &text.to_uppercase(),
        ] {
            assert_eq!(bad.parse::<EventId>(), Err(IdError::Event), "{bad:?}");
        }
    }
}
