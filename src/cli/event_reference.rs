//! Events as they are typed: a whole id, its beginning as tables print it, or a position.

use std::{fmt::Write as _, str::FromStr};

use uuid::Uuid;

use super::{connection::Session, failure::Failure, statement, words};
use crate::wire::v1;

/// How an event is typed, for `--help`.
pub const FORMS: &str = "an id, its first eight characters or more, or a position";

/// How many characters tables print of an id, and the fewest that name an event.
const BEGINNING_CHARACTERS_MIN: usize = 8;

/// An event as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventReference {
    /// A whole id.
    Whole(Uuid),
    /// The beginning of an id. One of decimal digits alone may be a position as well.
    Beginning(String),
    /// A position: fewer digits than an id is begun with.
    Position(u64),
}

/// Why what was typed names no event, or no single one.
#[derive(Debug, thiserror::Error)]
pub enum EventReferenceError {
    /// No id begins so.
    #[error("no event on record has an id that begins with {0}")]
    Unknown(String),
    /// Nothing is there.
    #[error("there is no event at position {0}")]
    Beyond(u64),
    /// Several ids begin so.
    #[error("{beginning} begins the ids of several events:\n{listed}Give more of the id, or the position.")]
    Ambiguous {
        /// What was typed.
        beginning: String,
        /// The events, a line each.
        listed: String,
    },
}

impl FromStr for EventReference {
    type Err = String;

    fn from_str(text: &str) -> Result<EventReference, String> {
        if let Some(id) = Uuid::try_parse(text).ok().filter(|_| text.len() == 36) {
            return Ok(EventReference::Whole(id));
        }
        let decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(position) = text.parse().ok().filter(|_| decimal && text.len() < BEGINNING_CHARACTERS_MIN)
        {
            return Ok(EventReference::Position(position));
        }
        let known = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
        if (BEGINNING_CHARACTERS_MIN..36).contains(&text.len()) && text.bytes().all(known) {
            return Ok(EventReference::Beginning(text.to_ascii_lowercase()));
        }
        Err(format!("'{text}' names no event: {FORMS} is expected"))
    }
}

impl EventReference {
    /// The whole id of the event. What is typed whole is asked nobody about.
    pub async fn find(&self, session: &Session) -> Result<String, Failure> {
        match self {
            EventReference::Whole(id) => Ok(id.to_string()),
            EventReference::Position(position) => {
                let found = at(session, *position).await?;
                Ok(found.ok_or(EventReferenceError::Beyond(*position))?)
            }
            EventReference::Beginning(beginning) => {
                let request = v1::FindEventsRequest { beginning: beginning.clone() };
                let answer = session.history().await?.find_events(session.request(request)).await;
                let answer = answer.map_err(|status| session.refused(status))?.into_inner();
                match answer.records.as_slice() {
                    [one] => Ok(statement::event_id(one).to_owned()),
                    [] => {
                        let at = match beginning.parse() {
                            Ok(position) => at(session, position).await?,
                            Err(_) => None,
                        };
                        Ok(at.ok_or_else(|| EventReferenceError::Unknown(beginning.clone()))?)
                    }
                    several => {
                        let beginning = beginning.clone();
                        Err(EventReferenceError::Ambiguous { beginning, listed: list(several, &answer) })?
                    }
                }
            }
        }
    }
}

/// The id of the event at a position; `None`: there is none.
async fn at(session: &Session, position: u64) -> Result<Option<String>, Failure> {
    if position == 0 {
        return Ok(None);
    }
    let request = v1::ReadRequest {
        from_position: position,
        to_position: position,
        limit: 1,
        ..v1::ReadRequest::default()
    };
    let stream = session.history().await?.read(session.request(request)).await;
    let mut stream = stream.map_err(|status| session.refused(status))?.into_inner();
    while let Some(batch) = session.next(&mut stream).await? {
        if let Some(record) = batch.records.first() {
            return Ok(Some(statement::event_id(record).to_owned()));
        }
    }
    Ok(None)
}

/// Events to choose from.
fn list(records: &[v1::Record], answer: &v1::FindEventsResponse) -> String {
    let mut listed = String::new();
    for record in records {
        let (id, line) = (statement::event_id(record), statement::record_line(record));
        // Writing to a string does not fail.
        let _ = writeln!(listed, "  {id}  position {}: {}", record.position, super::page::clean(&line));
    }
    if 0 < answer.left_out {
        let _ = writeln!(listed, "  and {}", words::count(answer.left_out, "other", "others"));
    }
    listed
}

/// A subject with the event in it found, if it is one: `event/d5ba334a`.
pub async fn whole_subject(session: &Session, subject: String) -> Result<String, Failure> {
    match subject.strip_prefix("event/").map(str::parse::<EventReference>) {
        Some(Ok(event)) => Ok(format!("event/{}", event.find(session).await?)),
        Some(Err(error)) => Err(Failure::Argument(error)),
        None => Ok(subject),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_as_typed() {
        let id = "6f0e5c1e-6a3b-4b39-8f5d-0a7d6f1d2c3b";
        let beginning = |text: &str| Some(EventReference::Beginning(text.to_owned()));
        for (text, expected) in [
            (id, Some(EventReference::Whole(id.parse().unwrap()))),
            (&id.to_uppercase(), Some(EventReference::Whole(id.parse().unwrap()))),
            ("6f0e5c1e", beginning("6f0e5c1e")),
            ("6F0E5C1E", beginning("6f0e5c1e")),
            (&id[..20], beginning(&id[..20])),
            (&id[..35], beginning(&id[..35])),
            ("12345678", beginning("12345678")),
            ("433", Some(EventReference::Position(433))),
            ("1234567", Some(EventReference::Position(1_234_567))),
            ("6f0e5c1", None),
            ("", None),
            ("-5", None),
            ("+433", None),
            ("hts", None),
            (&format!("{id}0"), None),
        ] {
            assert_eq!(text.parse::<EventReference>().ok(), expected, "{text}");
        }
    }
}
