//! What may be written for a date, a point in record time, a check, a subject or a value of a vocabulary.

use std::{fmt, str::FromStr};

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::event_reference::EventReference;
use crate::wire::{json, v1};

/// A full day in the Gregorian calendar, such as `2025-07-08`, from year 1000 to year 2999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(Date);

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Day, String> {
        let wrong = || format!("a full day such as 2025-07-08 is expected, not '{text}'");
        // jiff would also take a date with a time, or with a sign before the year.
        let well_formed = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date: Date = if well_formed { text.parse().map_err(|_| wrong())? } else { return Err(wrong()) };
        if (1000..=2999).contains(&date.year()) {
            Ok(Day(date))
        } else {
            Err(format!("the year of '{text}' is not between 1000 and 2999"))
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment as it is written: a day, or a time stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A whole day in UTC.
    Day(Day),
    /// An instant.
    Instant(Timestamp),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Moment, String> {
        if let Ok(day) = text.parse() {
            return Ok(Moment::Day(day));
        }
        text.parse::<Timestamp>().map(Moment::Instant).map_err(|_| {
            format!(
                "a time such as 2026-11-22T14:40:00Z or a day such as 2026-11-22 is expected, not '{text}'"
            )
        })
    }
}

impl Moment {
    /// The first instant of a day; an instant is itself.
    pub fn start(self) -> prost_types::Timestamp {
        timestamp(self.start_instant())
    }

    /// The last nanosecond of a day; an instant is itself.
    pub fn end(self) -> prost_types::Timestamp {
        match self {
            Moment::Day(_) => before(self.after()),
            Moment::Instant(instant) => timestamp(instant),
        }
    }

    /// The first instant after a day; an instant is itself.
    pub fn after(self) -> prost_types::Timestamp {
        let mut moment = self.start();
        if matches!(self, Moment::Day(_)) {
            moment.seconds = moment.seconds.saturating_add(24 * 60 * 60);
        }
        moment
    }

    fn start_instant(self) -> Timestamp {
        match self {
            Moment::Day(Day(date)) => {
                date.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |zoned| zoned.timestamp())
            }
            Moment::Instant(instant) => instant,
        }
    }
}

fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    // Protobuf counts nanoseconds forwards from the second before.
    let nanoseconds = instant.subsec_nanosecond();
    if nanoseconds < 0 {
        prost_types::Timestamp { seconds: instant.as_second() - 1, nanos: nanoseconds + 1_000_000_000 }
    } else {
        prost_types::Timestamp { seconds: instant.as_second(), nanos: nanoseconds }
    }
}

fn before(moment: prost_types::Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: moment.seconds.saturating_sub(1), nanos: 999_999_999 }
}

/// A point in record time: a position, a time stamp, or a day, of which the end counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// The last position that counts.
    Position(u64),
    /// The last moment that counts.
    Time(Moment),
}

impl FromStr for Known {
    type Err = String;

    fn from_str(text: &str) -> Result<Known, String> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text
                .parse()
                .map(Known::Position)
                .map_err(|_| format!("the position '{text}' is too large"));
        }
        text.parse().map(Known::Time).map_err(|_| {
            format!(
                "a position such as 432, a time such as 2026-11-22T14:40:00Z or a day such as 2026-11-22 is \
                 expected, not '{text}'"
            )
        })
    }
}

/// The three times of a query, and what it has to wait for.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "The view")]
pub struct Times {
    /// The day in the world that is asked about (2025-07-08). Default: today in UTC.
    #[arg(long, env = "CHANCERY_ON", value_name = "DATE")]
    pub on: Option<Day>,
    /// Only what this record held then: a position (432), a time in RFC 3339 (2026-11-22T14:40:00Z), or a day
    /// (2026-11-22), which means its end in UTC. Default: everything.
    #[arg(long, env = "CHANCERY_KNOWN", value_name = "POSITION|TIME")]
    pub known: Option<Known>,
    /// Only what was public by the end of this day. Default: everything.
    #[arg(long, env = "CHANCERY_DISCLOSED", value_name = "DATE")]
    pub disclosed: Option<Day>,
    /// Wait until the answer reflects this position, such as that of a receipt.
    #[arg(
        long,
        env = "CHANCERY_MIN_POSITION",
        value_name = "POSITION",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub min_position: u64,
}

impl Times {
    /// The times as a request carries them.
    pub fn as_of(&self) -> Option<v1::AsOf> {
        let point = self.known.map(|known| match known {
            Known::Position(position) => v1::known_at::Point::Position(position),
            Known::Time(moment) => v1::known_at::Point::Time(moment.end()),
        });
        Some(v1::AsOf {
            valid_at: self.on.map(|day| day.to_string()).unwrap_or_default(),
            known_at: point.map(|point| v1::KnownAt { point: Some(point) }),
            disclosed_by: self.disclosed.map(|day| day.to_string()).unwrap_or_default(),
        })
    }
}

/// How much of a listing to fetch.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "How much")]
pub struct Extent {
    /// At most so many entries.
    #[arg(long, env = "CHANCERY_LIMIT", value_name = "N", default_value_t = 100,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: u64,
    /// All entries, whatever --limit says.
    #[arg(long, env = "CHANCERY_ALL", value_parser = clap::builder::FalseyValueParser::new())]
    pub all: bool,
}

impl Extent {
    /// How many entries at most; `None`: all of them.
    pub fn most(self) -> Option<u64> {
        (!self.all).then_some(self.limit)
    }

    /// How many entries to ask for in the next page, when `have` are there; `None`: it is enough.
    pub fn next_page(self, have: usize) -> Option<u32> {
        const PAGE_MAX: u64 = 1_000;
        let missing = self.most().map_or(PAGE_MAX, |most| most.saturating_sub(have as u64)).min(PAGE_MAX);
        u32::try_from(missing).ok().filter(|missing| 0 < *missing)
    }
}

/// A subject: `group/hts`, `relationship/us/hts` and so on; a word alone is a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(pub String);

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Subject, String> {
        let parts: Vec<&str> = text.split('/').collect();
        let well_formed = match parts.as_slice() {
            [group] => return slug(group).map(|group| Subject(format!("group/{group}"))),
            ["group" | "actor" | "regime" | "decision", name] => slug(name).is_ok(),
            ["relationship" | "designation", first, second] => slug(first).is_ok() && slug(second).is_ok(),
            ["event", id] => id.parse::<EventReference>().is_ok(),
            _ => false,
        };
        if well_formed {
            Ok(Subject(text.to_owned()))
        } else {
            Err(format!(
                "'{text}' is not a subject: group/hts, actor/us, regime/us-fto219, relationship/us/hts, \
                 designation/hts/us-fto219, decision/<slug> or event/<id> is expected"
            ))
        }
    }
}

/// A condition of a commit: `SUBJECT@POSITION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What must not have changed.
    pub subject: Subject,
    /// Since when.
    pub unchanged_since: u64,
}

impl FromStr for Check {
    type Err = String;

    fn from_str(text: &str) -> Result<Check, String> {
        let (subject, position) = text
            .rsplit_once('@')
            .ok_or_else(|| format!("SUBJECT@POSITION such as group/hts@432 is expected, not '{text}'"))?;
        Ok(Check {
            subject: subject.parse()?,
            unchanged_since: position.parse().map_err(|_| format!("'{position}' is not a position"))?,
        })
    }
}

/// Reads a slug: the short name of an actor, group or regime.
pub fn slug(text: &str) -> Result<String, String> {
    let known = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    if text.is_empty() || 64 < text.len() || text.starts_with('-') || !text.as_bytes().iter().all(known) {
        Err(format!(
            "'{text}' is not a short name: up to 64 of a-z, 0-9 and '-' are expected, such as hts or us-fto219"
        ))
    } else {
        Ok(text.to_owned())
    }
}

/// Reads a value of an enumeration of the API by its name without the prefix, in either case.
///
/// The names come from the descriptors, so that completions and error messages list them.
pub fn vocabulary(enumeration: &str) -> impl TypedValueParser<Value = i32> + use<> {
    let values: Vec<(String, i32)> = json::pool()
        .get_enum_by_name(&format!("chancery.v1.{enumeration}"))
        .map(|descriptor| {
            let prefix = descriptor
                .values()
                .find(|value| value.number() == 0)
                .map(|value| value.name().trim_end_matches("UNSPECIFIED").to_owned())
                .unwrap_or_default();
            descriptor
                .values()
                .filter(|value| value.number() != 0)
                .map(|value| (value.name().trim_start_matches(prefix.as_str()).to_owned(), value.number()))
                .collect()
        })
        .unwrap_or_default();
    let names: Vec<String> = values.iter().map(|(name, _)| name.clone()).collect();
    PossibleValuesParser::new(names).map(move |name| {
        values.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name)).map_or(0, |(_, number)| *number)
    })
}

/// Reads a kind of record: the name of a field of an event's body, or of a fact's statement.
pub fn kind() -> PossibleValuesParser {
    let fields = |message: &str, oneof: &str| -> Vec<String> {
        json::pool()
            .get_message_by_name(&format!("chancery.v1.{message}"))
            .and_then(|descriptor| descriptor.oneofs().find(|found| found.name() == oneof))
            .map(|oneof| oneof.fields().map(|field| field.name().to_owned()).collect())
            .unwrap_or_default()
    };
    let records = fields("Event", "body").into_iter().filter(|name| name != "fact");
    PossibleValuesParser::new(fields("Fact", "statement").into_iter().chain(records))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_record_time() {
        let stamp = |text: &str| text.parse::<Timestamp>().map(timestamp).unwrap();
        let cases = [
            ("0", Some(v1::known_at::Point::Position(0))),
            ("2025", Some(v1::known_at::Point::Position(2025))),
            ("2026-11-22", Some(v1::known_at::Point::Time(stamp("2026-11-22T23:59:59.999999999Z")))),
            ("2026-11-22T14:40:00+01:00", Some(v1::known_at::Point::Time(stamp("2026-11-22T13:40:00Z")))),
            ("1969-12-31T23:59:59.5Z", Some(v1::known_at::Point::Time(stamp("1969-12-31T23:59:59.5Z")))),
            ("2026-11", None),
            ("yesterday", None),
            ("-1", None),
            ("", None),
            ("99999999999999999999", None),
        ];
        for (text, expected) in cases {
            let known = text.parse::<Known>().ok();
            let as_of = Times { known, ..Times::default() }.as_of().unwrap();
            assert_eq!(as_of.known_at.and_then(|known| known.point), expected, "{text}");
        }
    }

    #[test]
    fn days() {
        for (text, valid) in [
            ("2025-07-08", true),
            ("1000-01-01", true),
            ("2999-12-31", true),
            ("0999-12-31", false),
            ("3000-01-01", false),
            ("2025-02-29", false),
            ("2025-7-8", false),
            ("2025-07", false),
            ("2025-07-08T00:00", false),
            ("0000-13-99", false),
        ] {
            assert_eq!(text.parse::<Day>().is_ok(), valid, "{text}");
        }
        let day: Moment = "2025-07-08".parse().unwrap();
        assert_eq!(day.start().seconds + 24 * 60 * 60, day.after().seconds);
        assert_eq!(day.end(), before(day.after()));
    }

    #[test]
    fn subjects_and_checks() {
        for (text, expected) in [
            ("hts", Some("group/hts")),
            ("group/hts", Some("group/hts")),
            ("relationship/us/hts", Some("relationship/us/hts")),
            ("designation/hts/us-fto219", Some("designation/hts/us-fto219")),
            (
                "event/6f0e5c1e-6a3b-4b39-8f5d-0a7d6f1d2c3b",
                Some("event/6f0e5c1e-6a3b-4b39-8f5d-0a7d6f1d2c3b"),
            ),
            ("us/hts", None),
            ("group/HTS", None),
            ("group/", None),
            ("event/7", Some("event/7")),
            ("event/6f0e5c1e", Some("event/6f0e5c1e")),
            ("event/x", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Subject>().ok().map(|subject| subject.0).as_deref(), expected, "{text}");
        }
        let check: Check = "group/hts@432".parse().unwrap();
        assert_eq!((check.subject.0.as_str(), check.unchanged_since), ("group/hts", 432));
        assert!("group/hts".parse::<Check>().is_err());
        assert!("group/hts@x".parse::<Check>().is_err());
    }

    #[test]
    fn kinds_are_those_of_statements_and_record_events() {
        let command = clap::Command::new("x").arg(clap::Arg::new("kind").value_parser(kind()));
        for (text, valid) in [
            ("designation_act", true),
            ("engagement", true),
            ("actor_registered", true),
            ("correction", true),
            ("reinstatement", true),
            ("fact", false),
            ("event_id", false),
        ] {
            assert_eq!(command.clone().try_get_matches_from(["x", text]).is_ok(), valid, "{text}");
        }
    }

    #[test]
    fn a_vocabulary_takes_either_case_and_knows_its_values() {
        let command = clap::Command::new("x").arg(
            clap::Arg::new("state")
                .long("state")
                .ignore_case(true)
                .value_parser(vocabulary("DesignationState")),
        );
        let read = |text: &str| {
            let matches = command.clone().try_get_matches_from(["x", "--state", text]).ok()?;
            matches.get_one::<i32>("state").copied()
        };
        assert_eq!(read("ACTIVE"), Some(v1::DesignationState::Active.into()));
        assert_eq!(read("annulled_stayed"), Some(v1::DesignationState::AnnulledStayed.into()));
        assert_eq!(read("UNSPECIFIED"), None);
        assert_eq!(read("listed"), None);
    }
}
