//! Time stamps: moments in record time, as the API's well-known type.

use jiff::Timestamp;

use super::{Field, Findings};

/// The first second of year 1: the earliest that `google.protobuf.Timestamp` stands for.
const SECONDS_MIN: i64 = -62_135_596_800;
/// The last second of year 9999: the latest.
const SECONDS_MAX: i64 = 253_402_300_799;

/// The moment a message stands for; noted as a violation when its seconds or nanoseconds are out of range.
///
/// The last day of year 9999, which the message can name and the moment cannot, is out of range too.
pub fn read(message: &prost_types::Timestamp, field: &Field<'_>, found: &mut Findings) -> Option<Timestamp> {
    let range = (SECONDS_MIN..=SECONDS_MAX).contains(&message.seconds) && 0 <= message.nanos;
    let moment = Timestamp::new(message.seconds, message.nanos).ok().filter(|_| range);
    if moment.is_none() {
        found.add(
            field,
            "is out of range: seconds from year 1 to year 9999, nanoseconds from 0 to 999,999,999",
        );
    }
    moment
}

/// The message for a moment.
pub fn write(moment: Timestamp) -> prost_types::Timestamp {
    let (seconds, nanos) = (moment.as_second(), moment.subsec_nanosecond());
    if nanos < 0 {
        prost_types::Timestamp { seconds: seconds - 1, nanos: nanos + 1_000_000_000 }
    } else {
        prost_types::Timestamp { seconds, nanos }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds: i64, nanos: i32, expected: Option<&str>) {
        let message = prost_types::Timestamp { seconds, nanos };
        let mut found = Findings::default();
        let moment = read(&message, &Field::root("time"), &mut found);
        assert_eq!(moment.map(|moment| moment.to_string()).as_deref(), expected, "{message:?}");
        assert_eq!(moment.map(write), expected.map(|_| message), "{message:?}");
        assert_eq!(found.finish(moment, "").is_err(), expected.is_none());
    }

    #[test]
    fn moments() {
        check(0, 0, Some("1970-01-01T00:00:00Z"));
        check(1_751_932_800, 5, Some("2025-07-08T00:00:00.000000005Z"));
        check(-1, 999_999_999, Some("1969-12-31T23:59:59.999999999Z"));
        check(-62_135_596_800, 0, Some("0001-01-01T00:00:00Z"));
        check(-62_135_596_801, 0, None);
        check(i64::MIN, 0, None);
        check(i64::MAX, 0, None);
        check(0, -1, None);
        check(0, 1_000_000_000, None);
        check(0, i32::MIN, None);
    }
}
