//! Sources, and how far they are to be believed.

use std::{fmt, str::FromStr};

use super::{date::PartialDate, vocabulary::SourceKind};

/// Who says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Who published it.
    pub publisher: String,
    /// Its title; may be empty when there is a locator.
    pub title: String,
    /// A URL or citation; may be empty when there is a title.
    pub locator: String,
    /// What kind of source it is, which gives its rank.
    pub kind: SourceKind,
    /// When it was published.
    pub published_on: Option<PartialDate>,
    /// When it was retrieved.
    pub retrieved_on: Option<PartialDate>,
    /// SHA-256 of the evidence, as 64 hexadecimal digits; empty when none is kept.
    pub sha256: String,
    /// BCP 47 tag; empty when not known.
    pub language: String,
    /// A quotation; empty when there is none.
    pub quote: String,
}

/// The reliability of a source and the credibility of what it says, on the Admiralty scale (NATO AJP-2.1).
///
/// Ordered from the best, `A1`, to the worst, `F6`: by reliability first. `F6` says that neither can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Credibility(u8);

/// A text is not a code of the Admiralty scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a credibility is a letter A–F and a digit 1–6, such as B2")]
pub struct CredibilityError;

impl Credibility {
    /// `F6`: cannot be judged.
    pub const UNKNOWN: Credibility = Credibility(5 * 6 + 5);

    /// Its place on the scale: 0 for `A1` to 35 for `F6`.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The code at a place on the scale.
    pub const fn from_number(number: u8) -> Option<Credibility> {
        if number <= Credibility::UNKNOWN.0 { Some(Credibility(number)) } else { None }
    }
}

impl FromStr for Credibility {
    type Err = CredibilityError;

    fn from_str(text: &str) -> Result<Credibility, CredibilityError> {
        match text.as_bytes() {
            [letter @ b'A'..=b'F', digit @ b'1'..=b'6'] => {
                Ok(Credibility((letter - b'A') * 6 + (digit - b'1')))
            }
            _ => Err(CredibilityError),
        }
    }
}

impl fmt::Display for Credibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", char::from(b'A' + self.0 / 6), self.0 % 6 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credibility() {
        for text in ["A1", "A6", "B2", "F6"] {
            let code = text.parse::<Credibility>().unwrap();
            assert_eq!(code.to_string(), text);
            assert_eq!(Credibility::from_number(code.number()), Some(code));
        }
        for bad in ["", "A", "A0", "A7", "G1", "a1", "A11"] {
            assert_eq!(bad.parse::<Credibility>(), Err(CredibilityError), "{bad:?}");
        }
        assert!("A6".parse::<Credibility>().unwrap() < "B1".parse::<Credibility>().unwrap());
        assert_eq!(Credibility::UNKNOWN.to_string(), "F6");
        assert_eq!(Credibility::from_number(36), None);
    }
}
