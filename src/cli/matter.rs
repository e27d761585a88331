//! Subjects as they are typed: `relationship us hts` or `us hts`, `group hts` or `hts`, `designation hts us-fto219`; in full
//! also in one word with slashes.

use super::{
    arguments::{Subject, slug},
    failure::Failure,
};

/// How a subject is typed, for `--help`.
pub const FORMS: &str = "a group (`hts` or `group hts`), a relationship (`us hts` or `relationship us hts`) or a listing \
                         (`designation hts us-fto219`); in full also with slashes in one word";

/// The kinds of subject: the words that a subject in full begins with.
const KINDS: [&str; 7] = ["group", "actor", "regime", "relationship", "designation", "decision", "event"];

/// Whether a subject in full begins with this word.
pub fn is_kind(word: &str) -> bool {
    KINDS.contains(&word)
}

/// The subject that words name, of any kind.
pub fn any(words: &[String]) -> Result<String, Failure> {
    let text = match words {
        [actor, group] if !is_kind(actor) => {
            let checked = |word: &String| slug(word).map_err(Failure::Argument);
            format!("relationship/{}/{}", checked(actor)?, checked(group)?)
        }
        [kind] if is_kind(kind) => {
            return Err(Failure::Argument(format!(
                "a {kind} is named by what follows the word: give {FORMS}"
            )));
        }
        _ => words.join("/"),
    };
    text.parse::<Subject>().map(|subject| subject.0).map_err(Failure::Argument)
}

/// The subject with a status that words name: a group, a relationship or a listing.
pub fn subject(words: &[String]) -> Result<String, Failure> {
    let known = any(words)?;
    match known.split('/').next() {
        Some("group" | "relationship" | "designation") => Ok(known),
        _ => Err(Failure::Argument(format!(
            "'{}' is not a subject with a status: give {FORMS}",
            words.join(" ")
        ))),
    }
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
            ("us hts", Some("relationship/us/hts")),
            ("us/hts", None),
            ("US hts", None),
            ("designation/hts/us-fto219", Some("designation/hts/us-fto219")),
            ("actor us", None),
            ("group", None),
            ("designation hts", None),
            ("us hts pkk", None),
            ("group HTS", None),
            ("relationship us", None),
            ("", None),
        ] {
            let words: Vec<String> = typed.split(' ').map(str::to_owned).collect();
            assert_eq!(subject(&words).ok().as_deref(), expected, "{typed}");
        }
    }
    #[test]
    fn subjects_of_any_kind() {
        for (typed, expected) in [
            ("hts", Some("group/hts")),
            ("us hts", Some("relationship/us/hts")),
            ("actor us", Some("actor/us")),
            ("regime/us-fto219", Some("regime/us-fto219")),
            ("decision a-visit", Some("decision/a-visit")),
            ("event", None),
            ("event fc8f4428", Some("event/fc8f4428")),
            ("event fc8f", None),
        ] {
            let words: Vec<String> = typed.split(' ').map(str::to_owned).collect();
            assert_eq!(any(&words).ok().as_deref(), expected, "{typed}");
        }
    }
}
