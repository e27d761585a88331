//! Names of things: slugs of actors, groups, regimes and decisions, and ids of events.

use std::{fmt, str::FromStr};

use smol_str::SmolStr;
use uuid::Uuid;

/// The longest slug, in bytes.
pub const SLUG_BYTES_MAX: usize = 64;

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
