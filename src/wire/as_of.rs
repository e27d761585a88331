//! The three times of a question, and the view that an answer was computed on.

use jiff::Timestamp;

use super::{Field, Findings, timestamp, v1};
use crate::{
    domain::{as_of::AsOf, date::Day, fold::RULESET},
    position::Position,
};

/// The three times a question asks for, before the server fills in what was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Valid time; `None`: today in UTC.
    pub valid_at: Option<Day>,
    /// Record time.
    pub known_at: KnownAt,
    /// Disclosure; `None`: everything.
    pub disclosed_by: Option<Day>,
}

/// A point in record time that a question asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KnownAt {
    /// Everything that is durable when the question arrives.
    #[default]
    Tail,
    /// The last position that counts, which may be beyond the tail.
    Position(Position),
    /// Every event recorded at or before this moment counts.
    Time(Timestamp),
}

/// Reads the three times from the field at `at` (`as_of`), which may be left out, as may each of them.
pub fn read_times(message: Option<&v1::AsOf>, at: &Field<'_>, found: &mut Findings) -> Times {
    let Some(message) = message else { return Times::default() };
    let known_at = message.known_at.as_ref().and_then(|known_at| {
        let at = at.child("known_at");
        match &known_at.point {
            Some(v1::known_at::Point::Position(position)) => {
                Some(KnownAt::Position(Position::new(*position)))
            }
            Some(v1::known_at::Point::Time(time)) => {
                timestamp::read(time, &at.child("time"), found).map(KnownAt::Time)
            }
            None => {
                found.add(&at.child("point"), "is required: give a position or a time");
                None
            }
        }
    });
    Times {
        valid_at: found.day(&at.child("valid_at"), &message.valid_at),
        known_at: known_at.unwrap_or_default(),
        disclosed_by: found.day(&at.child("disclosed_by"), &message.disclosed_by),
    }
}

/// The view of an answer computed under these cuts, with `known_at` a position on record, and the time that position
/// was recorded (`None` for position 0).
pub fn write_view(as_of: AsOf, known_time: Option<Timestamp>) -> v1::View {
    v1::View {
        valid_at: as_of.valid_at.to_string(),
        known_position: as_of.known_at.get(),
        known_time: known_time.map(timestamp::write),
        disclosed_by: as_of.disclosed_by.map(|day| day.to_string()).unwrap_or_default(),
        ruleset: RULESET.to_owned(),
        redirected_from: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::parse_day;

    fn times(valid_at: &str, point: Option<Option<v1::known_at::Point>>, disclosed_by: &str) -> v1::AsOf {
        v1::AsOf {
            valid_at: valid_at.to_owned(),
            known_at: point.map(|point| v1::KnownAt { point }),
            disclosed_by: disclosed_by.to_owned(),
        }
    }

    fn check(message: Option<v1::AsOf>, expected: Result<Times, &[&str]>) {
        let mut found = Findings::default();
        let times = read_times(message.as_ref(), &Field::root("as_of"), &mut found);
        let found = found.finish(Some(times), "").map_err(|violations| {
            violations.into_iter().map(|violation| violation.field).collect::<Vec<String>>()
        });
        assert_eq!(
            found,
            expected.map_err(|fields| fields.iter().map(|field| (*field).to_owned()).collect())
        );
    }

    #[test]
    fn three_times() {
        use v1::known_at::Point;
        let day = |text| Some(parse_day(text).unwrap());
        check(None, Ok(Times::default()));
        check(Some(times("", None, "")), Ok(Times::default()));
        check(
            Some(times("2025-07-08", Some(Some(Point::Position(0))), "2025-01-01")),
            Ok(Times {
                valid_at: day("2025-07-08"),
                known_at: KnownAt::Position(Position::START),
                disclosed_by: day("2025-01-01"),
            }),
        );
        let second = prost_types::Timestamp { seconds: 1, nanos: 0 };
        check(
            Some(times("", Some(Some(Point::Time(second))), "")),
            Ok(Times { known_at: KnownAt::Time(Timestamp::new(1, 0).unwrap()), ..Times::default() }),
        );
        check(
            Some(times("2025-07", Some(None), "x")),
            Err(&["as_of.known_at.point", "as_of.valid_at", "as_of.disclosed_by"]),
        );
        let never = prost_types::Timestamp { seconds: i64::MAX, nanos: 0 };
        check(Some(times("", Some(Some(Point::Time(never))), "")), Err(&["as_of.known_at.time"]));
    }

    #[test]
    fn views() {
        let as_of = AsOf {
            known_at: Position::new(7),
            disclosed_by: parse_day("2020-01-01").ok(),
            ..AsOf::at(parse_day("2025-07-08").unwrap())
        };
        let view = write_view(as_of, Some(Timestamp::UNIX_EPOCH));
        assert_eq!(
            view,
            v1::View {
                valid_at: "2025-07-08".to_owned(),
                known_position: 7,
                known_time: Some(prost_types::Timestamp { seconds: 0, nanos: 0 }),
                disclosed_by: "2020-01-01".to_owned(),
                ruleset: RULESET.to_owned(),
                redirected_from: String::new(),
            }
        );
    }
}
