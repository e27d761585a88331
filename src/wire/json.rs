//! Canonical protobuf JSON of the API's messages, from the same descriptors that reflection serves.

use std::sync::LazyLock;

use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor};
use thiserror::Error;

use super::{DESCRIPTORS, v1};

/// The descriptors of the API, decoded once. Empty should they ever fail to decode, which a test rules out.
static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).unwrap_or_default());

/// The descriptors of every message and enumeration of the API.
pub fn pool() -> &'static DescriptorPool {
    &POOL
}

/// Why a text is not the JSON of a message, or a message has none.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum JsonError {
    /// The text is not JSON, or not of this message.
    #[error("{}{message}", field_prefix(field))]
    Malformed {
        /// Where in the text: columns count bytes, from 1.
        column: usize,
        /// The field, such as `fact.sources[0].kind`; empty for the message as a whole.
        field: String,
        /// What is wrong.
        message: String,
    },
    /// The message has no descriptor, or does not match it: the program was built wrongly.
    #[error("the message {name} has no JSON form: {reason}")]
    Undescribed {
        /// The full name of the message.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

fn field_prefix(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("{field}: ") }
}

/// How JSON text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// On one line.
    Compact,
    /// Indented, a field on each line.
    Pretty,
}

/// The canonical JSON of a message.
///
/// Fields without a value are left out, 64-bit integers are strings, enumerations are names. DEL and the C1 control
/// characters, which JSON would let through, are escaped, so that the text is safe on a terminal.
pub fn to_json<M: Message + Name>(message: &M, layout: Layout) -> Result<String, JsonError> {
    let mut dynamic = DynamicMessage::new(descriptor::<M>()?);
    dynamic.transcode_from(message).map_err(|error| undescribed::<M>(error.to_string()))?;
    let text = match layout {
        Layout::Compact => serde_json::to_string(&dynamic),
        Layout::Pretty => serde_json::to_string_pretty(&dynamic),
    };
    text.map(escape_controls).map_err(|error| undescribed::<M>(error.to_string()))
}

/// Reads an event from its canonical JSON, as it stands on a line of a file.
///
/// Field names may be in lowerCamelCase or as in the `.proto` files. A field that does not exist, an enumeration value
/// that does not exist, and anything after the event are errors.
pub fn event_from_json(line: &str) -> Result<v1::Event, JsonError> {
    from_json(line)
}

/// Reads any message of the API from its canonical JSON, as strictly as [`event_from_json`].
pub fn from_json<M: Message + Name + Default>(text: &str) -> Result<M, JsonError> {
    let descriptor = descriptor::<M>()?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let dynamic = DynamicMessage::deserialize_with_options(descriptor.clone(), &mut deserializer, &strict())
        .and_then(|dynamic| deserializer.end().map(|()| dynamic))
        // Reading again with the path costs time only when something is wrong.
        .map_err(|error| malformed(descriptor, text, &error))?;
    dynamic.transcode_to().map_err(|error| undescribed::<M>(error.to_string()))
}

fn strict() -> DeserializeOptions {
    DeserializeOptions::new().deny_unknown_fields(true)
}

fn descriptor<M: Name>() -> Result<MessageDescriptor, JsonError> {
    pool()
        .get_message_by_name(&M::full_name())
        .ok_or_else(|| undescribed::<M>("it is not among the descriptors".to_owned()))
}

fn undescribed<M: Name>(reason: String) -> JsonError {
    JsonError::Undescribed { name: M::full_name(), reason }
}

fn malformed(descriptor: MessageDescriptor, text: &str, error: &serde_json::Error) -> JsonError {
    let mut track = serde_path_to_error::Track::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
    let outcome = DynamicMessage::deserialize_with_options(descriptor, tracked, &strict());
    let path = if outcome.is_err() { track.path().to_string() } else { String::new() };
    // `?` and `.` stand for a place that has no name.
    let field = path.trim_end_matches(['?', '.']).to_owned();
    let given = text;
    let text = error.to_string();
    // serde_json ends its texts with a position, which is given apart here.
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let braces = "an object in braces is expected, such as {\"fact\": {…}}";
    let is_object = given.trim_start().starts_with('{');
    let message = if error.is_eof() {
        "the line ends before the event does".to_owned()
    } else if error.is_syntax() && message != "trailing characters" {
        let expected = if is_object { in_words(message) } else { braces };
        format!("this is not JSON: {expected}")
    } else if !is_object {
        braces.to_owned()
    } else if message == "trailing characters" {
        "there is more on the line after the event".to_owned()
    } else if let Some(name) = message.strip_prefix("unrecognized field name ") {
        format!("there is no field {name} here")
    } else if let Some(value) = message.strip_prefix("unrecognized enum value ") {
        format!("{value} is not a value of this field")
    } else {
        message.to_owned()
    };
    // Where there is no object, it is the beginning that is wrong.
    let begins = given.len() - given.trim_start().len() + 1;
    let column = if is_object { error.column().max(begins) } else { begins };
    JsonError::Malformed { column, field, message }
}

/// What the reader of JSON expected, in the words of one who writes it.
fn in_words(message: &str) -> &str {
    match message {
        "expected ident" | "expected value" => {
            "a value is expected here: text in double quotes, a number, true, false, null, or something in brackets"
        }
        "key must be a string" => "the name of a field is expected here, in double quotes",
        "expected `:`" => "a colon is expected here, between the name of a field and its value",
        "expected `,` or `}`" => "a comma, or the brace that ends the object, is expected here",
        "expected `,` or `]`" => "a comma, or the bracket that ends the list, is expected here",
        "trailing comma" => "another entry is expected after a comma",
        "invalid number" => "a number is expected here, and this is none",
        "invalid escape" => "after a backslash, one of \"\\/bfnrtu is expected",
        other => other,
    }
}

fn escape_controls(text: String) -> String {
    if !text.contains(is_unescaped_control) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unescaped_control(character) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Control characters that JSON allows in a string as they are; they occur nowhere else in JSON text.
fn is_unescaped_control(character: char) -> bool {
    matches!(character, '\u{7f}'..='\u{9f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_of_the_api_is_described() {
        assert!(pool().get_message_by_name(&v1::Event::full_name()).is_some());
        assert!(pool().all_messages().count() > 50);
    }

    #[test]
    fn an_event_survives_the_way_through_json() {
        let line = r#"{"eventId":"6f0e5c1e-6a3b-4b39-8f5d-0a7d6f1d2c3b","fact":{"effectiveOn":"2025-07-08","sources":[{"publisher":"State","title":"Notice","kind":"SOURCE_KIND_LEGAL_ACT"}],"designationAct":{"group":"hts","regime":"us-fto219","act":"ACT_DELISTED"}}}"#;
        let event = event_from_json(line).unwrap();
        assert_eq!(to_json(&event, Layout::Compact).unwrap(), line);
        let snake = line.replace("effectiveOn", "effective_on").replace("designationAct", "designation_act");
        assert_eq!(event_from_json(&snake).unwrap(), event);
    }

    #[test]
    fn numbers_and_controls_are_written_canonically() {
        let receipt =
            v1::Receipt { position: 1 << 60, event_id: "a\u{9b}31m\u{7f}".to_owned(), ..Default::default() };
        assert_eq!(
            to_json(&receipt, Layout::Compact).unwrap(),
            r#"{"position":"1152921504606846976","eventId":"a\u009b31m\u007f"}"#
        );
    }

    const NOT_JSON: &str = "this is not JSON: an object in braces is expected, such as {\"fact\": {…}}";

    #[test]
    fn errors_say_where_and_what() {
        let cases: &[(&str, usize, &str, &str)] = &[
            ("{", 1, "", "the line ends before the event does"),
            ("nonsense", 1, "", NOT_JSON),
            ("  date,what", 3, "", NOT_JSON),
            (
                r#"{"fact":{"summary":'x'}}"#,
                20,
                "fact.summary",
                "this is not JSON: a value is expected here: text in double quotes, a number, true, false, null, or something in \
                 brackets",
            ),
            ("{fact:{}}", 2, "", "this is not JSON: the name of a field is expected here, in double quotes"),
            (r#"{"fakt":{}}"#, 7, "", "there is no field 'fakt' here"),
            (r#"{"fact":{"summry":"x"}}"#, 17, "fact", "there is no field 'summry' here"),
            (
                r#"{"fact":{"sources":[{"kind":"RUMOUR"}]}}"#,
                36,
                "fact.sources[0].kind",
                "'RUMOUR' is not a value of this field",
            ),
            (r#"{"fact":{"summary":7}}"#, 20, "fact.summary", "invalid type: integer `7`, expected a string"),
            (r#"{"eventId":"a"} {"#, 17, "", "there is more on the line after the event"),
            (r#"[]"#, 1, "", "an object in braces is expected, such as {\"fact\": {…}}"),
        ];
        for (line, column, field, message) in cases {
            let expected = JsonError::Malformed {
                column: *column,
                field: (*field).to_owned(),
                message: (*message).to_owned(),
            };
            assert_eq!(event_from_json(line).unwrap_err(), expected, "{line}");
        }
    }
}
