//! Subjects that have a status, as they are typed: `relationship us hts`, `group hts`, `designation hts us-fto219`, or in one
//! word with slashes; a word alone is a group.

use super::{arguments::Subject, failure::Failure};

/// How a subject is typed, for `--help`.
pub const FORMS: &str = "a group (`group hts`, or `hts`), a relationship (`relationship us hts`) or a listing (`designation hts \
                         us-fto219`); also with slashes in one word";

/// The subject that words name.
pub fn subject(words: &[String]) -> Result<String, Failure> {
    let text = words.join("/");
    let parts: Vec<&str> = text.split('/').collect();
    let known = match parts.as_slice() {
        [group] => Some(format!("group/{group}")),
        ["group", _] | ["relationship" | "designation", _, _] => Some(text.clone()),
        _ => None,
    };
    let wrong =
        || Failure::Argument(format!("'{}' is not a subject with a status: give {FORMS}", words.join(" ")));
    let known = known.ok_or_else(wrong)?;
    known.parse::<Subject>().map(|subject| subject.0).map_err(Failure::Argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_as_typed() {
        for (typed, expected) in [
            ("hts", Some("group/hts")),
            ("group hts", Some("group/hts")),
            ("group/hts", Some("group/hts")),
            ("relationship us hts", Some("relationship/us/hts")),
            ("relationship/us/hts", Some("relationship/us/hts")),
            ("designation hts us-fto219", Some("designation/hts/us-fto219")),
            ("us hts", None),
            ("actor us", None),
            ("group HTS", None),
            ("relationship us", None),
            ("", None),
        ] {
            let words: Vec<String> = typed.split(' ').map(str::to_owned).collect();
            assert_eq!(subject(&words).ok().as_deref(), expected, "{typed}");
        }
    }
}
